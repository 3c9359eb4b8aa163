// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectsession.h"

#include "ui/convert.h"
#include "ui/dialogs/filedialogs.h"
#include "ui/pages/shortcuts.h"
#include "ui/views/recentmenu.h"

#include <QAction>
#include <QFileDialog>

#include <utility>

namespace dscope {

namespace {
QString filter()
{
    return ProjectSession::tr("Dscope projects (*.dscope)");
}
} // namespace

void ProjectSession::buildActions()
{
    const auto add = [this](const QString &name, const QString &text, Shortcut key, auto call) {
        auto *action = new QAction(text, m_window);
        action->setObjectName(name);
        action->setShortcuts(sequencesOf(key));
        connect(action, &QAction::triggered, this, call);
        m_window->addAction(action);
        m_actions << action;
    };
    add(QStringLiteral("projectNew"), tr("&New project"), Shortcut::ProjectNew, [this] { whenSaved([this] { clear(); }); });
    add(QStringLiteral("projectOpen"), tr("Open &project…"), Shortcut::ProjectOpen, [this] { whenSaved([this] { chooseProject(); }); });
    m_recent = new RecentMenu(tr("Recent pro&jects"), QStringLiteral("recentProjects"), m_window,
                              [this](const std::filesystem::path &file) { whenSaved([this, file] { open(file); }); });
    m_recent->setObjectName(QStringLiteral("projectRecent"));
    m_actions << m_recent->menuAction();
    add(QStringLiteral("projectSave"), tr("Sa&ve project"), Shortcut::ProjectSave, [this] { save(); });
    add(QStringLiteral("projectSaveAs"), tr("Save project &as…"), Shortcut::ProjectSaveAs, [this] { saveAs(); });
}

void ProjectSession::chooseProject()
{
    QFileDialog *dialog =
        askForFile(m_window, tr("Open a project"), {filter(), tr("All files (*)")}, [this](const std::filesystem::path &file) { open(file); });
    dialog->setObjectName(QStringLiteral("projectOpenDialog"));
    if (!m_file.empty())
        dialog->setDirectory(toQString(m_file.parent_path()));
}

void ProjectSession::saveAs(std::function<void()> then)
{
    const QString name = m_file.empty() ? tr("project.dscope") : toQString(m_file);
    const auto take = [this, then = std::move(then)](const std::filesystem::path &chosen) {
        std::filesystem::path file = chosen;
        if (!isProject(file)) {
            // By its name it would not be known as a project again.
            file += ".dscope";
            if (std::error_code problem; std::filesystem::exists(file, problem))
                return showFailure(tr("The project could not be saved."),
                                   tr("%1 is there already. Choose it in the list to replace it, or another name.").arg(toQString(file)));
        }
        saveTo(file, then, true); // the dialog has asked
    };
    askForTarget(m_window, tr("Save the project"), name, {filter()}, take)->setObjectName(QStringLiteral("projectSaveDialog"));
}

} // namespace dscope
