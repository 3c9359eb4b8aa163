// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/shortcuts.h"

#include <QMainWindow>
#include <QString>

#include <functional>
#include <utility>

class QAction;
class QActionGroup;
class QMenu;
class QToolBar;
class QUndoStack;

namespace dscope {

/// The actions of a page: each has a name by which it is found, a key of the table of shortcuts, and an icon that follows the palette.
class ActionSet {
public:
    explicit ActionSet(QMainWindow *page) : m_page(page) {}

    /// A menu at the end of the page's menu bar.
    QMenu *addMenu(const QString &title);
    QAction *add(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call);
    /// Undo and redo, under these names.
    void addUndo(QMenu *menu, QUndoStack *stack, const QString &undo, const QString &redo);
    /// That closes the whole window.
    void addQuit(QMenu *menu, const QString &name);
    /// One of a group, of which one at a time is chosen.
    static void makeChoice(QAction *action, const QVariant &data, QActionGroup *group);
    /// @param names of actions, "" for a separator. Text stands beside the icons but for those of little priority.
    QToolBar *addToolBar(const QString &name, const QString &title, const QStringList &names);

    QAction *find(const QString &name) const;
    /// Actions and buttons of this name.
    void enable(const QString &name, bool on) const;
    /// Icons in the colours of the page's palette.
    void updateIcons() const;

private:
    QMainWindow *m_page;
    QList<std::pair<QAction *, QString>> m_icons;
};

} // namespace dscope
