// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>

class QAction;
class QWidget;

namespace dscope {

class ProjectSession;

/// New, open, recent, save and save as, for the File menus of all pages; they belong to the window.
class ProjectActions : public QObject {
    Q_OBJECT
public:
    ProjectActions(ProjectSession *session, QWidget *window);

    const QList<QAction *> &all() const { return m_actions; }

private:
    QList<QAction *> m_actions;
};

} // namespace dscope
