// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/labelpage.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/outputfile.h"
#include "core/base/outputlock.h"
#include "ui/convert.h"
#include "ui/jobs/facethumbnails.h"
#include "ui/jobs/job.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/pages/labelsetup.h"
#include "ui/pages/labelview.h"
#include "ui/plots/scatterplot.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace dscope {

LabelPage::LabelPage(ModelStore store, QWidget *parent)
    : Page(QStringLiteral("label"), tr("Label"), tr("Compute and look through the D-scores of a training set"), parent), m_store(std::move(store)),
      m_cache(new ThumbnailCache(this)), m_stack(new QStackedWidget(this)), m_setup(new LabelSetup(this)), m_view(new LabelView(&m_state, m_cache, this))
{
    buildCentre()->addWidget(m_stack, 1);
    m_stack->addWidget(m_setup);
    m_stack->addWidget(m_view);
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    actionSet().addToolBar(QStringLiteral("labelTools"), tr("Label tools"),
                           {QStringLiteral("labelNew"),
                            QStringLiteral("labelOpenTargets"),
                            {},
                            QStringLiteral("labelUndo"),
                            QStringLiteral("labelRedo"),
                            QStringLiteral("labelExclude"),
                            QStringLiteral("labelTakeBack"),
                            {},
                            QStringLiteral("labelSaveExclusions"),
                            QStringLiteral("labelExport")});
    m_setup->readSettings();
    m_setup->setStore(m_store);
    connect(m_setup, &LabelSetup::start, this, &LabelPage::start);
    connect(m_setup, &LabelSetup::stop, this, &Page::cancelJob);
    connect(m_setup, &LabelSetup::back, this, [this] {
        m_stack->setCurrentWidget(m_view);
        updateActions();
        m_view->list()->setFocus();
    });
    connect(m_setup, &LabelSetup::openTargets, this, &LabelPage::askForTargets);
    connect(m_view, &LabelView::choiceChanged, this, &LabelPage::updateActions);
    connect(m_view, &LabelView::message, this, [this](const QString &text) { tell(text, 5000); });
    connect(m_state.undoStack(), &QUndoStack::cleanChanged, this, &LabelPage::updateTitle);
    updateTitle();
    updateActions();
    finishBuilding();
}

LabelPage::~LabelPage()
{
    endAll();
    m_state.disconnect();
    m_state.undoStack()->disconnect();
}

void LabelPage::buildFileMenu()
{
    ActionSet &set = actionSet();
    QMenu *file = set.addMenu(tr("&File"));
    set.add(file, QStringLiteral("labelNew"), tr("&Label a data set…"), Shortcut::New, QStringLiteral("add"), [this] { showSetup(); });
    set.add(file, QStringLiteral("labelOpenTargets"), tr("&Open targets…"), Shortcut::Open, QStringLiteral("open"), [this] { askForTargets(); });
    file->addSeparator();
    m_needSet << set.add(file, QStringLiteral("labelSaveExclusions"), tr("&Save exclusions…"), Shortcut::Save, QStringLiteral("save"),
                         [this] { saveExclusions(); });
    m_needSet << set.add(file, QStringLiteral("labelOpenExclusions"), tr("O&pen exclusions…"), {}, {}, [this] { openExclusions(); });
    m_needSet << set.add(file, QStringLiteral("labelSaveCleaned"), tr("Save the &list without them…"), Shortcut::SaveCleaned, {}, [this] {
        write(tr("Save the list without the excluded pictures"), QStringLiteral("cleaned.csv"), {tr("CSV (*.csv)")},
              [set = m_state.set(), excluded = m_state.excluded()](const std::filesystem::path &path) { writeCleanedList(path, *set, excluded); });
    });
    m_needSet << set.add(file, QStringLiteral("labelExport"), tr("&Export the selection…"), Shortcut::Export, QStringLiteral("export"), [this] {
        write(tr("Export the selection"), QStringLiteral("selection.csv"), {tr("CSV (*.csv)")},
              [set = m_state.set(), pictures = m_state.brushed()](const std::filesystem::path &path) { writePictures(path, *set, pictures); });
    });
    QMenu *plots = file->addMenu(tr("Export a &plot (PNG, SVG)"));
    for (PlainPlot *plot : m_view->plots())
        m_needSet << set.add(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {},
                             [this, plot] { exportPlot(plot); });
    file->addSeparator();
    m_needSet << set.add(file, QStringLiteral("labelClose"), tr("&Close"), Shortcut::Close, {}, [this] { whenSaved([this] { closeSet(); }); });
    set.addQuit(file, QStringLiteral("labelQuit"));
}

void LabelPage::buildEditMenu()
{
    ActionSet &set = actionSet();
    QMenu *edit = set.addMenu(tr("&Edit"));
    set.addUndo(edit, m_state.undoStack(), QStringLiteral("labelUndo"), QStringLiteral("labelRedo"));
    edit->addSeparator();
    m_view->list()->addAction(
        set.add(edit, QStringLiteral("labelExclude"), tr("E&xclude"), Shortcut::Exclude, QStringLiteral("exclude"), [this] { m_view->excludeChosen(true); }));
    m_view->list()->addAction(set.add(edit, QStringLiteral("labelTakeBack"), tr("Take &back"), Shortcut::TakeBack, QStringLiteral("takeback"),
                                      [this] { m_view->excludeChosen(false); }));
    m_needSet << set.add(edit, QStringLiteral("labelSelectAll"), tr("Select &all in the list"), Shortcut::SelectAll, {},
                         [this] { m_view->list()->selectAll(); });
    m_needSet << set.add(edit, QStringLiteral("labelClearBrush"), tr("Show a&ll"), Shortcut::ShowAll, {}, [this] { m_state.clearBrush(); });
}

void LabelPage::buildViewMenu()
{
    ActionSet &set = actionSet();
    QMenu *view = set.addMenu(tr("&View"));
    ScatterPlot *scatter = m_view->scatter();
    m_needSet << set.add(view, QStringLiteral("labelZoomIn"), tr("Zoom &in"), Shortcut::ZoomIn, {}, [scatter] { scatter->zoom(1.25); });
    m_needSet << set.add(view, QStringLiteral("labelZoomOut"), tr("Zoom &out"), Shortcut::ZoomOut, {}, [scatter] { scatter->zoom(0.8); });
    m_needSet << set.add(view, QStringLiteral("labelWhole"), tr("Show &everything"), Shortcut::ZoomWhole, {}, [scatter] { scatter->showAll(); });
}

void LabelPage::updateActions()
{
    const bool shown = m_state.set() && m_stack->currentWidget() == m_view;
    for (QAction *action : std::as_const(m_needSet))
        action->setEnabled(shown);
    for (const char *name : {"labelUndo", "labelRedo"})
        actionSet().find(QLatin1String(name))->setVisible(shown);
    const std::vector<int> &chosen = m_state.chosen();
    const auto excluded = [this](int picture) { return m_state.isExcluded(picture); };
    actionSet().enable(QStringLiteral("labelExclude"), shown && !std::all_of(chosen.begin(), chosen.end(), excluded));
    actionSet().enable(QStringLiteral("labelTakeBack"), shown && std::any_of(chosen.begin(), chosen.end(), excluded));
}

void LabelPage::updateTitle()
{
    const LabelSet *set = m_state.set().get();
    if (set == nullptr) {
        setWindowTitle(tr("Label – Dscope"));
        setWindowModified(false);
        return status()->clear();
    }
    setWindowTitle(tr("%1[*] – Dscope").arg(toQString(set->file().filename())));
    setWindowModified(m_state.isDirty());
    QStringList parts{toQString(set->faces().root), toQString(set->targets().base.name), set->cosine() ? tr("cosine") : tr("Euclidean distance")};
    const DScoreOptions &dscore = set->targets().options.dscore;
    if (dscore.centroids == DScoreOptions::Centroids::Clean)
        parts << tr("clean centres");
    if (dscore.leaveOut != DScoreOptions::LeaveOut::None)
        parts << (dscore.leaveOut == DScoreOptions::LeaveOut::Picture ? tr("without the picture itself") : tr("leave-one-out"));
    if (dscore.atLeastOthers > 0)
        parts << tr("%n other picture(s) at least", nullptr, static_cast<int>(std::min<std::int64_t>(dscore.atLeastOthers, 1'000'000)));
    if (dscore.target != DScoreOptions::Target::Ratio)
        parts << tr("D-score from: %1").arg(toQString(targetWords.wordOf(dscore.target)));
    parts << tr("raw D-score %1 ± %2").arg(QLocale().toString(set->targets().scores.mu, 'f', 3), QLocale().toString(set->targets().scores.sigma, 'f', 3));
    status()->setText(parts.join(QStringLiteral("  ·  ")));
}

void LabelPage::setStore(const ModelStore &store)
{
    m_store = store;
    m_setup->setStore(store);
}

bool LabelPage::isBusy() const
{
    return Page::isBusy() || m_cache->pending() > 0;
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

void LabelPage::open(const std::vector<std::filesystem::path> &paths)
{
    if (opens(paths.front()))
        openTargets(paths.front());
    else
        setData(paths.front());
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

void LabelPage::closeSet()
{
    m_cache->setSource(nullptr);
    m_state.setSet(nullptr);
    showSetup();
}

void LabelPage::start()
{
    const LabelRequest request = m_setup->request();
    m_setup->writeSettings();
    const auto go = [this, request] {
        run(
            tr("Labelling"),
            [request, store = m_store](Progress &progress) {
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
            },
            true);
    };
    whenSaved(go);
}

void LabelPage::openTargets(const std::filesystem::path &file)
{
    whenSaved([this, file] {
        run(
            tr("Opening"), [file](Progress &progress) { return arrange(readLabelSet(file, progress), progress); }, false);
    });
}

void LabelPage::run(const QString &title, std::function<Opened(Progress &)> work, bool labelling)
{
    delete currentJob(); // the newest wish wins
    notices()->clear();
    m_setup->setNote({});
    Job *job = follow(Job::start(this, title, std::move(work), [this](Opened opened) { take(std::move(opened)); }),
                      labelling ? tr("The data set could not be labelled.") : tr("The targets could not be opened."));
    connect(job, &Job::over, this, [this] { m_setup->setRunning(false); });
    connect(job, &Job::cancelled, this,
            [this, labelling] { m_setup->setNote(labelling ? tr("Stopped. What is done so far is kept: the same settings go on from there.") : QString()); });
    connect(job, &Job::finished, this, &LabelPage::opened);
    m_setup->setRunning(labelling);
}

void LabelPage::take(Opened opened)
{
    m_cache->setSource(opened.problem.isEmpty() ? std::move(opened.thumbnails) : nullptr);
    m_stack->setCurrentWidget(m_view);
    m_state.setSet(std::move(opened.set));
    if (!opened.problem.isEmpty())
        notices()->add(opened.problem);
    for (const std::string &warning : m_state.set()->targets().scores.warnings)
        notices()->add(toQString(warning));
    updateTitle();
    updateActions();
    m_view->list()->setFocus();
    m_view->list()->scrollToTop();
}

void LabelPage::askForTargets()
{
    askForFile(this, tr("Open targets"), {tr("Targets (*.targets *.safetensors)"), tr("All files (*)")},
               [this](const std::filesystem::path &file) { openTargets(file); });
}

std::optional<Page::Question> LabelPage::unsaved() const
{
    if (!m_state.isDirty())
        return std::nullopt;
    return Question{tr("Save the exclusions first?"), tr("%n picture(s) are excluded, and the list of them is not saved.", nullptr, m_state.excludedCount())};
}

void LabelPage::save(std::function<void()> then, std::function<void()>)
{
    saveExclusions(std::move(then));
}

std::vector<std::filesystem::path> LabelPage::inputs() const
{
    return {m_state.set()->file()};
}

QString LabelPage::folder() const
{
    return toQString(m_state.set()->file().parent_path());
}

void LabelPage::saveExclusions(std::function<void()> then)
{
    write(
        tr("Save exclusions"), toQString(m_state.set()->file().stem()) + QStringLiteral("-excluded.csv"), {tr("CSV (*.csv)")},
        [set = m_state.set(), pictures = m_state.excludedPictures()](const std::filesystem::path &path) { writePictures(path, *set, pictures); },
        [this, then = std::move(then)] {
            m_state.setSaved();
            if (then)
                then();
        });
}

void LabelPage::openExclusions()
{
    askForFile(this, tr("Open exclusions"), {tr("CSV (*.csv)"), tr("All files (*)")}, [this](const std::filesystem::path &file) {
        try {
            m_state.exclude(readPictures(file, *m_state.set()), true);
        } catch (const std::exception &error) {
            showFailure(tr("The exclusions could not be opened."), toQString(describe(error)));
        }
    });
}

void LabelPage::leave()
{
    m_setup->writeSettings();
}

} // namespace dscope
