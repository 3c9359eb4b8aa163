// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/labelpage.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/outputfile.h"
#include "core/base/outputlock.h"
#include "ui/convert.h"
#include "ui/jobs/facethumbnails.h"
#include "ui/jobs/job.h"
#include "ui/plots/labelhistogram.h"
#include "ui/plots/scatterplot.h"
#include "ui/theme.h"
#include "ui/views/jobbar.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace dscope {

namespace {
constexpr int messageMs = 8000;
}

QAction *LabelPage::addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon,
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

void LabelPage::buildActions()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    addAction(file, QStringLiteral("labelNew"), tr("&Label a data set…"), {QKeySequence::New}, QStringLiteral("add"), [this] { showSetup(); });
    addAction(file, QStringLiteral("labelOpenTargets"), tr("&Open targets…"), {QKeySequence::Open}, QStringLiteral("open"), [this] { askForTargets(); });
    file->addSeparator();
    m_needSet << addAction(file, QStringLiteral("labelSaveExclusions"), tr("&Save exclusions…"), {QKeySequence::Save}, QStringLiteral("save"),
                           [this] { saveExclusions(); });
    m_needSet << addAction(file, QStringLiteral("labelOpenExclusions"), tr("O&pen exclusions…"), {}, {}, [this] { openExclusions(); });
    m_needSet << addAction(file, QStringLiteral("labelSaveCleaned"), tr("Save the &list without them…"), {QKeySequence(tr("Ctrl+Shift+S"))}, {}, [this] {
        askForFile(tr("Save the list without the excluded pictures"), QStringLiteral("cleaned.csv"),
                   [set = m_state.set(), excluded = m_state.excluded()](const std::filesystem::path &path) { writeCleanedList(path, *set, excluded); });
    });
    m_needSet << addAction(file, QStringLiteral("labelExport"), tr("&Export the selection…"), {QKeySequence(tr("Ctrl+E"))}, QStringLiteral("export"), [this] {
        askForFile(tr("Export the selection"), QStringLiteral("selection.csv"),
                   [set = m_state.set(), pictures = m_state.brushed()](const std::filesystem::path &path) { writePictures(path, *set, pictures); });
    });
    QMenu *plots = file->addMenu(tr("Export a &plot (PNG, SVG)"));
    for (PlainPlot *plot : std::initializer_list<PlainPlot *>{m_scatter, m_histogram})
        m_needSet << addAction(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {}, [this, plot] {
            askForFile(tr("Export a plot"), plot->objectName() + QStringLiteral(".png"), [plot](const std::filesystem::path &path) {
                if (path.extension() == ".svg")
                    plot->saveSvg(toQString(path));
                else
                    plot->savePng(toQString(path));
            });
        });
    file->addSeparator();
    m_needSet << addAction(file, QStringLiteral("labelClose"), tr("&Close"), {QKeySequence::Close}, {}, [this] {
        whenSaved([this] {
            m_cache->setSource(nullptr);
            m_state.setSet(nullptr);
            showSetup();
        });
    });
    addAction(file, QStringLiteral("labelQuit"), tr("&Quit"), {QKeySequence::Quit}, {}, [this] { window()->close(); });

    QMenu *edit = menuBar()->addMenu(tr("&Edit"));
    QAction *undo = m_state.undoStack()->createUndoAction(this, tr("&Undo"));
    undo->setObjectName(QStringLiteral("labelUndo"));
    undo->setShortcuts(QKeySequence::Undo);
    QAction *redo = m_state.undoStack()->createRedoAction(this, tr("&Redo"));
    redo->setObjectName(QStringLiteral("labelRedo"));
    redo->setShortcuts(QKeySequence::Redo);
    m_icons.append({undo, QStringLiteral("undo")});
    m_icons.append({redo, QStringLiteral("redo")});
    edit->addAction(undo);
    edit->addAction(redo);
    edit->addSeparator();
    addAction(edit, QStringLiteral("labelExclude"), tr("E&xclude"), {QKeySequence::Delete}, QStringLiteral("exclude"), [this] { excludeChosen(true); });
    addAction(edit, QStringLiteral("labelTakeBack"), tr("Take &back"), {QKeySequence(Qt::SHIFT | Qt::Key_Delete)}, QStringLiteral("takeback"),
              [this] { excludeChosen(false); });
    m_needSet << addAction(edit, QStringLiteral("labelSelectAll"), tr("Select &all in the list"), {QKeySequence::SelectAll}, {},
                           [this] { m_list->selectAll(); });
    m_needSet << addAction(edit, QStringLiteral("labelClearBrush"), tr("Show a&ll"), {QKeySequence(Qt::Key_Escape)}, {}, [this] { m_state.clearBrush(); });

    QMenu *view = menuBar()->addMenu(tr("&View"));
    m_needSet << addAction(view, QStringLiteral("labelZoomIn"), tr("Zoom &in"), {QKeySequence::ZoomIn, QKeySequence(tr("Ctrl+="))}, {},
                           [this] { m_scatter->zoom(1.25); });
    m_needSet << addAction(view, QStringLiteral("labelZoomOut"), tr("Zoom &out"), {QKeySequence::ZoomOut}, {}, [this] { m_scatter->zoom(0.8); });
    m_needSet << addAction(view, QStringLiteral("labelWhole"), tr("Show &everything"), {QKeySequence(tr("Ctrl+0"))}, {}, [this] { m_scatter->showAll(); });

    QToolBar *bar = QMainWindow::addToolBar(tr("Label tools"));
    bar->setObjectName(QStringLiteral("labelTools"));
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
    take("labelNew", true);
    take("labelOpenTargets", true);
    bar->addSeparator();
    take("labelUndo", false);
    take("labelRedo", false);
    take("labelExclude", true);
    take("labelTakeBack", true);
    bar->addSeparator();
    take("labelSaveExclusions", true);
    take("labelExport", true);
    for (const char *name : {"labelExclude", "labelTakeBack"})
        m_list->addAction(findChild<QAction *>(QLatin1String(name)));
    updateIcons();
}

void LabelPage::updateIcons()
{
    for (const auto &[action, icon] : m_icons)
        action->setIcon(themedIcon(icon, palette()));
    for (const auto &[name, icon] : {std::pair{"scatterBrush", "select"}, std::pair{"scatterMove", "move"}, std::pair{"scatterWhole", "whole"}})
        findChild<QToolButton *>(QLatin1String(name))->setIcon(themedIcon(QLatin1String(icon), palette()));
}

void LabelPage::updateActions()
{
    const bool shown = m_state.set() && m_stack->currentWidget() == m_result;
    for (QAction *action : std::as_const(m_needSet))
        action->setEnabled(shown);
    for (QAction *action : {findChild<QAction *>(QStringLiteral("labelUndo")), findChild<QAction *>(QStringLiteral("labelRedo"))})
        if (action != nullptr)
            action->setVisible(shown);
    const std::vector<int> &chosen = m_state.chosen();
    const auto excluded = [this](int picture) { return m_state.isExcluded(picture); };
    if (auto *exclude = findChild<QAction *>(QStringLiteral("labelExclude")); exclude != nullptr)
        exclude->setEnabled(shown && !std::all_of(chosen.begin(), chosen.end(), excluded));
    if (auto *back = findChild<QAction *>(QStringLiteral("labelTakeBack")); back != nullptr)
        back->setEnabled(shown && std::any_of(chosen.begin(), chosen.end(), excluded));
}

bool LabelPage::opens(const std::filesystem::path &file)
{
    if (file.extension() == ".targets")
        return true;
    if (file.extension() != ".safetensors")
        return false;
    // The description stands first in the header, before the tensors.
    const std::vector<std::uint8_t> bytes = firstBytes(file, 4096);
    const std::string_view start(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return start.find("\"dscope.targets\"") != std::string::npos;
}

LabelPage::Opened LabelPage::arrange(LabelSetPtr set, Progress &progress)
{
    Opened opened{std::move(set), nullptr, {}};
    try {
        opened.thumbnails = std::make_shared<FaceThumbnails>(opened.set, progress);
        std::error_code problem;
        if (!std::filesystem::exists(opened.set->faces().root, problem))
            throw FileError(opened.set->faces().root, "is not there, so the pictures cannot be shown. The scores can.");
    } catch (const Error &error) {
        opened.problem = toQString(std::string(error.what()));
    }
    return opened;
}

void LabelPage::setData(const std::filesystem::path &path)
{
    showSetup();
    m_setup->setData(path);
}

void LabelPage::showSetup()
{
    m_stack->setCurrentWidget(m_setup);
    m_setup->updateState();
    m_setup->setBackPossible(m_state.set() != nullptr);
    updateTitle();
    updateActions();
}

void LabelPage::start()
{
    const LabelRequest request = m_setup->request();
    m_setup->writeSettings();
    const auto go = [this, request] {
        m_labelling = true;
        run(tr("Labelling"), [request, store = m_store](Progress &progress) {
            // The same lock as the command's, on the same file.
            const std::filesystem::path out = fileTarget(request.out);
            const OutputLock lock(out);
            const FaceList faces = readFaceList(request.data, {}, progress);
            const ModelSpec spec = request.base.empty() ? store.best(Role::Base) : store.find(request.base, Role::Base);
            const auto base = Network::load(spec, parseDevice("auto"));
            // As `dscope label` does it, so that each takes up what the other has begun.
            const std::filesystem::path work = out.string() + ".work";
            LabelOptions options = request.options;
            options.dscore = suitedTo(faces.labels, options.dscore, request.choice);
            Targets targets = labelFaces(faces, *base, options, base->device(), work, progress);
            writeTargets(out, targets);
            std::error_code ignored;
            std::filesystem::remove_all(work, ignored);
            return arrange(std::make_shared<const LabelSet>(std::move(targets), request.out), progress);
        });
    };
    whenSaved(go);
}

void LabelPage::openTargets(const std::filesystem::path &file)
{
    whenSaved([this, file] {
        m_labelling = false;
        run(tr("Opening"), [file](Progress &progress) { return arrange(readLabelSet(file, progress), progress); });
    });
}

void LabelPage::run(const QString &title, std::function<Opened(Progress &)> work)
{
    delete m_job; // the newest wish wins
    m_notices->clear();
    m_setup->setNote({});
    m_job = Job::start(this, title, std::move(work), [this](Opened opened) { take(std::move(opened)); });
    connect(m_job, &Job::notice, this, [this](const QString &text) { m_notices->add(text); });
    connect(m_job, &Job::failed, this, [this, labelling = m_labelling](const QString &detail) {
        m_job = nullptr;
        m_setup->setRunning(false);
        showFailure(labelling ? tr("The data set could not be labelled.") : tr("The targets could not be opened."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_job, &Job::cancelled, this, [this, labelling = m_labelling] {
        m_job = nullptr;
        m_setup->setRunning(false);
        m_setup->setNote(labelling ? tr("Stopped. What is done so far is kept: the same settings go on from there.") : QString());
    });
    connect(m_job, &Job::finished, this, [this] {
        m_job = nullptr;
        m_setup->setRunning(false);
        Q_EMIT opened();
    });
    m_setup->setRunning(m_labelling);
    m_jobBar->follow(m_job);
}

void LabelPage::take(Opened opened)
{
    m_cache->setSource(opened.problem.isEmpty() ? std::move(opened.thumbnails) : nullptr);
    m_stack->setCurrentWidget(m_result);
    m_state.setSet(std::move(opened.set));
    if (!opened.problem.isEmpty())
        m_notices->add(opened.problem);
    for (const std::string &warning : m_state.set()->targets().scores.warnings)
        m_notices->add(toQString(warning));
    updateTitle();
    updateActions();
    m_list->setFocus();
    m_list->scrollToTop();
}

void LabelPage::askForTargets()
{
    auto *dialog = new QFileDialog(this, tr("Open targets"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Targets (*.targets *.safetensors)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) { openTargets(toPath(file)); });
    dialog->open();
}

void LabelPage::whenSaved(std::function<void()> then)
{
    if (!m_state.isDirty())
        return then();
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("Save the exclusions first?"),
                                QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("saveQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(tr("%n picture(s) are excluded, and the list of them is not saved.", nullptr, m_state.excludedCount()));
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then)](int answer) {
        if (answer == QMessageBox::Save)
            return saveExclusions(then);
        if (answer != QMessageBox::Discard)
            return;
        m_state.setSaved();
        then();
    });
    box->open();
}

void LabelPage::askForFile(const QString &title, const QString &name, std::function<void(const std::filesystem::path &)> write, std::function<void()> then)
{
    auto *dialog = new QFileDialog(this, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    const QString suffix = QFileInfo(name).suffix();
    dialog->setNameFilters(suffix == QStringLiteral("csv") ? QStringList{tr("CSV (*.csv)")}
                                                           : QStringList{tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)")});
    dialog->setDefaultSuffix(suffix);
    dialog->setDirectory(toQString(m_state.set()->file().parent_path()));
    dialog->selectFile(name);
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog](const QString &chosen) { dialog->setDefaultSuffix(chosen.section(QStringLiteral("*."), 1).section(QLatin1Char(')'), 0, 0)); });
    connect(dialog, &QFileDialog::fileSelected, this, [this, write = std::move(write), then = std::move(then)](const QString &file) {
        try {
            refuseInput(toPath(file), {m_state.set()->file()});
            if (file.endsWith(QStringLiteral(".csv"), Qt::CaseInsensitive))
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

void LabelPage::saveExclusions(std::function<void()> then)
{
    const QString name = toQString(m_state.set()->file().stem()) + QStringLiteral("-excluded.csv");
    askForFile(
        tr("Save exclusions"), name,
        [set = m_state.set(), pictures = m_state.excludedPictures()](const std::filesystem::path &path) { writePictures(path, *set, pictures); },
        [this, then = std::move(then)] {
            m_state.setSaved();
            if (then)
                then();
        });
}

void LabelPage::openExclusions()
{
    auto *dialog = new QFileDialog(this, tr("Open exclusions"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("CSV (*.csv)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        try {
            m_state.exclude(readPictures(toPath(file), *m_state.set()), true);
        } catch (const std::exception &error) {
            showFailure(tr("The exclusions could not be opened."), toQString(describe(error)));
        }
    });
    dialog->open();
}

void LabelPage::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

void LabelPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.front().isLocalFile())
        event->acceptProposedAction();
}

void LabelPage::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() != 1 || !urls.front().isLocalFile())
        return;
    event->acceptProposedAction();
    const std::filesystem::path path = toPath(urls.front().toLocalFile());
    if (opens(path))
        openTargets(path);
    else
        setData(path);
}

void LabelPage::closeEvent(QCloseEvent *event)
{
    if (m_state.isDirty()) {
        event->ignore();
        return whenSaved([this] { window()->close(); });
    }
    if (m_job)
        m_job->cancel();
    m_setup->writeSettings();
    event->accept();
}

} // namespace dscope
