// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectactions.h"

#include "ui/pages/shortcuts.h"
#include "ui/projectsession.h"
#include "ui/views/recentmenu.h"

#include <QAction>

namespace dscope {

ProjectActions::ProjectActions(ProjectSession *session, QWidget *window) : QObject(window)
{
    const auto add = [this, session, window](const QString &name, const QString &text, Shortcut key, auto call) {
        auto *action = new QAction(text, window);
        action->setObjectName(name);
        action->setShortcuts(sequencesOf(key));
        connect(action, &QAction::triggered, session, call);
        window->addAction(action);
        m_actions << action;
    };
    add(QStringLiteral("projectNew"), tr("&New project"), Shortcut::ProjectNew, [session] { session->whenSaved([session] { session->clear(); }); });
    add(QStringLiteral("projectOpen"), tr("Open &project…"), Shortcut::ProjectOpen, [session] { session->whenSaved([session] { session->choose(); }); });
    auto *recent = new RecentMenu(tr("Recent pro&jects"), QStringLiteral("recentProjects"), window,
                                  [session](const std::filesystem::path &file) { session->whenSaved([session, file] { session->open(file); }); });
    recent->setObjectName(QStringLiteral("projectRecent"));
    connect(session, &ProjectSession::onDisk, recent, [recent](const std::filesystem::path &file) { recent->remember({file}); });
    m_actions << recent->menuAction();
    add(QStringLiteral("projectSave"), tr("Sa&ve project"), Shortcut::ProjectSave, [session] { session->save(); });
    add(QStringLiteral("projectSaveAs"), tr("Save project &as…"), Shortcut::ProjectSaveAs, [session] { session->saveAs(); });
}

} // namespace dscope
