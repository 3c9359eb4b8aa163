// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/base/device.h"
#include "core/base/picturefile.h"
#include "ui/convert.h"
#include "ui/dialogs/analysisdialog.h"
#include "ui/dialogs/helpdialogs.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/job.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/views/recentmenu.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>
#include <QUndoStack>

namespace dscope {

namespace {
constexpr double coarseStep = 0.01;
constexpr double fineStep = 0.001;
constexpr int zoomStep = 16;
} // namespace

void AnalysePage::buildActions()
{
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    buildThresholdMenu();
    buildAnalysisMenu();
    buildToolBar();
}

void AnalysePage::buildFileMenu()
{
    QMenu *menu = actionSet().addMenu(tr("&File"));
    addAction(menu, QStringLiteral("openFiles"), tr("&Open files…"), Shortcut::Open, QStringLiteral("open"), [this] { chooseFiles(); });
    addAction(menu, QStringLiteral("openFolder"), tr("Open a f&older…"), Shortcut::OpenFolder, QStringLiteral("folder"),
              [this] { chooseFolder(tr("Open a folder of pictures")); });
    addAction(menu, QStringLiteral("openIjb"), tr("Open an &IJB folder…"), {}, {},
              [this] { chooseFolder(tr("Open an IJB-B or IJB-C folder (with meta/ and loose_crop/)")); });
    m_recent = new RecentMenu(tr("Open &recent"), QStringLiteral("recent"), menu, [this](const std::filesystem::path &path) { openSources({path}); });
    menu->addMenu(m_recent);
    addAction(menu, QStringLiteral("openExample"), tr("Open the e&xample"), {}, {}, [this] { openExample(); })->setEnabled(!examplePath().empty());
    menu->addSeparator();
    buildExportMenu(menu);
    menu->addSeparator();
    m_needDocument << addAction(menu, QStringLiteral("removeSource"), tr("&Remove the chosen source"), {}, {}, [this] {
        const QModelIndex index = m_tree->currentIndex();
        removeSource(index.isValid() ? index.data(GroupModel::SourceRole).toInt() : 0);
    });
    m_needDocument << addAction(menu, QStringLiteral("closeAll"), tr("&Close all"), Shortcut::Close, {}, [this] { closeAll(); });
    actionSet().addQuit(menu, QStringLiteral("quit"));
    connect(m_tree, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
        if (!m_tree->indexAt(at).isValid())
            return;
        auto *popup = new QMenu(m_tree);
        popup->setAttribute(Qt::WA_DeleteOnClose);
        popup->addAction(findChild<QAction *>(QStringLiteral("removeSource")));
        popup->popup(m_tree->viewport()->mapToGlobal(at));
    });
}

void AnalysePage::buildEditMenu()
{
    QMenu *menu = actionSet().addMenu(tr("&Edit"));
    actionSet().addUndo(menu, m_state.undoStack(), QStringLiteral("undo"), QStringLiteral("redo"));
    menu->addSeparator();
    m_needDocument << addAction(menu, QStringLiteral("selectAll"), tr("Select &all faces"), Shortcut::SelectAll, {}, [this] { m_wall->selectAll(); });
    m_needDocument << addAction(menu, QStringLiteral("copyPaths"), tr("&Copy the paths of the selection"), Shortcut::CopyPaths, QStringLiteral("copy"), [this] {
        QStringList paths;
        for (const QModelIndex &index : m_wall->selectionModel()->selectedIndexes())
            paths << index.data(FaceModel::FileRole).toString();
        paths.removeDuplicates();
        QApplication::clipboard()->setText(paths.join(QLatin1Char('\n')));
    });
}

void AnalysePage::buildViewMenu()
{
    QMenu *menu = actionSet().addMenu(tr("&View"));
    QMenu *colours = menu->addMenu(tr("&Colours"));
    m_themeActions = new QActionGroup(this);
    const std::vector<std::pair<Theme, QString>> themes{{Theme::System, tr("As the &desktop")}, {Theme::Light, tr("&Light")}, {Theme::Dark, tr("D&ark")}};
    for (const auto &[theme, text] : themes) {
        QAction *action =
            addAction(colours, QStringLiteral("theme%1").arg(static_cast<int>(theme)), text, {}, {}, [this, chosen = theme] { setTheme(chosen); });
        ActionSet::makeChoice(action, static_cast<int>(theme), m_themeActions);
    }
    QMenu *sorting = menu->addMenu(tr("&Sort by"));
    m_sortActions = new QActionGroup(this);
    const QStringList sorts{tr("&D-score"), tr("&Time"), tr("&Name"), tr("D&etector score"), tr("&Second look"), tr("Second look &minus D-score")};
    for (int sort = 0; sort < sorts.size(); ++sort) {
        QAction *action = addAction(sorting, QStringLiteral("sort%1").arg(sort), sorts[sort], {}, {}, [this, sort] { setSort(sort, m_faces->order()); });
        ActionSet::makeChoice(action, sort, m_sortActions);
    }
    sorting->addSeparator();
    addAction(sorting, QStringLiteral("sortOrder"), tr("&Reverse"), {}, {},
              [this] { setSort(static_cast<int>(m_faces->sort()), m_faces->order() == Qt::AscendingOrder ? Qt::DescendingOrder : Qt::AscendingOrder); });
    menu->addSeparator();
    addAction(menu, QStringLiteral("zoomIn"), tr("Larger &thumbnails"), Shortcut::ZoomIn, {}, [this] { m_wall->setZoom(m_wall->zoom() + zoomStep); });
    addAction(menu, QStringLiteral("zoomOut"), tr("S&maller thumbnails"), Shortcut::ZoomOut, {}, [this] { m_wall->setZoom(m_wall->zoom() - zoomStep); });
    m_needDocument << addAction(menu, QStringLiteral("showAllGroups"), tr("Show all &groups"), Shortcut::ShowAll, {}, [this] { chooseGroup(-1); });
    m_needDocument << addAction(menu, QStringLiteral("playPause"), tr("&Play or pause"), Shortcut::PlayPause, {}, [this] { togglePlay(); });
    menu->addSeparator();
    m_panels = menu->addMenu(tr("Pa&nels"));
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        m_panels->addAction(dock->toggleViewAction());
}

void AnalysePage::buildThresholdMenu()
{
    QMenu *menu = actionSet().addMenu(tr("&Threshold"));
    m_needDocument << addAction(menu, QStringLiteral("raise"), tr("&Raise by 0.01"), Shortcut::Raise, {}, [this] { m_state.step(coarseStep); });
    m_needDocument << addAction(menu, QStringLiteral("lower"), tr("&Lower by 0.01"), Shortcut::Lower, {}, [this] { m_state.step(-coarseStep); });
    m_needDocument << addAction(menu, QStringLiteral("raiseFine"), tr("Raise by 0.001"), Shortcut::RaiseFine, {}, [this] { m_state.step(fineStep); });
    m_needDocument << addAction(menu, QStringLiteral("lowerFine"), tr("Lower by 0.001"), Shortcut::LowerFine, {}, [this] { m_state.step(-fineStep); });
    menu->addSeparator();
    m_needDocument << addAction(menu, QStringLiteral("keepBest"), tr("Keep the &best N %…"), Shortcut::KeepBest, {}, [this] {
        m_thresholdBar->share()->setFocus(Qt::ShortcutFocusReason);
        m_thresholdBar->share()->selectAll();
    });
    m_needDocument << addAction(menu, QStringLiteral("topKMode"), tr("Top &K of each group…"), Shortcut::TopK, {}, [this] {
        m_state.setMode(Keep::Mode::TopK);
        m_thresholdBar->topK()->setFocus(Qt::ShortcutFocusReason);
        m_thresholdBar->topK()->selectAll();
    });
    m_needDocument << addAction(menu, QStringLiteral("enoughMode"), tr("Until &enough in each group…"), Shortcut::Enough, {}, [this] {
        m_state.setMode(Keep::Mode::Enough);
        m_thresholdBar->enough()->setFocus(Qt::ShortcutFocusReason);
        m_thresholdBar->enough()->selectAll();
    });
    m_needDocument << addAction(menu, QStringLiteral("defaultThreshold"),
                                tr("The paper's &default (%1)").arg(QLocale().toString(ThresholdState::defaultThreshold)), Shortcut::DefaultThreshold, {},
                                [this] { m_state.setThreshold(ThresholdState::defaultThreshold); });
}

void AnalysePage::buildAnalysisMenu()
{
    QMenu *menu = actionSet().addMenu(tr("&Analysis"));
    m_needDocument << addAction(menu, QStringLiteral("rerun"), tr("&Run again"), Shortcut::RunAgain, QStringLiteral("rerun"), [this] { runAgain(); });
    actionSet().find(QStringLiteral("rerun"))->setPriority(QAction::LowPriority);
    addAction(menu, QStringLiteral("cancelJob"), tr("&Cancel"), Shortcut::Cancel, {}, [this] { cancelJob(); });
    menu->addSeparator();
    m_deviceMenu = menu->addMenu(tr("&Device"));
    m_deviceActions = new QActionGroup(this);
    addAction(menu, QStringLiteral("settings"), tr("&Models and settings…"), Shortcut::Settings, {}, [this] { showSettings(); });
    addAction(menu, QStringLiteral("warnings"), tr("&Warnings…"), {}, {}, [this] { showWarnings(); });
}

void AnalysePage::buildToolBar()
{
    QToolBar *bar = actionSet().addToolBar(QStringLiteral("toolBar"), tr("Main tools"),
                                           {QStringLiteral("openFiles"),
                                            QStringLiteral("openFolder"),
                                            {},
                                            QStringLiteral("undo"),
                                            QStringLiteral("redo"),
                                            QStringLiteral("rerun"),
                                            {},
                                            QStringLiteral("exportReport")});
    auto *space = new QWidget(bar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    auto *caption = new QLabel(tr("Device"), bar);
    caption->setContentsMargins(0, 0, 6, 0);
    bar->addWidget(caption);
    m_device = new QComboBox(bar);
    m_device->setObjectName(QStringLiteral("device"));
    m_device->setAccessibleName(tr("Device"));
    m_device->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
    bar->addWidget(m_device);
    connect(m_device, &QComboBox::activated, this, [this] { setDevice(m_device->currentData().toString().toStdString()); });
}

void AnalysePage::findDevices()
{
    // Loading libtorch's CUDA part takes a second or two, so not on this thread.
    using Found = std::pair<std::vector<DeviceInfo>, std::string>;
    Job::start(
        this, tr("Looking for devices"),
        [](Progress &) {
            return Found{availableDevices(), loadCuda()};
        },
        [this](const Found &found) {
            m_deviceFound = toQString(found.second);
            m_device->setToolTip(m_deviceFound);
            for (QAction *action : m_deviceActions->actions())
                delete action;
            m_device->clear();
            const auto add = [this](const QString &text, const QString &name) {
                m_device->addItem(text, name);
                QAction *action = addAction(m_deviceMenu, {}, text, {}, {}, [this, name] { setDevice(name.toStdString()); });
                ActionSet::makeChoice(action, name, m_deviceActions);
            };
            add(tr("Automatic"), QStringLiteral("auto"));
            for (const DeviceInfo &info : found.first)
                add(info.memoryBytes > 0 ? tr("%1 (%2)").arg(toQString(info.label), QLocale().formattedDataSize(info.memoryBytes, 0)) : toQString(info.label),
                    toQString(info.device.name()));
            // One that was asked for and is not there stays visible, so that the failure to come has a cause to be seen.
            const QString wanted = toQString(m_options.device);
            if (m_device->findData(wanted) < 0)
                add(tr("%1 (not there)").arg(wanted), wanted);
            m_device->setCurrentIndex(m_device->findData(wanted));
            updateActions();
        });
}

void AnalysePage::setDevice(const std::string &name)
{
    if (name == m_options.device)
        return;
    m_options.device = name;
    m_device->setCurrentIndex(m_device->findData(toQString(name)));
    updateActions();
    runAgain();
}

void AnalysePage::followPalette()
{
    m_play->setIcon(themedIcon(m_frames->isPlaying() ? QStringLiteral("pause") : QStringLiteral("play"), palette()));
    m_order->setIcon(themedIcon(m_faces->order() == Qt::AscendingOrder ? QStringLiteral("ascending") : QStringLiteral("descending"), palette()));
}

void AnalysePage::updateActions()
{
    // Nobody should take half a result for the whole.
    for (QAction *action : std::as_const(m_needDocument))
        action->setEnabled(m_document != nullptr && !(m_growing && action->objectName().startsWith(QStringLiteral("export"))));
    for (QAction *action : m_themeActions->actions())
        action->setChecked(action->data().toInt() == static_cast<int>(m_theme));
    const bool looksTwice = m_document && m_document->live().hasSecondLook();
    for (QAction *action : m_sortActions->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(m_faces->sort()));
        const bool bySecond = action->data().toInt() >= static_cast<int>(FaceModel::Sort::Second);
        action->setEnabled(looksTwice || !bySecond);
        if (auto *items = qobject_cast<QStandardItemModel *>(m_sort->model()); items != nullptr && bySecond)
            items->item(action->data().toInt())->setEnabled(looksTwice);
    }
    for (QAction *action : m_deviceActions->actions())
        action->setChecked(action->data().toString() == toQString(m_options.device));
}

QVector<std::pair<QString, QString>> AnalysePage::furtherKeys() const
{
    return {{tr("Thumbnails larger or smaller"), tr("Ctrl+wheel")}, {tr("Zoom the timeline; drag it; whole again"), tr("wheel; drag; double click")}};
}

void AnalysePage::showWarnings()
{
    QStringList warnings = m_told;
    if (m_document)
        for (const Source &source : m_document->analysis().sources)
            for (const std::string &warning : source.warnings)
                warnings << toQString(warning);
    warnings.removeDuplicates();
    makeWarningsDialog(this, warnings)->open();
}

void AnalysePage::showSettings()
{
    auto *dialog = new AnalysisDialog(m_store, m_options, this);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_options = dialog->options();
        refuseDamagedPictures(dialog->strict());
        runAgain();
    });
    dialog->open();
}

} // namespace dscope
