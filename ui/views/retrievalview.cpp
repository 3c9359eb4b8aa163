// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/retrievalview.h"

#include "core/evaluation/retrievalrun.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/models/retrievalmodel.h"
#include "ui/plots/rankplot.h"
#include "ui/plots/retrievaltradeoff.h"
#include "ui/taskwords.h"
#include "ui/views/fillingtable.h"
#include "ui/views/livebar.h"
#include "ui/views/parts.h"
#include "ui/views/queriesview.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

const Task &retrieved()
{
    return taskOf(Protocol::Retrieval);
}

QString liveTitle(const std::optional<Method> &method)
{
    return method ? toQString(titleOf(*method)) : QString();
}

} // namespace

RetrievalView::RetrievalView(EvaluationState *state, ThumbnailCache *cache, std::function<std::optional<Method>()> liveMethod, QWidget *parent)
    : QWidget(parent), m_state(state), m_cache(cache), m_liveMethod(std::move(liveMethod)), m_engine(new RetrievalEngine(this)),
      m_model(new RetrievalModel(state, this))
{
    setObjectName(QStringLiteral("retrievalView"));
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    auto *down = new QSplitter(Qt::Vertical, this);
    down->setChildrenCollapsible(false);
    line->addWidget(down);
    auto *upper = new QWidget(down);
    QVBoxLayout *column = fillingColumn(upper, 0);
    column->addWidget(buildPlots(), 1);
    m_bar = new LiveBar(state, upper);
    m_bar->setTask(retrieved());
    m_bar->setObjectName(QStringLiteral("retrievalBar"));
    for (QWidget *field : m_bar->findChildren<QWidget *>()) // the page has another bar
        if (field->objectName().startsWith(QStringLiteral("live")))
            field->setObjectName(QStringLiteral("retrieval") + field->objectName().mid(4));
    connect(m_bar, &LiveBar::keepWanted, this, &RetrievalView::keepWanted);
    column->addWidget(m_bar);
    down->addWidget(upper);
    down->addWidget(buildTabs());
    down->setStretchFactor(0, 1);
    down->setStretchFactor(1, 1);
    down->setSizes({420, 400});
    m_model->setPalette(palette());
    followState();
    updateProtocols();
    updateAbout();
    updateQueries();
}

RetrievalView::~RetrievalView()
{
    m_engine->disconnect(this);
    delete m_engine;
}

QWidget *RetrievalView::buildPlots()
{
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    m_cmc = new RankPlot(m_state);
    m_tradeoff = new RetrievalTradeoffPlot;
    m_plots = {m_cmc, m_tradeoff};
    m_protocols = new QComboBox;
    m_protocols->setObjectName(QStringLiteral("retrievalProtocol"));
    m_protocols->setAccessibleName(tr("Protocol"));
    m_protocols->setToolTip(tr("By which protocol the plots, the live threshold and the queries are: official takes the whole gallery, video-reid leaves the "
                               "queries out of it and does not count a query without a match, cross-camera leaves out whatever the query's own camera took"));
    for (const RetrievalProtocol protocol : retrievalProtocols)
        m_protocols->addItem(protocolText(protocol), static_cast<int>(protocol));
    connect(m_protocols, &QComboBox::activated, this, [this] { setProtocol(static_cast<RetrievalProtocol>(m_protocols->currentData().toInt())); });
    m_across = m_tradeoff->makeAcrossBox(QStringLiteral("retrievalAcross"), tr("%1 kept").arg(elementsText(retrieved())));
    connect(m_tradeoff, &RetrievalTradeoffPlot::picked, this, &RetrievalView::pick);
    addPlot(across, m_cmc, m_cmc->accessibleName(), m_protocols);
    addPlot(across, m_tradeoff, m_tradeoff->accessibleName(), m_across);
    across->setSizes({600, 580});
    return across;
}

QWidget *RetrievalView::buildTabs()
{
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("retrievalTabs"));
    m_tabs->setDocumentMode(true);
    m_table = FillingTable::ofRuns(QStringLiteral("retrievalTable"), tr("mAP and CMC of every run, and the paper's"), m_model, m_tabs);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (const int id = m_model->idAt(index.row()); id >= 0) {
            setProtocol(m_model->protocolAt(index.row()));
            m_state->setCurrent(id);
        }
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) {
        if (m_model->idAt(index.row()) >= 0)
            m_tabs->setCurrentWidget(m_queries);
    });
    m_tabs->addTab(m_table, tr("mAP and CMC"));
    m_queries = new QueriesView(m_cache, m_tabs);
    connect(m_queries, &QueriesView::started, this, &RetrievalView::started);
    connect(m_queries, &QueriesView::failed, this, &RetrievalView::failed);
    m_tabs->addTab(m_queries, tr("Queries"));
    m_about = new QLabel;
    m_tabs->addTab(scrolled(m_about, QStringLiteral("retrievalAbout"), m_tabs), tr("This run"));
    return m_tabs;
}

QWidget *RetrievalView::table() const
{
    return m_table;
}

void RetrievalView::followState()
{
    connect(m_state, &EvaluationState::runsChanged, this, [this] {
        updateProtocols();
        updateAbout();
        updateQueries();
    });
    connect(m_state, &EvaluationState::currentChanged, this, [this] {
        updateAbout();
        updateQueries();
    });
    connect(m_state, &EvaluationState::liveMethodChanged, this, [this] {
        if (const std::optional<Method> method = m_liveMethod(); method && m_liveStarted) {
            LinearRule rule = linearRule(*method);
            rule.title = liveTitle(method).toStdString();
            m_engine->setRule(rule);
        }
        updateLive();
    });
    connect(&m_state->threshold(), &ThresholdState::draggingChanged, this, [this](bool dragging) { dragging ? m_engine->beginDrag() : m_engine->endDrag(); });
    connect(&m_state->threshold(), &ThresholdState::changed, this, [this] {
        m_engine->move(m_state->threshold().threshold());
        updateLive();
    });
    connect(m_engine, &RetrievalEngine::started, this, &RetrievalView::started);
    connect(m_engine, &RetrievalEngine::failed, this, &RetrievalView::failed);
    connect(m_engine, &RetrievalEngine::ready, this, [this] {
        m_bar->setReady(true);
        updateLive();
        Q_EMIT liveChanged();
    });
    connect(m_engine, &RetrievalEngine::moved, this, [this] {
        updateLive();
        updateProtocols();
        if (m_state->current() == EvaluationState::liveId) {
            updateAbout();
            updateQueries();
        }
    });
    connect(m_engine, &RetrievalEngine::curveChanged, this, [this] { m_tradeoff->setCurve(m_engine->curve()); });
}

bool RetrievalView::isLive() const
{
    return m_engine->isReady();
}

bool RetrievalView::isBusy() const
{
    return m_engine->isBusy() || m_engine->curveRuns() || m_queries->isBusy();
}

void RetrievalView::setSet(EvaluationSetPtr set, RetrievalDistance distance)
{
    m_set = retrievalOf(set) != nullptr ? std::move(set) : nullptr;
    m_distance = distance;
    m_liveStarted = false;
    m_engine->setSet(nullptr, distance, {});
    m_bar->setReady(false);
    m_model->setLive(std::nullopt);
    m_cmc->setLive(std::nullopt, {});
    m_tradeoff->setMarker(std::nullopt);
    if (m_set) {
        m_bar->setReadout(LiveBar::Sureness::None, {}, tr("The live threshold comes after the runs."));
        m_tradeoff->setHint(tr("The trade-off fills in after the runs…"));
    }
    updateAbout();
    updateQueries();
    Q_EMIT liveChanged();
}

void RetrievalView::startLive(const QStringList &methods, const QStringList &titles)
{
    if (!m_set)
        return;
    m_liveStarted = true;
    m_bar->setMethods(methods, titles);
    if (!hasDScores(*m_set)) {
        const QString why = tr("Without a DDNet for %1 there are no D-scores, and so no threshold to move.").arg(elementsText(retrieved()));
        m_bar->setReadout(LiveBar::Sureness::None, {}, why);
        m_tradeoff->setHint(tr("Without a DDNet for %1\nthere are no D-scores,\nand so no threshold to move.").arg(elementsText(retrieved())));
        return;
    }
    m_bar->setReadout(LiveBar::Sureness::None, {}, tr("The tracklets are being arranged for the live threshold…"));
    m_tradeoff->setHint(tr("The trade-off fills in as soon as the tracklets are arranged…"));
    LivePrices prices;
    if (m_set->baseCost.mac > 0) {
        prices.title = m_set->base;
        prices.ddnet = m_set->ddnetCost;
        prices.base = m_set->baseCost;
        prices.note = m_set->costNote;
    }
    m_engine->setPrices(prices);
    m_engine->move(m_state->threshold().threshold());
    const std::optional<Method> method = m_liveMethod();
    LinearRule rule = method ? linearRule(*method) : LinearRule();
    rule.title = liveTitle(method).toStdString();
    m_engine->setSet(m_set, m_distance, rule);
}

void RetrievalView::setProtocol(RetrievalProtocol protocol)
{
    if (protocol == m_protocol)
        return;
    m_protocol = protocol;
    m_protocols->setCurrentIndex(m_protocols->findData(static_cast<int>(protocol)));
    m_cmc->setProtocol(protocol);
    m_tradeoff->setProtocol(protocol);
    updateLive();
    updateQueries();
}

/// Offers what some run has, or the live threshold.
void RetrievalView::updateProtocols()
{
    const auto there = [&](RetrievalProtocol protocol) {
        const auto has = [protocol](const ShownRun &shown) {
            return std::any_of(shown.run->retrieval.begin(), shown.run->retrieval.end(),
                               [protocol](const RetrievalFigures &one) { return one.protocol == protocol; });
        };
        return std::any_of(m_state->runs().begin(), m_state->runs().end(), has) || (m_engine->point() && m_engine->point()->by(protocol) != nullptr);
    };
    std::vector<RetrievalProtocol> offered(retrievalProtocols.begin(), retrievalProtocols.end());
    std::erase_if(offered, [&](RetrievalProtocol protocol) { return !there(protocol); });
    for (const RetrievalProtocol protocol : retrievalProtocols) {
        const bool shown = offered.empty() || std::find(offered.begin(), offered.end(), protocol) != offered.end();
        m_protocols->setItemData(m_protocols->findData(static_cast<int>(protocol)), shown ? QVariant() : QVariant(0), Qt::UserRole - 1); // greyed
    }
    if (!offered.empty() && std::find(offered.begin(), offered.end(), m_protocol) == offered.end())
        setProtocol(offered.front());
}

void RetrievalView::updateLive()
{
    const std::optional<LiveRetrievalPoint> &point = m_engine->point();
    if (!m_engine->isReady())
        return;
    if (!point) {
        m_model->setLive(std::nullopt);
        m_cmc->setLive(std::nullopt, {});
        m_tradeoff->setMarker(std::nullopt);
        return m_bar->setReadout(LiveBar::Sureness::Late, {}, tr("The queries are being ranked…"));
    }
    const bool current = m_engine->isCurrent();
    const QLocale locale;
    const LivePrices &prices = m_engine->prices();
    LiveRetrievalRow row;
    std::optional<Method> method = m_liveMethod();
    if (method)
        method->options.keep.threshold = point->threshold;
    row.title = tr("live: %1").arg(liveTitle(method));
    row.about = current ? tr("exact") : tr("being ranked anew…");
    row.point = *point;
    row.ranks = m_engine->live()->options().ranks;
    const LiveCost cost = costOf(prices, point->keptShare);
    row.macPerElement = prices.base.mac > 0 ? cost.macPerFace : 0;
    m_model->setLive(row);
    m_cmc->setLive(*point, row.ranks);
    m_tradeoff->setMarker(*point);

    QString accuracy;
    if (const LiveRetrievalFigures *figures = point->by(m_protocol); figures != nullptr)
        accuracy = tr("mAP %1, CMC-1 %2").arg(percentText(figures->map, 2), percentText(figures->cmc.front(), 2));
    QStringList detail;
    detail << tr("%1 of the person crops kept (%2)").arg(percentText(point->keptShare), locale.toString(static_cast<qlonglong>(point->kept)));
    if (point->fallbacks > 0)
        detail.back() += tr(", %n tracklet(s) by the best one alone", nullptr, static_cast<int>(point->fallbacks));
    if (prices.base.mac > 0)
        detail << tr("%1 GFLOP per person crop (%2), %3 × the speed of the base on all")
                      .arg(locale.toString(cost.flopPerFace / 1e9, 'f', 3), toQString(prices.title), locale.toString(cost.speedUp, 'f', 2));
    detail << protocolText(m_protocol);
    m_bar->setReadout(current ? LiveBar::Sureness::Exact : LiveBar::Sureness::Late, accuracy, detail.join(QStringLiteral("  ·  ")));
}

QString RetrievalView::sentence() const
{
    if (!m_engine->isCurrent())
        return {};
    return tr("%1, threshold %2: %3; %4")
        .arg(liveTitle(m_liveMethod()), QLocale().toString(m_bar->number()->value(), 'f', 3), m_bar->accuracy(), m_bar->detail());
}

QString RetrievalView::aboutRun(const ShownRun &shown) const
{
    const EvaluationRun &run = *shown.run;
    const QLocale locale;
    const auto count = [&](std::int64_t value) { return locale.toString(static_cast<qlonglong>(value)); };
    QStringList about;
    const auto add = [&](const QString &name, const QString &text) {
        if (!text.isEmpty())
            about << QStringLiteral("<b>%1</b> %2").arg(name, text.toHtmlEscaped());
    };
    add(tr("Run"), shown.title + (run.synthetic ? tr(" (synthetic set)") : QString()));
    add(tr("Method"), toQString(run.method));
    add(tr("Networks"), QStringList{toQString(run.base), toQString(run.ddnet), toQString(run.device)}.join(QStringLiteral(", ")));
    add(tr("Set"),
        tr("%1: %2 tracklets (%3 without a person crop), %4 person crops")
            .arg(toQString(run.benchmark), count(run.templates), count(run.notEnrolled), count(run.faces)));
    for (const RetrievalFigures &figures : run.retrieval) {
        QStringList parts{tr("mAP %1").arg(percentText(figures.map, 2))};
        for (std::size_t i = 0; i < figures.ranks.size() && i < figures.cmc.size(); ++i)
            parts << tr("CMC-%1 %2").arg(QString::number(figures.ranks[i]), percentText(figures.cmc[i], 2));
        parts << tr("%1 queries counted, %2 without a match, %3 tracklets in the gallery")
                     .arg(count(figures.queries), count(figures.unmatched), count(figures.gallery));
        add(protocolText(figures.protocol), parts.join(QStringLiteral(", ")));
    }
    add(tr("Protocol"), toQString(run.protocol));
    for (const std::string &warning : run.warnings)
        add(tr("Note"), toQString(warning));
    add(tr("Computed in"), tr("%1 s").arg(locale.toString(run.seconds, 'f', 1)));
    return about.join(QStringLiteral("<br>"));
}

void RetrievalView::updateAbout()
{
    if (const ShownRun *shown = m_state->currentRun(); shown != nullptr)
        m_about->setText(aboutRun(*shown));
    else
        m_about->setText(m_engine->isCurrent() ? sentence().toHtmlEscaped() : QString());
}

void RetrievalView::updateQueries()
{
    QueriesView::Wanted wanted;
    wanted.protocol = m_protocol;
    const ShownRun *shown = m_state->currentRun();
    if (shown == nullptr) {
        wanted.set = m_engine->isReady() ? m_set : nullptr;
        wanted.method = m_liveMethod();
        wanted.distance = m_distance;
        wanted.title = liveTitle(wanted.method);
        wanted.why = tr("The live threshold's queries come as soon as there is one.");
        return m_queries->present(wanted);
    }
    wanted.set = m_set && m_set->fits(*shown->run) ? m_set : nullptr;
    wanted.method = shown->method;
    wanted.title = shown->title;
    for (const RetrievalFigures &figures : shown->run->retrieval)
        wanted.distance = figures.distance;
    wanted.why = wanted.set
        ? tr("How this run weighed person crops is not known, so its queries cannot be ranked again.")
        : tr("The tracklets of this run are not open: a saved run holds its figures, not its features. Evaluate the same benchmark again, or "
             "load its features.");
    m_queries->present(wanted);
}

std::string RetrievalView::tradeoffText() const
{
    return retrievalTradeoffCsv(m_engine->curve(), LiveRetrievalOptions().ranks);
}

void RetrievalView::pick(const RetrievalTradeoffPoint &point)
{
    if (point.mark == TradeoffMark::Average)
        Q_EMIT methodWanted(QStringLiteral("average"));
    else if (point.mark == TradeoffMark::Top1)
        Q_EMIT methodWanted(QStringLiteral("top-1"));
    else if (!std::isnan(point.threshold))
        m_state->threshold().setThreshold(std::clamp(point.threshold, 0.0, 1.0)); // all kept and only the best kept are the slider's two ends
}

void RetrievalView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_model != nullptr)
        m_model->setPalette(palette());
}

} // namespace dscope
