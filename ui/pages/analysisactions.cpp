// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysisactions.h"

#include "core/base/picturefile.h"
#include "ui/convert.h"
#include "ui/dialogs/analysisdialog.h"
#include "ui/dialogs/helpdialogs.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/analysisviews.h"
#include "ui/pages/devicechoice.h"
#include "ui/pages/dockpanels.h"
#include "ui/pages/page.h"
#include "ui/plots/plot.h"
#include "ui/views/recentmenu.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"
#include "ui/views/wallpanel.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLocale>
#include <QMenu>
#include <QSpinBox>
#include <QUndoStack>

#include <utility>

namespace dscope {

namespace {
constexpr double coarseStep = 0.01;
constexpr double fineStep = 0.001;
constexpr int zoomStep = 16;

void enter(QAbstractSpinBox *field)
{
    field->setFocus(Qt::ShortcutFocusReason);
    field->selectAll();
}
} // namespace

AnalysisActions::AnalysisActions(const AnalysisParts &parts, DockPanels *panels)
    : QObject(parts.page), m_parts(parts), m_exports(parts), m_themes(new QActionGroup(this)), m_sorts(new QActionGroup(this))
{
    buildFileMenu();
    buildEditMenu();
    buildViewMenu(panels);
    buildThresholdMenu();
    QMenu *devices = buildAnalysisMenu();
    giveContextMenu();
    QToolBar *bar = m_parts.page->actionSet().addToolBar(QStringLiteral("toolBar"), tr("Main tools"),
                                                         {QStringLiteral("openFiles"),
                                                          QStringLiteral("openFolder"),
                                                          {},
                                                          QStringLiteral("undo"),
                                                          QStringLiteral("redo"),
                                                          QStringLiteral("rerun"),
                                                          {},
                                                          QStringLiteral("exportReport")});
    m_device = new DeviceChoice(m_parts.page, m_parts.sources, devices, bar);
}

QAction *AnalysisActions::add(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call)
{
    return m_parts.page->actionSet().add(menu, name, text, key, icon, std::move(call));
}

void AnalysisActions::addFor(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call)
{
    m_needDocument << add(menu, name, text, key, icon, std::move(call));
}

void AnalysisActions::buildFileMenu()
{
    QMenu *menu = m_parts.page->actionSet().addMenu(tr("&File"));
    add(menu, QStringLiteral("openFiles"), tr("&Open files…"), Shortcut::Open, QStringLiteral("open"), [this] { openFiles(); });
    add(menu, QStringLiteral("openFolder"), tr("Open a f&older…"), Shortcut::OpenFolder, QStringLiteral("folder"),
        [this] { openFolder(tr("Open a folder of pictures")); });
    add(menu, QStringLiteral("openIjb"), tr("Open an &IJB folder…"), {}, {},
        [this] { openFolder(tr("Open an IJB-B or IJB-C folder (with meta/ and loose_crop/)")); });
    m_recent = new RecentMenu(tr("Open &recent"), QStringLiteral("recent"), menu, [this](const std::filesystem::path &path) { m_parts.sources->open({path}); });
    menu->addMenu(m_recent);
    connect(m_parts.sources, &AnalysisSources::asked, m_recent, &RecentMenu::remember);
    add(menu, QStringLiteral("openExample"), tr("Open the e&xample"), {}, {}, [this] { openExample(); })->setEnabled(!AnalysisSources::examplePath().empty());
    menu->addSeparator();
    buildExports(menu);
    menu->addSeparator();
    addFor(menu, QStringLiteral("removeSource"), tr("&Remove the chosen source"), {}, {}, [this] {
        const QModelIndex index = m_parts.views->tree()->currentIndex();
        m_parts.sources->remove(index.isValid() ? index.data(GroupModel::SourceRole).toInt() : 0);
    });
    addFor(menu, QStringLiteral("closeAll"), tr("&Close all"), Shortcut::Close, {}, [this] { m_parts.sources->closeAll(); });
    m_parts.page->actionSet().addQuit(menu, QStringLiteral("quit"));
}

void AnalysisActions::buildExports(QMenu *file)
{
    QMenu *menu = file->addMenu(tr("&Export"));
    addFor(menu, QStringLiteral("exportCsv"), tr("Scores as &CSV…"), Shortcut::Export, QStringLiteral("export"), [this] { m_exports.scoresCsv(); });
    addFor(menu, QStringLiteral("exportJson"), tr("Scores as &JSON…"), {}, {}, [this] { m_exports.scoresJson(); });
    QMenu *features = menu->addMenu(tr("Aggregated &features (.npy)"));
    addFor(features, QStringLiteral("exportFeatures_chosen"), tr("As &weighed in the window…"), {}, {}, [this] { m_exports.chosenFeatures(); });
    const std::vector<std::pair<Aggregator, QString>> methods{{Aggregator::Ddl, tr("&DDL…")},
                                                              {Aggregator::DdlPlus, tr("DDL&+…")},
                                                              {Aggregator::DdlNoRescale, tr("DDL without &re-scale…")},
                                                              {Aggregator::Average, tr("&Average…")},
                                                              {Aggregator::Max, tr("&Max…")},
                                                              {Aggregator::Top1, tr("Top-&1…")},
                                                              {Aggregator::TopK, tr("Top-&K (K as in the window)…")}};
    for (const auto &[method, text] : methods)
        addFor(features, QStringLiteral("exportFeatures_%1").arg(toQString(name(method))), text, {}, {},
               [this, method = method] { m_exports.features(method); });
    addFor(menu, QStringLiteral("exportBest"), tr("&Best K pictures of each group…"), {}, {}, [this] { m_exports.best(); });
    QMenu *plots = menu->addMenu(tr("&Plots (PNG, SVG)"));
    for (Plot *plot : m_exports.plots())
        addFor(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
               [this, plot] { m_parts.page->exportPlot(plot); });
    addFor(menu, QStringLiteral("exportReport"), tr("&Report (HTML)…"), Shortcut::Report, QStringLiteral("report"), [this] { m_exports.report(); });
}

void AnalysisActions::buildEditMenu()
{
    ActionSet &set = m_parts.page->actionSet();
    QMenu *menu = set.addMenu(tr("&Edit"));
    set.addUndo(menu, m_parts.state->undoStack(), QStringLiteral("undo"), QStringLiteral("redo"));
    menu->addSeparator();
    ThumbnailWall *wall = m_parts.views->wall()->wall();
    addFor(menu, QStringLiteral("selectAll"), tr("Select &all"), Shortcut::SelectAll, {}, [wall] { wall->selectAll(); });
    addFor(menu, QStringLiteral("copyPaths"), tr("&Copy the paths of the selection"), Shortcut::CopyPaths, QStringLiteral("copy"), [wall] {
        QStringList paths;
        for (const QModelIndex &index : wall->selectionModel()->selectedIndexes())
            paths << index.data(FaceModel::FileRole).toString();
        paths.removeDuplicates();
        QApplication::clipboard()->setText(paths.join(QLatin1Char('\n')));
    });
}

void AnalysisActions::buildViewMenu(DockPanels *panels)
{
    QMenu *menu = m_parts.page->actionSet().addMenu(tr("&View"));
    QMenu *colours = menu->addMenu(tr("&Colours"));
    const std::vector<std::pair<Theme, QString>> themes{{Theme::System, tr("As the &desktop")}, {Theme::Light, tr("&Light")}, {Theme::Dark, tr("D&ark")}};
    for (const auto &[theme, text] : themes)
        ActionSet::makeChoice(
            add(colours, QStringLiteral("theme%1").arg(static_cast<int>(theme)), text, {}, {}, [this, chosen = theme] { Q_EMIT themeChosen(chosen); }),
            static_cast<int>(theme), m_themes);
    QMenu *sorting = menu->addMenu(tr("&Sort by"));
    WallPanel *panel = m_parts.views->wall();
    const FaceModel *faces = m_parts.views->faces();
    const QStringList sorts{tr("&D-score"), tr("&Time"), tr("&Name"), tr("D&etector score"), tr("&Second look"), tr("Second look &minus D-score"),
                            tr("M&otion")};
    for (int sort = 0; sort < sorts.size(); ++sort)
        ActionSet::makeChoice(add(sorting, QStringLiteral("sort%1").arg(sort), sorts[sort], {}, {},
                                  [panel, faces, sort] { panel->setSort(static_cast<FaceModel::Sort>(sort), faces->order()); }),
                              sort, m_sorts);
    sorting->addSeparator();
    add(sorting, QStringLiteral("sortOrder"), tr("&Reverse"), {}, {}, [panel] { panel->reverse(); });
    menu->addSeparator();
    ThumbnailWall *wall = panel->wall();
    add(menu, QStringLiteral("zoomIn"), tr("Larger &thumbnails"), Shortcut::ZoomIn, {}, [wall] { wall->setZoom(wall->zoom() + zoomStep); });
    add(menu, QStringLiteral("zoomOut"), tr("S&maller thumbnails"), Shortcut::ZoomOut, {}, [wall] { wall->setZoom(wall->zoom() - zoomStep); });
    addFor(menu, QStringLiteral("showAllGroups"), tr("Show all &groups"), Shortcut::ShowAll, {}, [this] { m_parts.views->chooseGroup(-1); });
    addFor(menu, QStringLiteral("playPause"), tr("&Play or pause"), Shortcut::PlayPause, {}, [this] { m_parts.views->togglePlay(); });
    menu->addSeparator();
    panels->listIn(menu->addMenu(tr("Pa&nels")));
}

void AnalysisActions::buildThresholdMenu()
{
    QMenu *menu = m_parts.page->actionSet().addMenu(tr("&Threshold"));
    ThresholdState *state = m_parts.state;
    const ThresholdBar *bar = m_parts.views->thresholdBar();
    addFor(menu, QStringLiteral("raise"), tr("&Raise by 0.01"), Shortcut::Raise, {}, [state] { state->step(coarseStep); });
    addFor(menu, QStringLiteral("lower"), tr("&Lower by 0.01"), Shortcut::Lower, {}, [state] { state->step(-coarseStep); });
    addFor(menu, QStringLiteral("raiseFine"), tr("Raise by 0.001"), Shortcut::RaiseFine, {}, [state] { state->step(fineStep); });
    addFor(menu, QStringLiteral("lowerFine"), tr("Lower by 0.001"), Shortcut::LowerFine, {}, [state] { state->step(-fineStep); });
    menu->addSeparator();
    addFor(menu, QStringLiteral("keepBest"), tr("Keep the &best N %…"), Shortcut::KeepBest, {}, [bar] { enter(bar->share()); });
    addFor(menu, QStringLiteral("topKMode"), tr("Top &K of each group…"), Shortcut::TopK, {}, [state, bar] {
        state->setMode(Keep::Mode::TopK);
        enter(bar->topK());
    });
    addFor(menu, QStringLiteral("enoughMode"), tr("Until &enough in each group…"), Shortcut::Enough, {}, [state, bar] {
        state->setMode(Keep::Mode::Enough);
        enter(bar->enough());
    });
    addFor(menu, QStringLiteral("defaultThreshold"), tr("The paper's &default (%1)").arg(QLocale().toString(ThresholdState::defaultThreshold)),
           Shortcut::DefaultThreshold, {}, [state] { state->setThreshold(ThresholdState::defaultThreshold); });
}

QMenu *AnalysisActions::buildAnalysisMenu()
{
    QMenu *menu = m_parts.page->actionSet().addMenu(tr("&Analysis"));
    addFor(menu, QStringLiteral("rerun"), tr("&Run again"), Shortcut::RunAgain, QStringLiteral("rerun"), [this] { m_parts.sources->runAgain(); });
    m_needDocument.back()->setPriority(QAction::LowPriority);
    add(menu, QStringLiteral("cancelJob"), tr("&Cancel"), Shortcut::Cancel, {}, [this] { m_parts.page->cancelJob(); });
    menu->addSeparator();
    QMenu *devices = menu->addMenu(tr("&Device"));
    add(menu, QStringLiteral("settings"), tr("&Models and settings…"), Shortcut::Settings, {}, [this] { showSettings(); });
    add(menu, QStringLiteral("warnings"), tr("&Warnings…"), {}, {}, [this] { showWarnings(); });
    return devices;
}

void AnalysisActions::giveContextMenu()
{
    QTreeView *tree = m_parts.views->tree();
    connect(tree, &QWidget::customContextMenuRequested, this, [this, tree](const QPoint &at) {
        if (!tree->indexAt(at).isValid())
            return;
        auto *popup = new QMenu(tree);
        popup->setAttribute(Qt::WA_DeleteOnClose);
        popup->addAction(m_parts.page->actionSet().find(QStringLiteral("removeSource")));
        popup->popup(tree->viewport()->mapToGlobal(at));
    });
}

void AnalysisActions::update(Theme theme)
{
    const DocumentPtr &document = m_parts.sources->document();
    // Nobody should take half a result for the whole.
    const bool growing = m_parts.sources->isGrowing();
    for (QAction *action : std::as_const(m_needDocument))
        action->setEnabled(document != nullptr && !(growing && action->objectName().startsWith(QStringLiteral("export"))));
    for (QAction *action : m_themes->actions())
        action->setChecked(action->data().toInt() == static_cast<int>(theme));
    m_parts.views->wall()->offerSorts();
    for (QAction *action : m_sorts->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(m_parts.views->faces()->sort()));
        action->setVisible(m_parts.views->faces()->offers(static_cast<FaceModel::Sort>(action->data().toInt())));
    }
}

void AnalysisActions::openFiles()
{
    askForFiles(
        m_parts.page, tr("Open files"),
        {tr("Videos, pictures and lists (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.mpg *.ts *.mxf *.gif *.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.heic "
            "*.avif *.jxl *.csv *.tsv *.lst)"),
         tr("All files (*)")},
        [sources = m_parts.sources](const std::vector<std::filesystem::path> &paths) { sources->open(paths); });
}

void AnalysisActions::openFolder(const QString &title)
{
    askForFolder(m_parts.page, title, [sources = m_parts.sources](const std::filesystem::path &folder) { sources->open({folder}); });
}

void AnalysisActions::openExample()
{
    if (const std::filesystem::path example = AnalysisSources::examplePath(); !example.empty())
        m_parts.sources->open({example});
}

void AnalysisActions::showWarnings()
{
    QStringList warnings = m_parts.sources->told();
    if (const DocumentPtr &document = m_parts.sources->document())
        for (const Source &source : document->analysis().sources)
            for (const std::string &warning : source.warnings)
                warnings << toQString(warning);
    warnings.removeDuplicates();
    makeWarningsDialog(m_parts.page, warnings)->open();
}

void AnalysisActions::showSettings()
{
    AnalysisSources *sources = m_parts.sources;
    auto *dialog = new AnalysisDialog(sources->store(), sources->options(), m_parts.page);
    connect(dialog, &QDialog::accepted, sources, [sources, dialog] {
        sources->options() = dialog->options();
        refuseDamagedPictures(dialog->strict());
        sources->runAgain();
    });
    dialog->open();
}

} // namespace dscope
