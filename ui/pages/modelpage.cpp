// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/modelpage.h"

#include "core/base/error.h"
#include "core/image/reader.h"
#include "ui/convert.h"
#include "ui/delegates/roomydelegate.h"
#include "ui/jobs/job.h"
#include "ui/models/modellist.h"
#include "ui/pages/modelview.h"
#include "ui/views/inputeditor.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <utility>

namespace dscope {

namespace {
constexpr double timingSeconds = 1;
}

ModelPage::ModelPage(ModelStore store, QWidget *parent)
    : Page(QStringLiteral("models"), tr("Models"), tr("Add, inspect, try and time networks"), parent), m_store(std::move(store)), m_list(new ModelList(this)),
      m_view(new ModelView(this))
{
    setWindowTitle(tr("Models[*] – Dscope"));
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    buildCentre()->addWidget(across, 1);
    buildList(across);
    across->addWidget(m_models);
    across->addWidget(m_view);
    across->setStretchFactor(1, 1);
    across->setSizes({400, 1000});
    QStringList folders;
    for (const std::filesystem::path &folder : m_store.searched())
        folders << toQString(folder);
    status()->setObjectName(QStringLiteral("searched"));
    status()->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    status()->setText(tr("Searched: %1").arg(folders.join(QStringLiteral(", "))));
    status()->setToolTip(folders.join(QLatin1Char('\n')));
    buildActions();
    connect(m_view, &ModelView::saveWanted, this, &ModelPage::saveInput);
    connect(m_view, &ModelView::pictureWanted, this, &ModelPage::askForPicture);
    connect(m_view, &ModelView::timingWanted, this, &ModelPage::time);
    connect(m_view->input()->undoStack(), &QUndoStack::cleanChanged, this, &ModelPage::updateActions);
    m_list->setStore(m_store);
    if (m_list->rowCount() > 0)
        m_models->setCurrentIndex(m_list->index(0, 0));
    updateActions();
    finishBuilding();
}

ModelPage::~ModelPage()
{
    endAll();
    m_view->input()->undoStack()->disconnect();
}

void ModelPage::buildList(QWidget *parent)
{
    m_models = new QTreeView(parent);
    m_models->setObjectName(QStringLiteral("models"));
    m_models->setAccessibleName(tr("Models"));
    m_models->setModel(m_list);
    m_models->setItemDelegate(new RoomyDelegate(10, m_models));
    m_models->setRootIsDecorated(false);
    m_models->setUniformRowHeights(true);
    m_models->setAllColumnsShowFocus(true);
    m_models->header()->setSectionResizeMode(ModelList::NameColumn, QHeaderView::Stretch);
    m_models->header()->setSectionResizeMode(ModelList::RoleColumn, QHeaderView::ResizeToContents);
    m_models->header()->setSectionResizeMode(ModelList::StateColumn, QHeaderView::ResizeToContents);
    m_models->header()->setStretchLastSection(false);
    connect(m_models->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &now, const QModelIndex &before) {
        if (m_choosing || !now.isValid() || now.row() == before.row())
            return;
        const std::string wanted = m_list->model(now.row()).name;
        whenSaved([this, wanted] { choose(wanted); }, [this] { choose(m_view->spec().name); });
    });
}

void ModelPage::buildActions()
{
    ActionSet &set = actionSet();
    QMenu *file = set.addMenu(tr("&File"));
    set.add(file, QStringLiteral("modelAdd"), tr("&Add models…"), Shortcut::Open, QStringLiteral("add"), [this] { askForModels(); });
    set.add(file, QStringLiteral("modelRemove"), tr("&Remove from the list"), Shortcut::Exclude, QStringLiteral("exclude"), [this] { removeChosen(); });
    set.add(file, QStringLiteral("modelSave"), tr("&Save the input"), Shortcut::Save, QStringLiteral("save"), [this] { saveInput(); });
    file->addSeparator();
    set.addQuit(file, QStringLiteral("modelQuit"));
    set.addUndo(set.addMenu(tr("&Edit")), m_view->input()->undoStack(), QStringLiteral("modelUndo"), QStringLiteral("modelRedo"));
    QMenu *run = set.addMenu(tr("&Run"));
    set.add(run, QStringLiteral("modelTry"), tr("&Try on a picture…"), Shortcut::Try, QStringLiteral("open"), [this] { askForPicture(); });
    set.add(run, QStringLiteral("modelTime"), tr("Ti&me it"), Shortcut::RunAgain, QStringLiteral("timer"), [this] { time(); });
    set.add(run, QStringLiteral("modelCancel"), tr("&Cancel"), Shortcut::Cancel, {}, [this] { cancelJob(); });
    set.addToolBar(QStringLiteral("modelTools"), tr("Model tools"),
                   {QStringLiteral("modelAdd"),
                    QStringLiteral("modelRemove"),
                    {},
                    QStringLiteral("modelUndo"),
                    QStringLiteral("modelRedo"),
                    QStringLiteral("modelSave"),
                    {},
                    QStringLiteral("modelTry"),
                    QStringLiteral("modelTime")});
}

void ModelPage::updateActions()
{
    const bool there = m_view->spec().available();
    const bool network = there && m_view->spec().role != Role::Detector;
    const bool dirty = !m_view->input()->undoStack()->isClean();
    m_view->input()->setEnabled(there);
    const int row = m_list->rowOf(m_view->spec().name);
    actionSet().enable(QStringLiteral("modelRemove"), row >= 0 && m_list->index(row, 0).data(ModelList::AddedRole).toBool());
    for (const char *name : {"modelSave", "saveInput"})
        actionSet().enable(QLatin1String(name), there && dirty);
    for (const char *name : {"modelTry", "choosePicture", "modelTime", "timeIt"})
        actionSet().enable(QLatin1String(name), network);
    actionSet().enable(QStringLiteral("modelCancel"), currentJob() != nullptr);
    setWindowModified(dirty);
}

void ModelPage::choose(const std::string &name)
{
    const int row = m_list->rowOf(name);
    if (row < 0)
        return;
    m_choosing = true;
    m_models->setCurrentIndex(m_list->index(row, 0));
    m_choosing = false;
    if (m_list->model(row).name != m_view->spec().name || m_list->model(row).path != m_view->spec().path)
        showModel(m_list->model(row));
}

const std::string &ModelPage::chosen() const
{
    return m_view->spec().name;
}

void ModelPage::showModel(const ModelSpec &spec)
{
    m_view->setSpec(spec);
    updateActions();
    inspect();
}

void ModelPage::run(const std::function<Job *()> &start, const QString &headline)
{
    delete currentJob();
    connect(follow(start(), headline), &Job::over, this, &ModelPage::updateActions);
    updateActions();
}

void ModelPage::inspect()
{
    run(
        [this] {
            return Job::start(
                this, tr("Looking into the model"), [spec = m_view->spec()](Progress &progress) { return inspectModel(spec, progress); },
                [this](ModelInsight insight) {
                    m_view->setInsight(std::move(insight));
                    updateActions();
                    Q_EMIT inspected();
                });
        },
        tr("The model could not be looked into."));
}

void ModelPage::tryOn(const std::filesystem::path &picture)
{
    if (!m_view->spec().available())
        return;
    m_view->showTrial();
    // With the input as the fields have it now, saved or not.
    run(
        [this, picture] {
            return Job::start(
                this, tr("Trying"),
                [spec = m_view->input()->spec(), store = m_store, picture](Progress &progress) { return tryModel(spec, store, picture, progress); },
                [this](const ModelTrial &trial) {
                    m_view->setTrial(trial);
                    Q_EMIT tried();
                });
        },
        tr("The picture could not be tried."));
}

void ModelPage::time()
{
    if (!m_view->spec().available())
        return;
    m_view->showSpeed();
    run(
        [this] {
            return Job::start(
                this, tr("Timing"),
                [spec = m_view->input()->spec()](Progress &progress) { return timeModel(spec, availableDevices(), timingSeconds, progress); },
                [this](const std::vector<ModelTiming> &timings) {
                    m_view->setTimings(timings);
                    Q_EMIT timed();
                });
        },
        tr("The model could not be timed."));
}

void ModelPage::readStore()
{
    // The same folders once more, those of the command line among them.
    m_store = ModelStore(std::vector<std::filesystem::path>(m_store.searched()));
    m_choosing = true;
    m_list->setStore(m_store);
    m_choosing = false;
    Q_EMIT storeChanged(m_store);
}

void ModelPage::askForModels()
{
    askForFiles(this, tr("Add models"), {tr("Models (*.safetensors *.onnx *.pt *.pth)"), tr("All files (*)")},
                [this](const std::vector<std::filesystem::path> &files) { addFiles(files); });
}

void ModelPage::addFiles(const std::vector<std::filesystem::path> &files)
{
    whenSaved([this, files] {
        for (const std::filesystem::path &file : files) {
            if (isTorchScript(file))
                askForTrust(file);
            else
                add(file, false);
        }
    });
}

void ModelPage::add(const std::filesystem::path &file, bool trusted)
{
    try {
        addModel(file, trusted);
        readStore();
        // Under the name that the store gave it.
        for (int row = 0; row < m_list->rowCount(); ++row) {
            std::error_code problem;
            if (std::filesystem::equivalent(m_list->model(row).path, file, problem))
                choose(m_list->model(row).name);
        }
    } catch (const std::exception &error) {
        fail(tr("The model could not be added."), toQString(describe(error)));
    }
}

void ModelPage::askForTrust(const std::filesystem::path &file)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), tr("Do you trust the origin of %1?").arg(toQString(file.filename())),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("trustQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("It is a TorchScript file. Unlike safetensors and ONNX, such a file is a program: when it is used it can do on this computer "
                               "whatever you can. Add it only if you know who made it. It stays trusted as long as its content does not change.\n\n%1")
                                .arg(toQString(file)));
    QPushButton *yes = box->addButton(tr("I trust it: add it"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("trustYes"));
    QPushButton *no = box->addButton(tr("Do not add it"), QMessageBox::RejectRole);
    no->setObjectName(QStringLiteral("trustNo"));
    box->setDefaultButton(no);
    box->setEscapeButton(no);
    connect(box, &QMessageBox::buttonClicked, this, [this, yes, file](QAbstractButton *button) {
        if (button == yes)
            add(file, true);
    });
    box->open();
}

void ModelPage::removeChosen()
{
    try {
        removeModel(m_view->spec().path);
    } catch (const std::exception &error) {
        return showFailure(tr("The model could not be removed."), toQString(describe(error)));
    }
    m_view->input()->undoStack()->setClean();
    readStore();
    if (m_list->rowCount() > 0)
        choose(m_list->model(0).name);
}

bool ModelPage::saveInput()
{
    try {
        writeSidecar(m_view->input()->spec());
    } catch (const std::exception &error) {
        fail(tr("The input could not be saved."), toQString(describe(error)));
        return false;
    }
    m_view->setSaved();
    tell(tr("Written: %1").arg(toQString(sidecarOf(m_view->spec().path))));
    readStore();
    choose(m_view->spec().name);
    // What it costs depends on the size of its input.
    inspect();
    return true;
}

std::optional<Page::Question> ModelPage::unsaved() const
{
    if (m_view->input()->undoStack()->isClean())
        return std::nullopt;
    return Question{tr("Save how the input of %1 is prepared?").arg(toQString(m_view->spec().name)), {}};
}

void ModelPage::save(std::function<void()> then, std::function<void()> otherwise)
{
    if (saveInput())
        then();
    else if (otherwise)
        otherwise();
}

void ModelPage::giveUp()
{
    m_view->input()->setSpec(m_view->spec());
}

void ModelPage::askForPicture()
{
    askForFile(this, tr("A picture with a face"), {tr("Pictures (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.heic *.avif *.jxl)"), tr("All files (*)")},
               [this](const std::filesystem::path &file) { tryOn(file); });
}

void ModelPage::open(const std::vector<std::filesystem::path> &paths)
{
    std::vector<std::filesystem::path> models;
    std::filesystem::path picture;
    for (const std::filesystem::path &path : paths) {
        if (looksLikePicture(path))
            picture = path;
        else
            models.push_back(path);
    }
    if (!models.empty())
        addFiles(models);
    else if (!picture.empty())
        tryOn(picture);
}

} // namespace dscope
