// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationactions.h"

#include "ui/models/evaluationstate.h"
#include "ui/pages/evaluationplots.h"
#include "ui/pages/evaluationtables.h"
#include "ui/pages/livepairs.h"
#include "ui/pages/page.h"
#include "ui/pages/runlist.h"
#include "ui/plots/runplot.h"
#include "ui/views/classificationview.h"
#include "ui/views/retrievalview.h"

#include <QAbstractItemView>
#include <QAction>
#include <QListView>
#include <QMenu>

#include <utility>

namespace dscope {

namespace {
constexpr double coarseStep = 0.01;
constexpr double fineStep = 0.001;
constexpr int firstTabKey = 7; ///< Alt+8; plots come before
} // namespace

EvaluationActions::EvaluationActions(const EvaluationParts &parts, RunList *list) : QObject(parts.page), m_parts(parts), m_exports(parts), m_list(list)
{
    buildFileMenu();
    buildEditMenu();
    buildThresholdMenu();
    buildViewMenu();
    giveContextMenus();
    m_parts.page->actionSet().addToolBar(QStringLiteral("evaluationTools"), tr("Evaluation tools"),
                                         {QStringLiteral("evaluationNew"),
                                          QStringLiteral("evaluationOpenRuns"),
                                          QStringLiteral("evaluationSave"),
                                          {},
                                          QStringLiteral("evaluationUndo"),
                                          QStringLiteral("evaluationRedo"),
                                          {},
                                          QStringLiteral("exportTable")});
}

void EvaluationActions::buildFileMenu()
{
    ActionSet &set = m_parts.page->actionSet();
    QMenu *file = set.addMenu(tr("&File"));
    set.add(file, QStringLiteral("evaluationNew"), tr("&Evaluate a benchmark…"), Shortcut::New, QStringLiteral("add"), [this] { Q_EMIT setupWanted(); });
    set.add(file, QStringLiteral("evaluationOpenRuns"), tr("&Open runs…"), Shortcut::Open, QStringLiteral("open"), [this] { Q_EMIT openWanted(); });
    m_needRuns << set.add(file, QStringLiteral("evaluationSave"), tr("&Save runs…"), Shortcut::Save, QStringLiteral("save"), [this] { Q_EMIT saveWanted(); });
    file->addSeparator();
    buildExports(file);
    file->addSeparator();
    set.addQuit(file, QStringLiteral("evaluationQuit"));
}

void EvaluationActions::buildExports(QMenu *file)
{
    ActionSet &set = m_parts.page->actionSet();
    QMenu *menu = file->addMenu(tr("E&xport"));
    QAction *table = set.add(menu, QStringLiteral("exportTable"), tr("The table as &csv or Markdown…"), Shortcut::Export, QStringLiteral("export"),
                             [this] { m_exports.table(); });
    table->setIconText(tr("Export the table"));
    QAction *pairs = set.add(menu, QStringLiteral("exportPairs"), tr("The &hardest pairs as csv…"), {}, {}, [this] { m_exports.pairs(); });
    m_needLive << set.add(menu, QStringLiteral("exportTradeoff"), tr("The &trade-off as csv…"), {}, {}, [this] { m_exports.tradeoff(m_now.protocol); });
    m_needRuns << table << pairs
               << set.add(menu, QStringLiteral("exportReport"), tr("A &report (HTML)…"), Shortcut::Report, {}, [this] { m_exports.report(m_now.protocol); });
    m_needPairs << pairs;
    QMenu *plots = menu->addMenu(tr("A &plot (PNG, SVG, PDF)"));
    const auto add = [&](const std::vector<PlainPlot *> &all, QList<QAction *> &needed) {
        for (PlainPlot *plot : all)
            needed << set.add(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
                              [this, plot] { m_exports.plot(plot); });
    };
    add(m_parts.plots->all(), m_needPairs);
    add(m_parts.retrieval->plots(), m_needQueries);
    add(m_parts.classes->plots(), m_needClasses);
}

void EvaluationActions::buildEditMenu()
{
    ActionSet &set = m_parts.page->actionSet();
    QMenu *edit = set.addMenu(tr("&Edit"));
    set.addUndo(edit, m_parts.state->undoStack(), QStringLiteral("evaluationUndo"), QStringLiteral("evaluationRedo"));
    edit->addSeparator();
    QMenu *add = edit->addMenu(tr("&Add a run"));
    m_list->fillMethodMenu(add);
    m_needSet << add->menuAction();
    QAction *remove = set.add(edit, QStringLiteral("evaluationRemove"), tr("Re&move the chosen runs"), Shortcut::Exclude, QStringLiteral("exclude"),
                              [this] { m_list->removeChosen(); });
    remove->setShortcutContext(Qt::WidgetShortcut); // elsewhere Del deletes text
    m_list->list()->addAction(remove);
    m_needRuns << remove;
}

void EvaluationActions::buildThresholdMenu()
{
    ActionSet &set = m_parts.page->actionSet();
    QMenu *menu = set.addMenu(tr("&Threshold"));
    ThresholdState *state = &m_parts.state->threshold();
    m_needLive << set.add(menu, QStringLiteral("liveRaise"), tr("&Raise by 0.01"), Shortcut::Raise, {}, [state] { state->step(coarseStep); });
    m_needLive << set.add(menu, QStringLiteral("liveLower"), tr("&Lower by 0.01"), Shortcut::Lower, {}, [state] { state->step(-coarseStep); });
    m_needLive << set.add(menu, QStringLiteral("liveRaiseFine"), tr("Raise by 0.001"), Shortcut::RaiseFine, {}, [state] { state->step(fineStep); });
    m_needLive << set.add(menu, QStringLiteral("liveLowerFine"), tr("Lower by 0.001"), Shortcut::LowerFine, {}, [state] { state->step(-fineStep); });
    menu->addSeparator();
    QAction *recommend =
        set.add(menu, QStringLiteral("liveRecommendAction"), tr("Re&commend…"), Shortcut::Recommend, {}, [this] { m_parts.live->recommend(); });
    m_needLive << set.add(menu, QStringLiteral("liveKeepAction"), tr("&Keep as a run"), Shortcut::KeepRun, {}, [this] { Q_EMIT keepWanted(); });
    QAction *pairs = set.add(menu, QStringLiteral("livePairs"), tr("Show its hardest &pairs"), {}, {},
                             [this] { m_parts.tables->pick(EvaluationState::liveId, m_parts.state->far()); });
    m_needLive << recommend << pairs;
    m_needPairs << recommend << pairs;
}

void EvaluationActions::buildViewMenu()
{
    QMenu *view = m_parts.page->actionSet().addMenu(tr("&View"));
    const std::vector<PlainPlot *> &plots = m_parts.plots->all();
    for (int i = 0; i < static_cast<int>(plots.size()); ++i) {
        const PlainPlot *plot = plots[static_cast<std::size_t>(i)];
        QAction *action = m_parts.page->actionSet().add(view, QStringLiteral("view_%1").arg(plot->objectName()), plot->accessibleName(), {}, {},
                                                        [this, i] { m_parts.plots->bringToFront(i); });
        action->setShortcut(viewSequence(i));
        m_needPairs << action;
    }
    view->addSeparator();
    addTabs(view, m_parts.tables, QStringLiteral("view_table%1"), m_needPairs);
    addTabs(view, m_parts.retrieval->tabs(), QStringLiteral("view_retrieval%1"), m_needQueries);
    addTabs(view, m_parts.classes->tabs(), QStringLiteral("view_classes%1"), m_needClasses);
}

void EvaluationActions::addTabs(QMenu *view, QTabWidget *tabs, const QString &name, QList<QAction *> &needed)
{
    for (int i = 0; i < tabs->count(); ++i) {
        QAction *action = m_parts.page->actionSet().add(view, name.arg(i), tabs->tabText(i), {}, {}, [tabs, i] { tabs->setCurrentIndex(i); });
        action->setShortcut(viewSequence(firstTabKey + i));
        needed << action;
    }
}

void EvaluationActions::giveContextMenus()
{
    for (const std::vector<PlainPlot *> &plots : {m_parts.plots->all(), m_parts.retrieval->plots(), m_parts.classes->plots()})
        for (PlainPlot *plot : plots) {
            plot->setContextMenuPolicy(Qt::CustomContextMenu);
            plot->setFocusPolicy(Qt::StrongFocus); // so that the menu key reaches it
            connect(plot, &QWidget::customContextMenuRequested, this, [this, plot](const QPoint &point) { showPlotMenu(plot, point); });
        }
    std::vector<std::pair<QAbstractItemView *, bool>> views = m_parts.tables->views();
    for (QWidget *table : {m_parts.retrieval->table(), m_parts.classes->table()})
        views.emplace_back(qobject_cast<QAbstractItemView *>(table), false);
    for (const auto &[view, listsPairs] : views) {
        QAction *action = m_parts.page->actionSet().find(listsPairs ? QStringLiteral("exportPairs") : QStringLiteral("exportTable"));
        view->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(view, &QWidget::customContextMenuRequested, this, [this, table = view, action](const QPoint &point) {
            auto *menu = new QMenu(m_parts.page);
            menu->setAttribute(Qt::WA_DeleteOnClose);
            menu->setObjectName(QStringLiteral("tableMenu"));
            menu->addAction(action);
            menu->popup(table->viewport()->mapToGlobal(point));
        });
    }
}

void EvaluationActions::showPlotMenu(PlainPlot *plot, const QPoint &point)
{
    auto *menu = new QMenu(m_parts.page);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("plotMenu"));
    menu->addAction(tr("&Export this plot…"), this, [this, plot] { m_exports.plot(plot); });
    const bool tradeoff =
        QStringList{QStringLiteral("liveTradeoff"), QStringLiteral("retrievalTradeoff"), QStringLiteral("clipCurves")}.contains(plot->objectName());
    menu->addAction(m_parts.page->actionSet().find(tradeoff ? QStringLiteral("exportTradeoff") : QStringLiteral("exportTable")));
    if (auto *zoomed = qobject_cast<RunPlot *>(plot); zoomed != nullptr)
        menu->addAction(tr("Show &everything"), zoomed, &RunPlot::showAll);
    menu->popup(plot->mapToGlobal(point));
}

void EvaluationActions::update(const Situation &now)
{
    m_now = now;
    for (QAction *action : std::as_const(m_needRuns))
        action->setEnabled(now.shown && !m_parts.state->runs().empty());
    for (QAction *action : std::as_const(m_needSet))
        action->setEnabled(now.shown && now.canAdd);
    for (QAction *action : std::as_const(m_needLive))
        action->setEnabled(now.shown && now.live);
    for (QAction *action : std::as_const(m_needPairs)) {
        action->setVisible(now.protocol == Protocol::Verification); // so that its keys are free
        if (now.protocol != Protocol::Verification)
            action->setEnabled(false);
        else if (!m_needRuns.contains(action) && !m_needLive.contains(action))
            action->setEnabled(true);
    }
    for (const auto &[actions, protocol] : {std::pair(&m_needQueries, Protocol::Retrieval), std::pair(&m_needClasses, Protocol::Classification)})
        for (QAction *action : std::as_const(*actions)) {
            action->setVisible(now.protocol == protocol);
            action->setEnabled(now.protocol == protocol);
        }
    for (const char *name : {"evaluationUndo", "evaluationRedo"})
        m_parts.page->actionSet().find(QLatin1String(name))->setVisible(now.shown);
}

} // namespace dscope
