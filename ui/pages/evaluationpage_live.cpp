// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "core/base/error.h"
#include "core/scores/secondlook.h"
#include "ui/convert.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/dialogs/templatepairdialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/models/pairmodel.h"
#include "ui/models/tarmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/runplot.h"
#include "ui/views/livebar.h"
#include "ui/views/retrievalview.h"

#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QStatusBar>
#include <QTabWidget>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
bool hasSecondLook(const EvaluationSetPtr &set)
{
    return set && set->features->quality.contains(secondLookName);
}

/// Ways to weigh the kept faces that follow from prefix sums, and so can be moved: by D, and where a second look has scored the faces by that too.
QStringList liveMethodNames(const EvaluationSetPtr &set)
{
    QStringList names{QStringLiteral("ddl"), QStringLiteral("ddl:whole"), QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+")};
    if (hasSecondLook(set))
        names << QStringLiteral("ddl:second") << QStringLiteral("ddl-no-rescale:second") << QStringLiteral("ddl+:second");
    return names;
}

/// The curves of the trade-off, by name; the last one is swept over K.
QStringList curveMethodNames(const EvaluationSetPtr &set)
{
    QStringList names{QStringLiteral("ddl"), QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+")};
    if (hasSecondLook(set))
        names << QStringLiteral("ddl+:second");
    return names << QStringLiteral("top-k");
}

/// Without its threshold, which the slider has.
QString shortTitle(const QString &name)
{
    Method method = methodNamed(name.toStdString());
    if (method.options.method == Aggregator::TopK)
        return EvaluationPage::tr("top-K");
    method.options.keep.threshold = -std::numeric_limits<double>::infinity();
    return toQString(titleOf(method));
}

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

std::optional<Method> EvaluationPage::liveMethod() const
{
    try {
        // One that a former set could give comes back by an undo.
        const QString chosen = liveMethodNames(m_set).contains(m_state.liveMethod()) ? m_state.liveMethod() : QStringLiteral("ddl");
        Method method = methodNamed(chosen.toStdString());
        method.options.keep.threshold = const_cast<EvaluationPage *>(this)->m_state.threshold().threshold();
        return method;
    } catch (const Error &) {
        return std::nullopt;
    }
}

void EvaluationPage::startLive()
{
    m_live->setReady(false);
    m_tarModel->setLive(std::nullopt);
    if (!m_set)
        return m_engine->setSet(nullptr, {});
    QStringList titles;
    const QStringList names = liveMethodNames(m_set);
    for (const QString &name : names)
        titles << shortTitle(name);
    if (!names.contains(m_state.liveMethod())) // of a set that had a second look
        m_state.forgetLiveMethod();
    if (retrievalOf(m_set) != nullptr) {
        m_engine->setSet(nullptr, {});
        return m_retrieval->startLive(names, titles);
    }
    m_live->setMethods(names, titles);
    std::vector<LinearRule> curves;
    for (const QString &name : curveMethodNames(m_set)) {
        LinearRule rule = linearRule(methodNamed(name.toStdString()));
        rule.title = shortTitle(name).toStdString();
        curves.push_back(std::move(rule));
    }
    m_engine->setCurveMethods(std::move(curves));
    m_live->setPriced(m_set->baseCost.mac > 0);
    m_live->setPriceNote(toQString(m_set->costNote));
    QStringList splits;
    for (const BenchmarkSplit &split : m_set->benchmark->splits)
        splits << toQString(split.name);
    m_live->setSplits(splits);
    updatePrices();
    arrangeLive();
    updateFars();
}

void EvaluationPage::arrangeLive()
{
    if (!m_set || retrievalOf(m_set) != nullptr)
        return;
    m_roc->clearLive();
    m_tarModel->setLive(std::nullopt);
    m_tradeoff->setMarker(std::nullopt);
    m_tradeoff->setRecommended(std::nullopt);
    checkRecommendation();
    m_live->setReadout(LiveBar::Sureness::None, {}, tr("The templates are being arranged for the live threshold…"));
    m_tradeoff->setHint(tr("The trade-off fills in as soon as the templates are arranged…"));
    LiveOptions options;
    if (!m_set->benchmark->fars.empty())
        options.fars = m_set->benchmark->fars;
    if (const std::optional<Method> method = liveMethod(); method)
        options.rule = linearRule(*method);
    options.threshold = m_state.threshold().threshold();
    m_engine->move(options.threshold);
    m_engine->setResamples(m_resamples);
    m_engine->setSet(m_set, options, m_state.liveSplit());
    if (m_state.current() == EvaluationState::liveId)
        updateDetails();
}

void EvaluationPage::updateFars()
{
    std::vector<double> fars = m_state.fars();
    if (m_set && !m_set->benchmark->fars.empty() && m_state.runs().empty())
        fars = m_set->benchmark->fars;
    std::sort(fars.begin(), fars.end());
    m_live->setFars(fars);
    if (std::none_of(fars.begin(), fars.end(), [this](double far) { return sameFar(far, m_state.far()); }) && !fars.empty())
        m_state.setFar(fars[fars.size() / 2]);
}

void EvaluationPage::updatePrices()
{
    if (!m_set)
        return;
    LivePrices prices;
    if (m_live->asIResNet100() || m_set->baseCost.mac <= 0) {
        prices = dscope::asIResNet100(m_set->ddnetCost);
    } else {
        prices.title = m_set->base;
        prices.ddnet = m_set->ddnetCost;
        prices.base = m_set->baseCost;
    }
    prices.note = m_set->costNote;
    m_engine->setPrices(prices);
    updateLive();
}

void EvaluationPage::updateLive()
{
    if (!m_engine->live())
        return;
    const std::shared_ptr<const LiveExact> &exact = m_engine->exact();
    const std::optional<LiveEstimate> &estimate = m_engine->estimate();
    RocPlot::Live live;
    std::optional<LiveTradeoff::Marker> marker;
    const QLocale locale;
    QString accuracy;
    QStringList detail;
    QStringList behind; // what a narrow window may cut off
    LiveBar::Sureness sureness = LiveBar::Sureness::None;
    const std::optional<Method> method = liveMethod();
    live.title = method ? toQString(titleOf(*method)) : QString();
    double keptShare = 1;
    std::int64_t kept = 0;
    std::int64_t fallbacks = 0;
    if (exact) {
        live.exact = true;
        live.far = QVector<double>(exact->rocFar.begin(), exact->rocFar.end());
        live.tar = QVector<double>(exact->rocTar.begin(), exact->rocTar.end());
        keptShare = exact->keptShare;
        kept = exact->kept;
        fallbacks = exact->fallbacks;
        for (std::size_t i = 0; i < exact->strict.size(); ++i) {
            const FarPoint &point = exact->strict[i];
            const Spread spread = spreadOf(*exact, i);
            live.atFar << point.target;
            live.atTar << point.tar;
            live.low << spread.low;
            live.high << spread.high;
            live.resolved.push_back(true);
            if (!sameFar(point.target, m_state.far()))
                continue;
            marker = LiveTradeoff::Marker{exact->keptShare, point.tar, spread.low, spread.high, true, true};
            sureness = LiveBar::Sureness::Exact;
            accuracy = tr("TAR %1").arg(percentText(point.tar, 2)) + spread.text;
            if (exact->splits > 1)
                behind << tr("mean of %n split(s) ± deviation", nullptr, static_cast<int>(exact->splits));
            else if (i < exact->intervals.size())
                behind << tr("%1 % interval over %2 people")
                              .arg(locale.toString(100 * exact->intervals[i].level, 'g', 3), locale.toString(static_cast<qlonglong>(exact->subjects)));
            behind << tr("realised FAR %1 (%2 of %3 impostor pairs)")
                          .arg(locale.toString(point.realisedFar, 'g', 3), locale.toString(static_cast<qlonglong>(point.impostorsAccepted)),
                               locale.toString(static_cast<qlonglong>(point.impostors)));
        }
    } else if (estimate) {
        keptShare = estimate->keptShare;
        kept = estimate->kept;
        fallbacks = estimate->fallbacks;
        for (const LivePoint &point : estimate->points) {
            live.atFar << point.target;
            live.atTar << point.tar;
            live.low << point.low;
            live.high << point.high;
            live.resolved.push_back(point.resolved);
            if (!sameFar(point.target, m_state.far()))
                continue;
            marker = LiveTradeoff::Marker{estimate->keptShare, point.tar, point.low, point.high, estimate->complete, point.resolved};
            sureness = !point.resolved ? LiveBar::Sureness::NotResolved : estimate->complete ? LiveBar::Sureness::Exact : LiveBar::Sureness::Estimate;
            if (estimate->complete && point.resolved) { // every pair took part
                accuracy = tr("TAR %1").arg(percentText(point.tar, 2));
                if (point.deviation > 0) {
                    accuracy += QStringLiteral(" ± %1").arg(percentNumber(point.deviation));
                    marker->low = point.tar - point.deviation;
                    marker->high = point.tar + point.deviation;
                }
                continue;
            }
            accuracy = point.resolved ? tr("TAR ≈ %1 (%2 – %3)").arg(percentText(point.tar, 2), percentNumber(point.low), percentNumber(point.high))
                                      : tr("TAR at FAR %1").arg(farText(point.target));
            if (!point.resolved)
                detail << tr("too few impostor pairs of the sample lie beyond this FAR; the exact value follows on release");
        }
    } else {
        return;
    }
    QString keeps = tr("%1 of the faces kept (%2)").arg(percentText(keptShare), locale.toString(static_cast<qlonglong>(kept)));
    if (fallbacks > 0)
        keeps += tr(", %n template(s) by the best one alone", nullptr, static_cast<int>(fallbacks));
    detail << keeps;
    const LivePrices &prices = m_engine->prices();
    if (prices.base.mac > 0) {
        const LiveCost cost = costOf(prices, keptShare);
        detail << tr("%1 G MAC a face (%2), %3 × the speed of the base on all")
                      .arg(locale.toString(cost.macPerFace / 1e9, 'f', 3),
                           prices.note.empty() ? toQString(prices.title) : QStringLiteral("%1, %2").arg(toQString(prices.title), toQString(prices.note)),
                           locale.toString(cost.speedUp, 'f', 2));
    }
    showLiveRow(live, sureness, keptShare);
    m_live->setReadout(sureness, accuracy, (detail + behind).join(QStringLiteral("  ·  ")));
    m_roc->setLive(live);
    m_tradeoff->setMarker(marker);
}

void EvaluationPage::showLiveRow(const RocPlot::Live &live, LiveBar::Sureness sureness, double keptShare)
{
    LiveRow row;
    row.title = tr("live: %1").arg(live.title);
    const std::shared_ptr<const LiveExact> &exact = m_engine->exact();
    const std::optional<LiveEstimate> &estimate = m_engine->estimate();
    row.exact = exact || (estimate && estimate->complete);
    row.about = row.exact ? tr("exact") : sureness == LiveBar::Sureness::None ? QString() : tr("estimate from a sample of the pairs");
    for (qsizetype i = 0; i < live.atFar.size(); ++i) {
        row.fars.push_back(live.atFar[i]);
        row.tar.push_back(live.atTar[i]);
        row.low.push_back(live.low[i]);
        row.high.push_back(live.high[i]);
    }
    row.resolved = live.resolved;
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
    row.keptShare = keptShare;
    if (const LivePrices &prices = m_engine->prices(); prices.base.mac > 0)
        row.macPerFace = costOf(prices, keptShare).macPerFace;
    m_tarModel->setLive(row);
}

void EvaluationPage::keepLive()
{
    if (const std::optional<Method> method = liveMethod(); method && m_set)
        addMethod(toQString(nameOf(*method)));
}

void EvaluationPage::recommend()
{
    if (!m_engine->isReady() || showsRetrieval())
        return;
    if (!m_recommend) {
        m_recommend = new RecommendDialog(this);
        m_recommend->setAttribute(Qt::WA_DeleteOnClose);
        connect(m_recommend, &RecommendDialog::recommended, m_tradeoff, &LiveTradeoff::setRecommended);
        connect(m_recommend, &RecommendDialog::applied, this, [this](const TradeoffPoint &point) {
            const std::string sentence = m_recommend && m_recommend->recommendation() ? m_recommend->recommendation()->sentence : std::string();
            applyPoint(point);
            if (!sentence.empty())
                takeRecommendation(sentence); // after the method, whose change would end it
        });
        m_recommend->show();
    }
    m_recommend->setCurve(m_engine->curve(), m_state.far());
}

void EvaluationPage::takeRecommendation(const std::string &sentence)
{
    m_recommended = sentence;
    m_recommendedOn = m_set;
    m_recommendedSplit = m_state.liveSplit();
    m_recommendedBy.clear();
    for (const ShownRun &shown : m_state.runs())
        if (m_set && m_set->fits(*shown.run))
            m_recommendedBy.push_back(shown.run);
    Q_EMIT projectChanged();
}

/// It stands as long as it is of the pairs that are looked at. Whoever opens a project and loads the same features again looks at the same ones.
void EvaluationPage::checkRecommendation()
{
    if (m_recommended.empty() || !m_set)
        return;
    const bool fits = std::any_of(m_recommendedBy.begin(), m_recommendedBy.end(), [this](const auto &run) { return m_set->fits(*run); });
    const bool same = m_recommendedOn == m_set ? m_recommendedSplit == m_state.liveSplit() : fits && m_recommendedSplit == EvaluationSet::allSplits;
    if (same) {
        m_recommendedOn = m_set;
        return;
    }
    m_recommended.clear();
    Q_EMIT projectChanged();
}

void EvaluationPage::applyPoint(const TradeoffPoint &point)
{
    if (point.mark == TradeoffMark::Average)
        return addMethod(QStringLiteral("average"));
    if (point.mark == TradeoffMark::Top1 || (std::isnan(point.threshold) && point.best == 1))
        return addMethod(QStringLiteral("top-1"));
    if (std::isnan(point.threshold))
        return addMethod(QStringLiteral("top-k:%1").arg(std::max<std::int64_t>(1, point.best)));
    const QStringList curves = curveMethodNames(m_set);
    const bool known = point.method != TradeoffPoint::noMethod && static_cast<qsizetype>(point.method) < curves.size();
    const QString method = known ? curves[static_cast<qsizetype>(point.method)] : QStringLiteral("ddl");
    // All kept and only the best kept are the slider's two ends.
    m_state.setLive(method, std::clamp(point.threshold, 0.0, 1.0));
}

std::string EvaluationPage::liveSentence() const
{
    if (m_live->sureness() == LiveBar::Sureness::None)
        return {};
    QString method = shortTitle(m_state.liveMethod());
    if (const int split = m_state.liveSplit(); m_set && split >= 0 && split < m_set->splitCount() && m_set->splitCount() > 1)
        method += QStringLiteral(", ") + toQString(m_set->benchmark->splits[static_cast<std::size_t>(split)].name);
    return tr("%1, threshold %2: %3; %4")
        .arg(method, QLocale().toString(m_live->number()->value(), 'f', 3), m_live->accuracy(), m_live->detail())
        .toStdString();
}

void EvaluationPage::pick(int id, double far)
{
    m_state.setCurrent(id);
    m_state.setFar(far);
    m_tabs->setCurrentIndex(2);
    updateDetails();
}

void EvaluationPage::updatePairs()
{
    const ShownRun *shown = m_state.currentRun();
    const std::shared_ptr<const LiveExact> &exact = m_engine->exact();
    const std::vector<FarPoint> none;
    const std::vector<FarPoint> &points = shown != nullptr ? shown->run->strict : exact ? exact->strict : none;
    const FarPoint *point = pointAt(points, m_state.far());
    const double threshold = point != nullptr ? point->threshold : 0;
    if (shown != nullptr) {
        const EvaluationSetPtr set = m_set && m_set->fits(*shown->run) ? m_set : nullptr;
        m_genuine->setPairs(shown->run->hardestGenuine, set, threshold);
        m_impostor->setPairs(shown->run->hardestImpostor, set, threshold);
    } else if (exact) {
        m_genuine->setPairs(exact->hardestGenuine, m_set, threshold);
        m_impostor->setPairs(exact->hardestImpostor, m_set, threshold);
    } else {
        m_genuine->setPairs({}, nullptr, 0);
        m_impostor->setPairs({}, nullptr, 0);
    }
    if (point == nullptr) {
        m_pairsCaption->setText(tr("Choose a point of the ROC or a figure of the table: its hardest pairs come here."));
        return;
    }
    const QString name = shown != nullptr ? shown->title : tr("live threshold");
    const QLocale locale;
    m_pairsCaption->setText(
        tr("<b>%1</b> at FAR %2: accept from %3 · %4 of %5 genuine pairs missed, %6 impostor pairs let in · double-click a pair to see its pictures")
            .arg(name.toHtmlEscaped(), farText(point->target), locale.toString(threshold, 'f', 4),
                 locale.toString(static_cast<qlonglong>(point->genuines - point->genuineAccepted)), locale.toString(static_cast<qlonglong>(point->genuines)),
                 locale.toString(static_cast<qlonglong>(point->impostorsAccepted))));
}

void EvaluationPage::showPair(const PairModel *model, int row)
{
    const NotablePair *pair = model->pairAt(row);
    if (pair == nullptr)
        return;
    const ShownRun *shown = m_state.currentRun();
    if (!m_set || (shown != nullptr && !m_set->fits(*shown->run)))
        return showFailure(
            tr("The templates of this run are not open."),
            tr("A saved run holds its figures, not its features. Evaluate the same benchmark again (its features are kept): then every run of it "
               "shows the pictures behind its pairs."));
    std::optional<Method> method = shown != nullptr ? shown->method : liveMethod();
    if (!method) {
        method = methodNamed("average");
        statusBar()->showMessage(tr("How this run weighed pictures is not known, so the weights shown are those of the average."), 8000);
    }
    const std::vector<FarPoint> none;
    const std::vector<FarPoint> &points = shown != nullptr ? shown->run->strict : m_engine->exact() ? m_engine->exact()->strict : none;
    const FarPoint *point = pointAt(points, m_state.far());
    try {
        auto *dialog =
            new TemplatePairDialog(m_set, *pair, model->kind() == PairModel::Kind::Genuine, point != nullptr ? point->threshold : 0, *method, m_cache, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    } catch (const std::exception &error) {
        showFailure(tr("The pair could not be shown."), toQString(describe(error)));
    }
}

} // namespace dscope
