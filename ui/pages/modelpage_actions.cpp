// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/modelpage.h"

#include "core/base/error.h"
#include "core/image/reader.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/models/modellist.h"
#include "ui/theme.h"
#include "ui/views/inputeditor.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

#include <utility>

namespace dscope {

QAction *ModelPage::addAction(QMenu *menu, const QString &name, const QString &text, const QList<QKeySequence> &keys, const QString &icon,
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

void ModelPage::buildActions()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    addAction(file, QStringLiteral("modelAdd"), tr("&Add models…"), {QKeySequence::Open}, QStringLiteral("add"), [this] { askForFiles(); });
    addAction(file, QStringLiteral("modelRemove"), tr("&Remove from the list"), {QKeySequence::Delete}, QStringLiteral("exclude"), [this] { removeChosen(); });
    addAction(file, QStringLiteral("modelSave"), tr("&Save the input"), {QKeySequence::Save}, QStringLiteral("save"), [this] { saveInput(); });
    file->addSeparator();
    addAction(file, QStringLiteral("modelQuit"), tr("&Quit"), {QKeySequence::Quit}, {}, [this] { window()->close(); });
    QMenu *edit = menuBar()->addMenu(tr("&Edit"));
    QAction *undo = m_input->undoStack()->createUndoAction(this, tr("&Undo"));
    undo->setObjectName(QStringLiteral("modelUndo"));
    undo->setShortcuts(QKeySequence::Undo);
    QAction *redo = m_input->undoStack()->createRedoAction(this, tr("&Redo"));
    redo->setObjectName(QStringLiteral("modelRedo"));
    redo->setShortcuts(QKeySequence::Redo);
    m_icons.append({undo, QStringLiteral("undo")});
    m_icons.append({redo, QStringLiteral("redo")});
    edit->addAction(undo);
    edit->addAction(redo);
    QMenu *run = menuBar()->addMenu(tr("&Run"));
    addAction(run, QStringLiteral("modelTry"), tr("&Try on a picture…"), {QKeySequence(tr("Ctrl+T"))}, QStringLiteral("open"), [this] { askForPicture(); });
    addAction(run, QStringLiteral("modelTime"), tr("Ti&me it"), {QKeySequence::Refresh}, QStringLiteral("timer"), [this] { time(); });
    addAction(run, QStringLiteral("modelCancel"), tr("&Cancel"), {QKeySequence(tr("Ctrl+."))}, {}, [this] {
        if (m_job)
            m_job->cancel();
    });
    QToolBar *bar = QMainWindow::addToolBar(tr("Model tools"));
    bar->setObjectName(QStringLiteral("modelTools"));
    bar->setIconSize({20, 20});
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (const char *name : {"modelAdd", "modelRemove", "", "modelUndo", "modelRedo", "modelSave", "", "modelTry", "modelTime"}) {
        if (*name == '\0') {
            bar->addSeparator();
            continue;
        }
        auto *action = findChild<QAction *>(QLatin1String(name));
        bar->addAction(action);
        if (auto *button = qobject_cast<QToolButton *>(bar->widgetForAction(action)); button != nullptr) {
            button->setAccessibleName(action->text().remove(QLatin1Char('&')));
            if (action == undo || action == redo)
                button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        }
    }
    updateIcons();
}

void ModelPage::updateIcons()
{
    for (const auto &[action, icon] : m_icons)
        action->setIcon(themedIcon(icon, palette()));
}

void ModelPage::updateActions()
{
    const bool there = m_spec.available();
    const bool network = there && m_spec.role != Role::Detector;
    const bool dirty = !m_input->undoStack()->isClean();
    const auto enable = [this](const char *name, bool on) {
        if (auto *action = findChild<QAction *>(QLatin1String(name)); action != nullptr)
            action->setEnabled(on);
        if (auto *button = findChild<QPushButton *>(QLatin1String(name)); button != nullptr)
            button->setEnabled(on);
    };
    m_input->setEnabled(there);
    const int row = m_list->rowOf(m_spec.name);
    enable("modelRemove", row >= 0 && m_list->index(row, 0).data(ModelList::AddedRole).toBool());
    enable("modelSave", there && dirty);
    enable("saveInput", there && dirty);
    enable("modelTry", network);
    enable("choosePicture", network);
    enable("modelTime", network);
    enable("timeIt", network);
    enable("modelCancel", m_job != nullptr);
    setWindowModified(dirty);
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

void ModelPage::askForFiles()
{
    auto *dialog = new QFileDialog(this, tr("Add models"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({tr("Models (*.safetensors *.onnx *.pt *.pth)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList &files) {
        std::vector<std::filesystem::path> paths;
        for (const QString &file : files)
            paths.push_back(toPath(file));
        addFiles(paths);
    });
    dialog->open();
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

bool ModelPage::add(const std::filesystem::path &file, bool trusted)
{
    try {
        const ModelSpec spec = addModel(file, trusted);
        readStore();
        // Under the name that the store gave it.
        for (int row = 0; row < m_list->rowCount(); ++row) {
            std::error_code problem;
            if (std::filesystem::equivalent(m_list->model(row).path, file, problem))
                choose(m_list->model(row).name);
        }
        return true;
    } catch (const std::exception &error) {
        const QString detail = toQString(describe(error));
        showFailure(tr("The model could not be added."), detail);
        Q_EMIT failed(detail);
        return false;
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
        removeModel(m_spec.path);
    } catch (const std::exception &error) {
        return showFailure(tr("The model could not be removed."), toQString(describe(error)));
    }
    m_input->undoStack()->setClean();
    readStore();
    if (m_list->rowCount() > 0)
        choose(m_list->model(0).name);
}

bool ModelPage::saveInput()
{
    try {
        writeSidecar(m_input->spec());
    } catch (const std::exception &error) {
        const QString detail = toQString(describe(error));
        showFailure(tr("The input could not be saved."), detail);
        Q_EMIT failed(detail);
        return false;
    }
    m_spec = m_input->spec();
    m_spec.inputSource = InputSource::Sidecar;
    m_spec.inputReason.clear();
    m_input->undoStack()->setClean();
    statusBar()->showMessage(tr("Written: %1").arg(toQString(sidecarOf(m_spec.path))), 8000);
    readStore();
    choose(m_spec.name);
    // What it costs depends on the size of its input.
    inspect();
    return true;
}

void ModelPage::whenSaved(std::function<void()> then, std::function<void()> otherwise)
{
    if (m_input->undoStack()->isClean())
        return then();
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("Save how the input of %1 is prepared?").arg(toQString(m_spec.name)),
                                QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("saveQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then), otherwise = std::move(otherwise)](int answer) {
        if (answer == QMessageBox::Discard)
            m_input->setSpec(m_spec);
        if (answer == QMessageBox::Discard || (answer == QMessageBox::Save && saveInput()))
            return then();
        if (otherwise)
            otherwise();
    });
    box->open();
}

void ModelPage::askForPicture()
{
    auto *dialog = new QFileDialog(this, tr("A picture with a face"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Pictures (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.heic *.avif *.jxl)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) { tryOn(toPath(file)); });
    dialog->open();
}

void ModelPage::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

void ModelPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (!localFiles(*event->mimeData()).empty())
        event->acceptProposedAction();
}

void ModelPage::dropEvent(QDropEvent *event)
{
    std::vector<std::filesystem::path> models;
    std::filesystem::path picture;
    for (const std::filesystem::path &path : localFiles(*event->mimeData())) {
        if (looksLikePicture(path))
            picture = path;
        else
            models.push_back(path);
    }
    event->acceptProposedAction();
    if (!models.empty())
        addFiles(models);
    else if (!picture.empty())
        tryOn(picture);
}

void ModelPage::closeEvent(QCloseEvent *event)
{
    if (!m_input->undoStack()->isClean()) {
        event->ignore();
        return whenSaved([this] { window()->close(); });
    }
    if (m_job)
        m_job->cancel();
    event->accept();
}

} // namespace dscope
