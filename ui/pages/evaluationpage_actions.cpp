// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/outputfile.h"
#include "core/evaluation/retrievalrun.h"
#include "core/report/evaluationreport.h"
#include "ui/convert.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/models/pairmodel.h"
#include "ui/models/runmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/runplot.h"
#include "ui/taskwords.h"
#include "ui/theme.h"
#include "ui/views/retrievalview.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

#include <utility>

namespace dscope {

namespace {
constexpr int messageMs = 8000;
constexpr double coarseStep = 0.01;
constexpr double fineStep = 0.001;

std::vector<EvaluationRun> figuresOf(const EvaluationState &state)
{
    std::vector<EvaluationRun> runs;
    for (const ShownRun &shown : state.runs()) {
        runs.push_back(*shown.run);
        runs.back().method = shown.title.toStdString(); // as the user calls it
    }
    return runs;
}
} // namespace

QAction *EvaluationPage::addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon,
                                   std::function<void()> call)
{
    auto *action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcuts(keys);
    if (!icon.isEmpty())
        m_icons.append({action, icon});
    connect(action, &QAction::triggered, this, [call = std::move(call)] { call(); });
    menu->addAction(action);
    return action;
}

void EvaluationPage::fillMethodMenu(QMenu *menu)
{
    for (const QString &name : offeredMethods()) {
        QAction *action = menu->addAction(methodTitle(name), this, [this, name] { addMethod(name); });
        action->setObjectName(QStringLiteral("add_") + name);
    }
    menu->addSeparator();
    menu->addAction(tr("&Another…"), this, [this] { askForMethod(); });
}

void EvaluationPage::buildActions()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    addAction(file, QStringLiteral("evaluationNew"), tr("&Evaluate a benchmark…"), {QKeySequence::New}, QStringLiteral("add"), [this] { showSetup(); });
    addAction(file, QStringLiteral("evaluationOpenRuns"), tr("&Open runs…"), {QKeySequence::Open}, QStringLiteral("open"), [this] { askForRuns(); });
    m_needRuns << addAction(file, QStringLiteral("evaluationSave"), tr("&Save runs…"), {QKeySequence::Save}, QStringLiteral("save"), [this] { saveRuns(); });
    file->addSeparator();
    QMenu *exports = file->addMenu(tr("E&xport"));
    m_needRuns << addAction(exports, QStringLiteral("exportTable"), tr("The table as &csv or Markdown…"), {QKeySequence(tr("Ctrl+E"))},
                            QStringLiteral("export"), [this] {
                                askForFile(tr("Export the table"), QStringLiteral("evaluation.csv"), {tr("CSV (*.csv)"), tr("Markdown (*.md)")},
                                           [runs = figuresOf(m_state)](const std::filesystem::path &path) {
                                               writeAtomically(path, path.extension() == ".md" ? evaluationTable(runs) : evaluationCsv(runs));
                                           });
                            });
    m_needRuns.back()->setIconText(tr("Export the table"));
    m_needRuns << addAction(exports, QStringLiteral("exportPairs"), tr("The &hardest pairs as csv…"), {}, {}, [this] {
        askForFile(tr("Export the hardest pairs"), QStringLiteral("pairs.csv"), {tr("CSV (*.csv)")}, [this](const std::filesystem::path &path) {
            const ShownRun *shown = m_state.currentRun();
            const bool fits = m_set && (shown == nullptr || m_set->fits(*shown->run));
            writeAtomically(path, pairsCsv(*m_genuine, *m_impostor, fits ? m_set.get() : nullptr));
        });
    });
    m_needPairs << m_needRuns.back();
    m_needLive << addAction(exports, QStringLiteral("exportTradeoff"), tr("The &trade-off as csv…"), {}, {}, [this] {
        askForFile(tr("Export the trade-off"), QStringLiteral("tradeoff.csv"), {tr("CSV (*.csv)")},
                   [text = showsRetrieval() ? m_retrieval->tradeoffText() : tradeoffCsv(m_engine->curve())](const std::filesystem::path &path) {
                       writeAtomically(path, text);
                   });
    });
    m_needRuns << addAction(exports, QStringLiteral("exportReport"), tr("A &report (HTML)…"), {QKeySequence(tr("Ctrl+Shift+E"))}, {},
                            [this] { exportReport(); });
    QMenu *plots = exports->addMenu(tr("A &plot (PNG, SVG, PDF)"));
    for (PlainPlot *plot : m_plots)
        m_needPairs << addAction(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
                                 [this, plot] { exportPlot(plot); });
    for (PlainPlot *plot : m_retrieval->plots())
        m_needQueries << addAction(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
                                   [this, plot] { exportPlot(plot); });
    file->addSeparator();
    std::vector<PlainPlot *> all = m_plots;
    all.insert(all.end(), m_retrieval->plots().begin(), m_retrieval->plots().end());
    for (PlainPlot *plot : all) {
        plot->setContextMenuPolicy(Qt::CustomContextMenu);
        plot->setFocusPolicy(Qt::StrongFocus); // so that the menu key reaches it
        connect(plot, &QWidget::customContextMenuRequested, this, [this, plot](const QPoint &point) { plotMenu(plot, point); });
    }
    for (const auto &[table, action] : std::initializer_list<std::pair<QAbstractItemView *, QString>>{
             {m_table, QStringLiteral("exportTable")},
             {m_details, QStringLiteral("exportTable")},
             {qobject_cast<QAbstractItemView *>(m_retrieval->table()), QStringLiteral("exportTable")},
             {m_genuineView, QStringLiteral("exportPairs")},
             {m_impostorView, QStringLiteral("exportPairs")}}) {
        table->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(table, &QWidget::customContextMenuRequested, this,
                [this, view = table, name = action](const QPoint &point) { tableMenu(view->viewport(), point, name); });
    }
    addAction(file, QStringLiteral("evaluationQuit"), tr("&Quit"), {QKeySequence::Quit}, {}, [this] { window()->close(); });

    QMenu *edit = menuBar()->addMenu(tr("&Edit"));
    QAction *undo = m_state.undoStack()->createUndoAction(this, tr("&Undo"));
    undo->setObjectName(QStringLiteral("evaluationUndo"));
    undo->setShortcuts(QKeySequence::Undo);
    QAction *redo = m_state.undoStack()->createRedoAction(this, tr("&Redo"));
    redo->setObjectName(QStringLiteral("evaluationRedo"));
    redo->setShortcuts(QKeySequence::Redo);
    m_icons.append({undo, QStringLiteral("undo")});
    m_icons.append({redo, QStringLiteral("redo")});
    edit->addAction(undo);
    edit->addAction(redo);
    edit->addSeparator();
    QMenu *add = edit->addMenu(tr("&Add a run"));
    fillMethodMenu(add);
    m_needSet << add->menuAction();
    QAction *remove =
        addAction(edit, QStringLiteral("evaluationRemove"), tr("Re&move the chosen runs"), {}, QStringLiteral("exclude"), [this] { removeChosen(); });
    remove->setShortcut(QKeySequence::Delete);
    remove->setShortcutContext(Qt::WidgetShortcut); // elsewhere Del deletes text
    m_runs->addAction(remove);
    m_needRuns << remove;

    QMenu *threshold = menuBar()->addMenu(tr("&Threshold"));
    ThresholdState *state = &m_state.threshold();
    // With Shift the layout decides whether a bracket or a brace arrives.
    const QList<QKeySequence> fineUp{QKeySequence(Qt::SHIFT | Qt::Key_BracketRight), QKeySequence(Qt::Key_BraceRight),
                                     QKeySequence(Qt::SHIFT | Qt::Key_BraceRight)};
    const QList<QKeySequence> fineDown{QKeySequence(Qt::SHIFT | Qt::Key_BracketLeft), QKeySequence(Qt::Key_BraceLeft),
                                       QKeySequence(Qt::SHIFT | Qt::Key_BraceLeft)};
    m_needLive << addAction(threshold, QStringLiteral("liveRaise"), tr("&Raise by 0.01"), {QKeySequence(Qt::Key_BracketRight)}, {},
                            [state] { state->step(coarseStep); });
    m_needLive << addAction(threshold, QStringLiteral("liveLower"), tr("&Lower by 0.01"), {QKeySequence(Qt::Key_BracketLeft)}, {},
                            [state] { state->step(-coarseStep); });
    m_needLive << addAction(threshold, QStringLiteral("liveRaiseFine"), tr("Raise by 0.001"), fineUp, {}, [state] { state->step(fineStep); });
    m_needLive << addAction(threshold, QStringLiteral("liveLowerFine"), tr("Lower by 0.001"), fineDown, {}, [state] { state->step(-fineStep); });
    threshold->addSeparator();
    m_needLive << addAction(threshold, QStringLiteral("liveRecommendAction"), tr("Re&commend…"), {QKeySequence(tr("Ctrl+R"))}, {}, [this] { recommend(); });
    m_needPairs << m_needLive.back();
    m_needLive << addAction(threshold, QStringLiteral("liveKeepAction"), tr("&Keep as a run"), {QKeySequence(tr("Ctrl+K"))}, {}, [this] { keepLive(); });
    m_needLive << addAction(threshold, QStringLiteral("livePairs"), tr("Show its hardest &pairs"), {}, {},
                            [this] { pick(EvaluationState::liveId, m_state.far()); });
    m_needPairs << m_needLive.back();

    QMenu *view = menuBar()->addMenu(tr("&View"));
    for (int i = 0; i < static_cast<int>(m_plots.size()); ++i) {
        PlainPlot *plot = m_plots[static_cast<std::size_t>(i)];
        const int left = m_leftTabs->count();
        m_needPairs << addAction(view, QStringLiteral("view_%1").arg(plot->objectName()), plot->accessibleName(),
                                 {QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + i))}, {}, [this, i, left] {
                                     if (i < left)
                                         m_leftTabs->setCurrentIndex(i);
                                     else
                                         m_rightTabs->setCurrentIndex(i - left);
                                 });
    }
    view->addSeparator();
    for (int i = 0; i < m_tabs->count(); ++i)
        m_needPairs << addAction(view, QStringLiteral("view_table%1").arg(i), m_tabs->tabText(i),
                                 {QKeySequence(Qt::ALT | (i < 2 ? static_cast<Qt::Key>(Qt::Key_8 + i) : Qt::Key_0))}, {},
                                 [this, i] { m_tabs->setCurrentIndex(i); });
    addRetrievalActions(view);

    QToolBar *bar = QMainWindow::addToolBar(tr("Evaluation tools"));
    bar->setObjectName(QStringLiteral("evaluationTools"));
    bar->setIconSize({20, 20});
    bar->setMovable(false);
    const auto take = [&](const char *name, bool text) {
        auto *action = findChild<QAction *>(QLatin1String(name));
        bar->addAction(action);
        if (auto *button = qobject_cast<QToolButton *>(bar->widgetForAction(action)); button != nullptr) {
            button->setToolButtonStyle(text ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
            button->setAccessibleName(action->text().remove(QLatin1Char('&')));
        }
    };
    take("evaluationNew", true);
    take("evaluationOpenRuns", true);
    take("evaluationSave", true);
    bar->addSeparator();
    take("evaluationUndo", false);
    take("evaluationRedo", false);
    bar->addSeparator();
    take("exportTable", true);
    updateIcons();
}

void EvaluationPage::addRetrievalActions(QMenu *view)
{
    QTabWidget *tabs = m_retrieval->tabs();
    for (int i = 0; i < tabs->count(); ++i)
        m_needQueries << addAction(view, QStringLiteral("view_retrieval%1").arg(i), tabs->tabText(i),
                                   {QKeySequence(Qt::ALT | (i < 2 ? static_cast<Qt::Key>(Qt::Key_8 + i) : Qt::Key_0))}, {},
                                   [tabs, i] { tabs->setCurrentIndex(i); });
}

bool EvaluationPage::showsRetrieval() const
{
    if (const ShownRun *shown = m_state.currentRun(); shown != nullptr)
        return isRetrieval(*shown->run);
    return retrievalOf(m_set) != nullptr;
}

void EvaluationPage::updateView()
{
    m_views->setCurrentIndex(showsRetrieval() ? 1 : 0);
    updateActions();
}

void EvaluationPage::updateIcons()
{
    for (const auto &[action, icon] : std::as_const(m_icons))
        action->setIcon(themedIcon(icon, palette()));
    for (const auto &[name, icon] : {std::pair{"runAdd", "add"}, std::pair{"runRemove", "exclude"}})
        if (auto *button = findChild<QToolButton *>(QLatin1String(name)); button != nullptr)
            button->setIcon(themedIcon(QLatin1String(icon), palette()));
}

void EvaluationPage::updateActions()
{
    const bool shown = m_stack->currentWidget() == m_result;
    const bool retrieval = showsRetrieval();
    for (QAction *action : std::as_const(m_needRuns))
        action->setEnabled(shown && !m_state.runs().empty());
    for (QAction *action : std::as_const(m_needSet))
        action->setEnabled(shown && m_set && !m_job);
    for (QAction *action : std::as_const(m_needLive))
        action->setEnabled(shown && (retrieval ? m_retrieval->isLive() : m_engine->live() != nullptr));
    for (QAction *action : std::as_const(m_needPairs)) {
        action->setVisible(!retrieval); // so that its keys are free
        if (retrieval)
            action->setEnabled(false);
        else if (!m_needRuns.contains(action) && !m_needLive.contains(action))
            action->setEnabled(true);
    }
    for (QAction *action : std::as_const(m_needQueries)) {
        action->setVisible(retrieval);
        action->setEnabled(retrieval);
    }
    if (auto *add = findChild<QToolButton *>(QStringLiteral("runAdd")); add != nullptr)
        add->setEnabled(m_set && !m_job);
    m_load->setVisible(!m_set && !m_state.runs().empty() && !m_setup->request().root.empty());
    m_load->setEnabled(!m_job);
    if (auto *remove = findChild<QToolButton *>(QStringLiteral("runRemove")); remove != nullptr)
        remove->setEnabled(!chosenRuns().empty());
    for (const char *name : {"evaluationUndo", "evaluationRedo"})
        if (auto *action = findChild<QAction *>(QLatin1String(name)); action != nullptr)
            action->setVisible(shown);
}

void EvaluationPage::updateTitle()
{
    const QLocale locale;
    QString name;
    if (m_set)
        name = toQString(m_set->features->benchmark);
    else if (!m_state.runs().empty())
        name = toQString(m_state.runs().front().run->benchmark);
    setWindowTitle(name.isEmpty() ? tr("Evaluate – Dscope") : tr("%1[*] – Dscope").arg(name));
    setWindowModified(m_state.isDirty());
    if (!m_set) {
        m_setText->setText(m_state.runs().empty() ? QString() : tr("Figures alone: the features are not open."));
        return m_status->clear();
    }
    const TemplateFeatures &features = *m_set->features;
    const auto count = [&](std::int64_t number) { return locale.toString(static_cast<qlonglong>(number)); };
    const Task &task = taskNamed(m_set->benchmark->task);
    const RetrievalLists *lists = retrievalOf(m_set);
    const QString size = QStringLiteral("%1 %2, %3 %4, ").arg(count(features.templates()), groupsText(task), count(features.faces()), elementsText(task))
        + (lists != nullptr ? tr("%1 queries").arg(count(std::ssize(lists->queries))) : tr("%1 pairs").arg(count(m_set->pairCount())));
    m_setText->setText(tr("Open: %1%2\n%3").arg(toQString(features.benchmark), features.synthetic ? tr(" (synthetic)") : QString(), size));
    QStringList parts{toQString(features.benchmark) + (features.synthetic ? tr(" (synthetic set)") : QString()), size};
    for (const std::string &part : {m_set->base, m_set->ddnet, m_set->device})
        if (!part.empty())
            parts << toQString(part);
    m_status->setText(parts.join(QStringLiteral("  ·  ")));
}

void EvaluationPage::setData(const std::filesystem::path &path)
{
    showSetup();
    m_setup->setData(path);
}

void EvaluationPage::showSetup()
{
    m_stack->setCurrentIndex(0);
    m_setup->setBackPossible(m_set || !m_state.runs().empty());
    updateActions();
}

void EvaluationPage::showResult()
{
    m_stack->setCurrentWidget(m_result);
    updateActions();
    m_runs->setFocus();
}

void EvaluationPage::askForRuns()
{
    auto *dialog = new QFileDialog(this, tr("Open runs"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Evaluations (*.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) { openRuns(toPath(file)); });
    dialog->open();
}

void EvaluationPage::askForFile(const QString &title, const QString &name, const QStringList &filters, std::function<void(const std::filesystem::path &)> write,
                                std::function<void()> then)
{
    auto *dialog = new QFileDialog(this, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(filters);
    dialog->setDefaultSuffix(QFileInfo(name).suffix());
    dialog->selectFile(name);
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog](const QString &chosen) { dialog->setDefaultSuffix(chosen.section(QStringLiteral("*."), 1).section(QLatin1Char(')'), 0, 0)); });
    connect(dialog, &QFileDialog::fileSelected, this, [this, write = std::move(write), then = std::move(then)](const QString &file) {
        try {
            if (!file.endsWith(QStringLiteral(".png"), Qt::CaseInsensitive))
                refusePicture(toPath(file));
            write(toPath(file));
        } catch (const std::exception &error) {
            return showFailure(tr("The file could not be written."), toQString(describe(error)));
        }
        statusBar()->showMessage(tr("Written: %1").arg(file), messageMs);
        if (then)
            then();
        Q_EMIT written(file);
    });
    dialog->open();
}

void EvaluationPage::saveRuns(std::function<void()> then)
{
    askForFile(
        tr("Save runs"), QStringLiteral("evaluation.json"), {tr("Evaluations (*.json)")}, [this](const std::filesystem::path &path) { m_state.save(path); },
        [this, then = std::move(then)] {
            m_state.setSaved();
            if (then)
                then();
        });
}

void EvaluationPage::exportReport()
{
    EvaluationReport report;
    report.recommendation = m_recommended;
    report.live = showsRetrieval() ? m_retrieval->sentence().toStdString() : liveSentence();
    constexpr QSize size(900, 560);
    for (PlainPlot *plot : showsRetrieval() ? m_retrieval->plots() : m_plots)
        report.plots.push_back({plot->accessibleName().toStdString(), plot->svg(size).toStdString()});
    askForFile(tr("Write a report"), QStringLiteral("evaluation.html"), {tr("HTML page (*.html)")},
               [runs = figuresOf(m_state), report = std::move(report)](const std::filesystem::path &path) {
                   writeAtomically(path, evaluationReportHtml(runs, report));
               });
}

void EvaluationPage::plotMenu(PlainPlot *plot, const QPoint &point)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("plotMenu"));
    menu->addAction(tr("&Export this plot…"), this, [this, plot] { exportPlot(plot); });
    if (plot->objectName() == QStringLiteral("liveTradeoff") || plot->objectName() == QStringLiteral("retrievalTradeoff"))
        menu->addAction(findChild<QAction *>(QStringLiteral("exportTradeoff")));
    else
        menu->addAction(findChild<QAction *>(QStringLiteral("exportTable")));
    if (auto *zoomed = qobject_cast<RunPlot *>(plot); zoomed != nullptr)
        menu->addAction(tr("Show &everything"), zoomed, &RunPlot::showAll);
    menu->popup(plot->mapToGlobal(point));
}

void EvaluationPage::tableMenu(QWidget *table, const QPoint &point, const QString &action)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("tableMenu"));
    menu->addAction(findChild<QAction *>(action));
    menu->popup(table->mapToGlobal(point));
}

void EvaluationPage::exportPlot(PlainPlot *plot)
{
    askForFile(tr("Export a plot"), plot->objectName() + QStringLiteral(".png"), {tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)"), tr("PDF (*.pdf)")},
               [plot](const std::filesystem::path &path) { plot->save(toQString(path)); });
}

std::vector<int> EvaluationPage::chosenRuns() const
{
    std::vector<int> ids;
    for (const QModelIndex &index : m_runs->selectionModel()->selectedRows())
        ids.push_back(m_runModel->idAt(index.row()));
    return ids;
}

void EvaluationPage::removeChosen()
{
    m_state.removeRuns(chosenRuns());
}

void EvaluationPage::recolourMenu(const QPoint &point)
{
    const QModelIndex index = m_runs->indexAt(point);
    if (!index.isValid())
        return;
    const int id = m_runModel->idAt(index.row());
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("runMenu"));
    menu->addAction(tr("Re&name"), this, [this, index] { m_runs->edit(index); });
    QMenu *colours = menu->addMenu(tr("&Colour"));
    for (int colour = 0; colour < runColours; ++colour)
        colours->addAction(swatch(runColour(colour, palette())), runColourName(colour), this, [this, id, colour] { m_state.recolour(id, colour); });
    menu->addAction(tr("Re&move"), this, [this, id] { m_state.removeRuns({id}); });
    menu->popup(m_runs->viewport()->mapToGlobal(point));
}

void EvaluationPage::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

void EvaluationPage::whenSaved(std::function<void()> then)
{
    if (!m_state.isDirty() || m_state.runs().empty())
        return then();
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("Save the runs first?"),
                                QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("saveQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("%n run(s) of the evaluation are not saved.", nullptr, static_cast<int>(m_state.runs().size())));
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then)](int answer) {
        if (answer == QMessageBox::Save)
            return saveRuns(then);
        if (answer != QMessageBox::Discard)
            return;
        m_state.setSaved();
        then();
    });
    box->open();
}

void EvaluationPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.front().isLocalFile())
        event->acceptProposedAction();
}

void EvaluationPage::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() != 1 || !urls.front().isLocalFile())
        return;
    event->acceptProposedAction();
    const std::filesystem::path path = toPath(urls.front().toLocalFile());
    if (path.extension() == ".json")
        openRuns(path);
    else
        setData(path);
}

void EvaluationPage::closeEvent(QCloseEvent *event)
{
    if (m_asksBeforeClosing && m_state.isDirty() && !m_state.runs().empty()) {
        event->ignore();
        return whenSaved([this] { window()->close(); });
    }
    if (m_job)
        m_job->cancel();
    m_engine->stopCurve();
    m_setup->writeSettings();
    event->accept();
}

} // namespace dscope
