// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/livepairs.h"

#include "ui/convert.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/jobs/classesengine.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/pages/evaluationplots.h"
#include "ui/pages/evaluationtables.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/rocplot.h"
#include "ui/views/livebar.h"

#include <QDoubleSpinBox>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {
/// Between what the exact value lies, and how that is written behind it.
struct Spread {
    double low = 0;
    double high = 0;
    QString text;
};

/// The bootstrap interval, the deviation over splits, or nothing (yet).
Spread spreadOf(const LiveExact &exact, std::size_t target)
{
    const double tar = exact.strict[target].tar;
    if (target < exact.intervals.size()) {
        const Interval &interval = exact.intervals[target];
        return {interval.low, interval.high, QStringLiteral(" (%1 – %2)").arg(percentNumber(interval.low), percentNumber(interval.high))};
    }
    if (target < exact.strictDeviation.size()) {
        const double deviation = exact.strictDeviation[target];
        return {tar - deviation, tar + deviation, QStringLiteral(" ± %1").arg(percentNumber(deviation))};
    }
    return {tar, tar, {}};
}
} // namespace

/// What the live threshold gives, in words and figures.
struct LivePairs::Readout {
    RocPlot::Live live;
    std::optional<LiveTradeoff::Marker> marker;
    QString accuracy;
    QStringList detail;
    QStringList behind; ///< what a narrow window may cut off
    LiveBar::Sureness sureness = LiveBar::Sureness::None;
    double keptShare = 1;
    std::int64_t kept = 0;
    std::int64_t fallbacks = 0;
};

LivePairs::LivePairs(EvaluationState *state, LiveEngine *engine, EvaluationPlots *plots, EvaluationTables *tables, QWidget *parent)
    : QObject(parent), m_state(state), m_engine(engine), m_plots(plots), m_tables(tables), m_bar(new LiveBar(state, parent))
{
    connect(m_bar, &LiveBar::pricesChanged, this, &LivePairs::updatePrices);
    connect(m_bar, &LiveBar::recommendWanted, this, &LivePairs::recommend);
    connect(plots->roc(), &RocPlot::picked, tables, &EvaluationTables::pick);
    connect(plots->tradeoff(), &LiveTradeoff::picked, this, &LivePairs::applyPoint);
    followState();
    followEngine();
    updateFars();
}

LivePairs::~LivePairs() = default;

void LivePairs::followState()
{
    connect(m_state, &EvaluationState::runsChanged, this, &LivePairs::updateFars);
    connect(m_state, &EvaluationState::farChanged, this, [this](double far) {
        m_plots->tradeoff()->setFar(far);
        update();
        if (m_recommend)
            recommend();
    });
    connect(m_state, &EvaluationState::liveMethodChanged, this, [this] {
        m_taken.clear(); // it was of another method
        if (const std::optional<Method> now = method(); now && m_set)
            m_engine->setRule(linearRule(*now));
        update();
    });
    connect(m_state, &EvaluationState::liveSplitChanged, this, &LivePairs::arrange);
    connect(&m_state->threshold(), &ThresholdState::draggingChanged, this, [this](bool dragging) { dragging ? m_engine->beginDrag() : m_engine->endDrag(); });
    connect(&m_state->threshold(), &ThresholdState::changed, this, [this] { m_engine->move(m_state->threshold().threshold()); });
}

void LivePairs::followEngine()
{
    connect(m_engine, &LiveEngine::ready, this, [this] {
        m_bar->setReady(true);
        Q_EMIT readyChanged();
        update();
    });
    connect(m_engine, &LiveEngine::estimated, this, &LivePairs::update);
    for (const auto signal : {&LiveEngine::exactReady, &LiveEngine::intervalsReady})
        connect(m_engine, signal, this, [this] {
            update();
            m_tables->updateLive();
        });
    connect(m_engine, &LiveEngine::curveChanged, this, [this] {
        m_plots->tradeoff()->setCurve(m_engine->curve());
        if (m_recommend)
            recommend();
    });
}

std::optional<Method> LivePairs::method() const
{
    return liveMethodOf(*m_state, m_set);
}

void LivePairs::setSet(EvaluationSetPtr set)
{
    m_set = std::move(set);
    m_engine->setSet(nullptr, {});
    m_bar->setReady(false);
    m_plots->roc()->clearLive();
    m_tables->setLive(std::nullopt);
    if (m_set) {
        m_bar->setReadout(LiveBar::Sureness::None, {}, tr("The live threshold comes after the runs."));
        m_plots->tradeoff()->setHint(tr("The trade-off fills in after the runs…"));
        return;
    }
    if (m_recommend)
        m_recommend->close();
    m_plots->tradeoff()->setMarker(std::nullopt);
    m_plots->tradeoff()->setRecommended(std::nullopt);
}

void LivePairs::start(int resamples)
{
    m_resamples = resamples;
    QStringList titles;
    const QStringList names = liveMethodNames(m_set);
    for (const QString &name : names)
        titles << liveMethodTitle(name);
    m_bar->setMethods(names, titles);
    std::vector<LinearRule> curves;
    for (const QString &name : curveMethodNames(m_set)) {
        LinearRule rule = linearRule(methodNamed(name.toStdString()));
        rule.title = liveMethodTitle(name).toStdString();
        curves.push_back(std::move(rule));
    }
    m_engine->setCurveMethods(std::move(curves));
    m_bar->setPriced(m_set->baseCost.mac > 0);
    m_bar->setPriceNote(toQString(m_set->costNote));
    QStringList splits;
    for (const BenchmarkSplit &split : m_set->benchmark->splits)
        splits << toQString(split.name);
    m_bar->setSplits(splits);
    updatePrices();
    arrange();
    updateFars();
}

void LivePairs::arrange()
{
    if (!m_set || retrievalOf(m_set) != nullptr || isClassification(m_set))
        return;
    m_plots->roc()->clearLive();
    m_tables->setLive(std::nullopt);
    m_plots->tradeoff()->setMarker(std::nullopt);
    m_plots->tradeoff()->setRecommended(std::nullopt);
    if (m_taken.check(m_set, m_state->liveSplit()))
        Q_EMIT recommendationChanged();
    m_bar->setReadout(LiveBar::Sureness::None, {}, tr("The templates are being arranged for the live threshold…"));
    m_plots->tradeoff()->setHint(tr("The trade-off fills in as soon as the templates are arranged…"));
    LiveOptions options;
    if (!m_set->benchmark->fars.empty())
        options.fars = m_set->benchmark->fars;
    if (const std::optional<Method> now = method(); now)
        options.rule = linearRule(*now);
    options.threshold = m_state->threshold().threshold();
    m_engine->move(options.threshold);
    m_engine->setResamples(m_resamples);
    m_engine->setSet(m_set, options, m_state->liveSplit());
    m_tables->updateLive();
}

void LivePairs::updateFars()
{
    std::vector<double> fars = m_state->fars();
    if (m_set && !m_set->benchmark->fars.empty() && m_state->runs().empty())
        fars = m_set->benchmark->fars;
    std::sort(fars.begin(), fars.end());
    m_bar->setFars(fars);
    if (std::none_of(fars.begin(), fars.end(), [this](double far) { return sameFar(far, m_state->far()); }) && !fars.empty())
        m_state->setFar(fars[fars.size() / 2]);
}

void LivePairs::updatePrices()
{
    if (!m_set)
        return;
    LivePrices prices;
    if (m_bar->asIResNet100() || m_set->baseCost.mac <= 0) {
        prices = dscope::asIResNet100(m_set->ddnetCost);
    } else {
        prices.title = m_set->base;
        prices.ddnet = m_set->ddnetCost;
        prices.base = m_set->baseCost;
    }
    prices.note = m_set->costNote;
    m_engine->setPrices(prices);
    update();
}

void LivePairs::update()
{
    if (!m_engine->live())
        return;
    Readout out;
    if (const std::optional<Method> now = method())
        out.live.title = toQString(titleOf(*now));
    if (m_engine->exact())
        readExact(*m_engine->exact(), out);
    else if (m_engine->estimate())
        readEstimate(*m_engine->estimate(), out);
    else
        return;
    const QLocale locale;
    QString keeps = tr("%1 of the faces kept (%2)").arg(percentText(out.keptShare), locale.toString(static_cast<qlonglong>(out.kept)));
    if (out.fallbacks > 0)
        keeps += tr(", %n template(s) by the best one alone", nullptr, static_cast<int>(out.fallbacks));
    out.detail << keeps;
    const LivePrices &prices = m_engine->prices();
    if (prices.base.mac > 0) {
        const LiveCost cost = costOf(prices, out.keptShare);
        out.detail << tr("%1 G MAC per face (%2), %3 × the speed of the base on all")
                          .arg(locale.toString(cost.macPerFace / 1e9, 'f', 3),
                               prices.note.empty() ? toQString(prices.title) : QStringLiteral("%1, %2").arg(toQString(prices.title), toQString(prices.note)),
                               locale.toString(cost.speedUp, 'f', 2));
    }
    m_tables->setLive(rowOf(out));
    m_bar->setReadout(out.sureness, out.accuracy, (out.detail + out.behind).join(QStringLiteral("  ·  ")));
    m_plots->roc()->setLive(out.live);
    m_plots->tradeoff()->setMarker(out.marker);
}

void LivePairs::readExact(const LiveExact &exact, Readout &out) const
{
    const QLocale locale;
    out.live.exact = true;
    out.live.far = QVector<double>(exact.rocFar.begin(), exact.rocFar.end());
    out.live.tar = QVector<double>(exact.rocTar.begin(), exact.rocTar.end());
    out.keptShare = exact.keptShare;
    out.kept = exact.kept;
    out.fallbacks = exact.fallbacks;
    for (std::size_t i = 0; i < exact.strict.size(); ++i) {
        const FarPoint &point = exact.strict[i];
        const Spread spread = spreadOf(exact, i);
        out.live.atFar << point.target;
        out.live.atTar << point.tar;
        out.live.low << spread.low;
        out.live.high << spread.high;
        out.live.resolved.push_back(true);
        if (!sameFar(point.target, m_state->far()))
            continue;
        out.marker = LiveTradeoff::Marker{exact.keptShare, point.tar, spread.low, spread.high, true, true};
        out.sureness = LiveBar::Sureness::Exact;
        out.accuracy = tr("TAR %1").arg(percentText(point.tar, 2)) + spread.text;
        if (exact.splits > 1)
            out.behind << tr("mean of %n split(s) ± deviation", nullptr, static_cast<int>(exact.splits));
        else if (i < exact.intervals.size())
            out.behind << tr("%1 % interval over %2 people")
                              .arg(locale.toString(100 * exact.intervals[i].level, 'g', 3), locale.toString(static_cast<qlonglong>(exact.subjects)));
        out.behind << tr("realised FAR %1 (%2 of %3 impostor pairs)")
                          .arg(locale.toString(point.realisedFar, 'g', 3), locale.toString(static_cast<qlonglong>(point.impostorsAccepted)),
                               locale.toString(static_cast<qlonglong>(point.impostors)));
    }
}

void LivePairs::readEstimate(const LiveEstimate &estimate, Readout &out) const
{
    out.keptShare = estimate.keptShare;
    out.kept = estimate.kept;
    out.fallbacks = estimate.fallbacks;
    for (const LivePoint &point : estimate.points) {
        out.live.atFar << point.target;
        out.live.atTar << point.tar;
        out.live.low << point.low;
        out.live.high << point.high;
        out.live.resolved.push_back(point.resolved);
        if (!sameFar(point.target, m_state->far()))
            continue;
        out.marker = LiveTradeoff::Marker{estimate.keptShare, point.tar, point.low, point.high, estimate.complete, point.resolved};
        out.sureness = !point.resolved ? LiveBar::Sureness::NotResolved : estimate.complete ? LiveBar::Sureness::Exact : LiveBar::Sureness::Estimate;
        if (estimate.complete && point.resolved) { // every pair took part
            out.accuracy = tr("TAR %1").arg(percentText(point.tar, 2));
            if (point.deviation > 0) {
                out.accuracy += QStringLiteral(" ± %1").arg(percentNumber(point.deviation));
                out.marker->low = point.tar - point.deviation;
                out.marker->high = point.tar + point.deviation;
            }
            continue;
        }
        out.accuracy = point.resolved ? tr("TAR ≈ %1 (%2 – %3)").arg(percentText(point.tar, 2), percentNumber(point.low), percentNumber(point.high))
                                      : tr("TAR at FAR %1").arg(farText(point.target));
        if (!point.resolved)
            out.detail << tr("too few impostor pairs of the sample lie beyond this FAR; the exact value follows on release");
    }
}

LiveRow LivePairs::rowOf(const Readout &out) const
{
    LiveRow row;
    row.title = tr("live: %1").arg(out.live.title);
    const std::shared_ptr<const LiveExact> &exact = m_engine->exact();
    const std::optional<LiveEstimate> &estimate = m_engine->estimate();
    row.exact = exact || (estimate && estimate->complete);
    row.about = row.exact ? tr("exact") : out.sureness == LiveBar::Sureness::None ? QString() : tr("estimate from a sample of the pairs");
    for (qsizetype i = 0; i < out.live.atFar.size(); ++i) {
        row.fars.push_back(out.live.atFar[i]);
        row.tar.push_back(out.live.atTar[i]);
        row.low.push_back(out.live.low[i]);
        row.high.push_back(out.live.high[i]);
    }
    row.resolved = out.live.resolved;
    if (exact) {
        row.eer = exact->eer.value;
        row.deviation = exact->splits > 1;
    } else if (estimate && estimate->complete) {
        // Every pair took part: no interval, but with several splits their deviation.
        for (std::size_t i = 0; i < row.tar.size() && i < estimate->points.size(); ++i) {
            row.deviation = row.deviation || estimate->points[i].deviation > 0;
            row.low[i] = row.tar[i] - estimate->points[i].deviation;
            row.high[i] = row.tar[i] + estimate->points[i].deviation;
        }
    }
    row.keptShare = out.keptShare;
    if (const LivePrices &prices = m_engine->prices(); prices.base.mac > 0)
        row.macPerFace = costOf(prices, out.keptShare).macPerFace;
    return row;
}

void LivePairs::recommend()
{
    if (!m_engine->isReady() || m_bar->isHidden())
        return;
    if (!m_recommend) {
        m_recommend = new RecommendDialog(m_plots->window());
        m_recommend->setAttribute(Qt::WA_DeleteOnClose);
        connect(m_recommend, &RecommendDialog::recommended, m_plots->tradeoff(), &LiveTradeoff::setRecommended);
        connect(m_recommend, &RecommendDialog::applied, this, [this](const TradeoffPoint &point) {
            const std::string sentence = m_recommend && m_recommend->recommendation() ? m_recommend->recommendation()->sentence : std::string();
            applyPoint(point);
            if (sentence.empty())
                return;
            m_taken.take(sentence, m_set, *m_state); // after the method, whose change would end it
            Q_EMIT recommendationChanged();
        });
        m_recommend->show();
    }
    m_recommend->setCurve(m_engine->curve(), m_state->far());
}

void LivePairs::applyPoint(const TradeoffPoint &point)
{
    if (point.mark == TradeoffMark::Average)
        return Q_EMIT methodWanted(QStringLiteral("average"));
    if (point.mark == TradeoffMark::Top1 || (std::isnan(point.threshold) && point.best == 1))
        return Q_EMIT methodWanted(QStringLiteral("top-1"));
    if (std::isnan(point.threshold))
        return Q_EMIT methodWanted(QStringLiteral("top-k:%1").arg(std::max<std::int64_t>(1, point.best)));
    const QStringList curves = curveMethodNames(m_set);
    const bool known = point.method != TradeoffPoint::noMethod && static_cast<qsizetype>(point.method) < curves.size();
    const QString method = known ? curves[static_cast<qsizetype>(point.method)] : QStringLiteral("ddl");
    // All kept and only the best kept are the slider's two ends.
    m_state->setLive(method, std::clamp(point.threshold, 0.0, 1.0));
}

std::string LivePairs::sentence() const
{
    if (m_bar->sureness() == LiveBar::Sureness::None)
        return {};
    QString method = liveMethodTitle(m_state->liveMethod());
    if (const int split = m_state->liveSplit(); m_set && split >= 0 && split < m_set->splitCount() && m_set->splitCount() > 1)
        method += QStringLiteral(", ") + toQString(m_set->benchmark->splits[static_cast<std::size_t>(split)].name);
    return tr("%1, threshold %2: %3; %4").arg(method, QLocale().toString(m_bar->number()->value(), 'f', 3), m_bar->accuracy(), m_bar->detail()).toStdString();
}

} // namespace dscope
