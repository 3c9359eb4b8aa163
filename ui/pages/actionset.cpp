// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/actionset.h"

#include "ui/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QMenu>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>
#include <QUndoStack>
#include <QVariant>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(ActionSet)
};
} // namespace

QMenu *ActionSet::addMenu(const QString &title)
{
    return m_page->menuBar()->addMenu(title);
}

QAction *ActionSet::add(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call)
{
    auto *action = new QAction(text, m_page);
    action->setObjectName(name);
    action->setShortcuts(sequencesOf(key));
    if (!icon.isEmpty())
        m_icons.append({action, icon});
    QObject::connect(action, &QAction::triggered, m_page, [call = std::move(call)] { call(); });
    menu->addAction(action);
    return action;
}

void ActionSet::addUndo(QMenu *menu, QUndoStack *stack, const QString &undo, const QString &redo)
{
    const auto add = [this, menu](QAction *action, const QString &name, Shortcut key, const QString &icon) {
        action->setObjectName(name);
        action->setShortcuts(sequencesOf(key));
        action->setPriority(QAction::LowPriority);
        m_icons.append({action, icon});
        menu->addAction(action);
    };
    add(stack->createUndoAction(m_page, Texts::tr("&Undo")), undo, Shortcut::Undo, QStringLiteral("undo"));
    add(stack->createRedoAction(m_page, Texts::tr("&Redo")), redo, Shortcut::Redo, QStringLiteral("redo"));
}

void ActionSet::addQuit(QMenu *menu, const QString &name)
{
    add(menu, name, Texts::tr("&Quit"), Shortcut::Quit, {}, [page = m_page] { page->window()->close(); });
}

void ActionSet::makeChoice(QAction *action, const QVariant &data, QActionGroup *group)
{
    action->setCheckable(true);
    action->setData(data);
    group->addAction(action);
}

QToolBar *ActionSet::addToolBar(const QString &name, const QString &title, const QStringList &names)
{
    QToolBar *bar = m_page->addToolBar(title);
    bar->setObjectName(name);
    bar->setIconSize({20, 20});
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (const QString &one : names) {
        if (one.isEmpty()) {
            bar->addSeparator();
            continue;
        }
        QAction *action = find(one);
        bar->addAction(action);
        if (auto *button = qobject_cast<QToolButton *>(bar->widgetForAction(action)); button != nullptr) {
            button->setToolButtonStyle(action->priority() == QAction::LowPriority ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
            button->setAccessibleName(action->text().remove(QLatin1Char('&')));
        }
    }
    return bar;
}

QAction *ActionSet::find(const QString &name) const
{
    return m_page->findChild<QAction *>(name);
}

void ActionSet::enable(const QString &name, bool on) const
{
    if (QAction *action = find(name); action != nullptr)
        action->setEnabled(on);
    if (auto *button = m_page->findChild<QAbstractButton *>(name); button != nullptr)
        button->setEnabled(on);
}

void ActionSet::updateIcons() const
{
    for (const auto &[action, icon] : m_icons)
        action->setIcon(themedIcon(icon, m_page->palette()));
}

} // namespace dscope
