// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

class QDockWidget;
class QMainWindow;
class QMenu;
class QWidget;

namespace dscope {

/// The panels around the centre of a page. They are arranged by us until the user's own arrangement is known, and go while nothing is open.
class DockPanels {
public:
    explicit DockPanels(QMainWindow *page);

    /// The tree on the left, the chosen face on the right, three plots below.
    void build(QWidget *groups, QWidget *detail, QWidget *histogram, QWidget *timeline, QWidget *tradeoff);
    /// A menu to show and hide each of them.
    void listIn(QMenu *menu);
    /// Those that the user has closed stay closed.
    void show(bool show);
    void readSettings();
    void writeSettings() const;

private:
    QDockWidget *add(const QString &name, const QString &title, QWidget *widget, Qt::DockWidgetArea area);
    void arrange();

    QMainWindow *m_page;
    QList<QDockWidget *> m_docks;
    QList<QDockWidget *> m_hidden; ///< while nothing is open
    QMenu *m_menu = nullptr;
    bool m_shown = true;
    bool m_arranged = false; ///< by us or by the settings
};

} // namespace dscope
