// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "ui/convert.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>

#include <utility>

namespace dscope {

namespace {
constexpr qsizetype recentLimit = 10;
const auto recentKey = QStringLiteral("recentProjects");

QString filter()
{
    return ProjectSession::tr("Dscope projects (*.dscope)");
}
} // namespace

void ProjectSession::buildActions()
{
    const auto add = [this](const QString &name, const QString &text, const QKeySequence &key, auto call) {
        auto *action = new QAction(text, m_window);
        action->setObjectName(name);
        action->setShortcut(key);
        connect(action, &QAction::triggered, this, call);
        m_window->addAction(action);
        m_actions << action;
    };
    add(QStringLiteral("projectNew"), tr("&New project"), QKeySequence(tr("Ctrl+Alt+N")), [this] { whenSaved([this] { clear(); }); });
    add(QStringLiteral("projectOpen"), tr("Open &project…"), QKeySequence(tr("Ctrl+Alt+O")), [this] { whenSaved([this] { askForProject(); }); });
    m_recent = new QMenu(tr("Recent pro&jects"), m_window);
    m_recent->setObjectName(QStringLiteral("projectRecent"));
    m_actions << m_recent->menuAction();
    add(QStringLiteral("projectSave"), tr("Sa&ve project"), QKeySequence(tr("Ctrl+Alt+S")), [this] { save(); });
    add(QStringLiteral("projectSaveAs"), tr("Save project &as…"), QKeySequence(tr("Ctrl+Alt+Shift+S")), [this] { saveAs(); });
    fillRecent();
}

void ProjectSession::askForProject()
{
    auto *dialog = new QFileDialog(m_window, tr("Open a project"));
    dialog->setObjectName(QStringLiteral("projectOpenDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({filter(), tr("All files (*)")});
    if (!m_file.empty())
        dialog->setDirectory(toQString(m_file.parent_path()));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) { open(toPath(file)); });
    dialog->open();
}

void ProjectSession::saveAs(std::function<void()> then)
{
    auto *dialog = new QFileDialog(m_window, tr("Save the project"));
    dialog->setObjectName(QStringLiteral("projectSaveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({filter()});
    dialog->setDefaultSuffix(QStringLiteral("dscope"));
    if (!m_file.empty())
        dialog->setDirectory(toQString(m_file.parent_path()));
    dialog->selectFile(m_file.empty() ? tr("project.dscope") : toQString(m_file.filename()));
    connect(dialog, &QFileDialog::fileSelected, this, [this, then = std::move(then)](const QString &chosen) {
        std::filesystem::path file = toPath(chosen);
        if (!isProject(file)) {
            // By its name it would not be known as a project again.
            file += ".dscope";
            if (std::error_code problem; std::filesystem::exists(file, problem))
                return showFailure(tr("The project could not be saved."),
                                   tr("%1 is there already. Choose it in the list to replace it, or another name.").arg(toQString(file)));
        }
        saveTo(file, then, true); // the dialog has asked
    });
    dialog->open();
}

void ProjectSession::remember(const std::filesystem::path &file)
{
    QSettings settings;
    QStringList recent = settings.value(recentKey).toStringList();
    const QString text = toQString(file);
    recent.removeAll(text);
    recent.prepend(text);
    settings.setValue(recentKey, QStringList(recent.mid(0, recentLimit)));
    fillRecent();
}

void ProjectSession::fillRecent()
{
    m_recent->clear();
    const QStringList recent = QSettings().value(recentKey).toStringList();
    for (const QString &path : recent) {
        QAction *action = m_recent->addAction(QString(path).replace(QLatin1Char('&'), QStringLiteral("&&")), this, [this, path] {
            // Opening fills this menu anew; not from within its own action.
            QMetaObject::invokeMethod(
                this, [this, path] { whenSaved([this, path] { open(toPath(path)); }); }, Qt::QueuedConnection);
        });
        action->setData(path);
    }
    m_recent->setEnabled(!recent.isEmpty());
    if (recent.isEmpty())
        return;
    m_recent->addSeparator();
    m_recent->addAction(tr("&Forget these"), this, [this] {
        QSettings().remove(recentKey);
        QMetaObject::invokeMethod(this, &ProjectSession::fillRecent, Qt::QueuedConnection);
    });
}

} // namespace dscope
