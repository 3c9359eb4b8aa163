// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/dockpanels.h"

#include <QCoreApplication>
#include <QDockWidget>
#include <QMainWindow>
#include <QMenu>
#include <QSettings>

#include <utility>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(DockPanels)
};

constexpr int settingsVersion = 1; ///< of the arrangement; an older one is not restored
const auto stateKey = QStringLiteral("window/state");
} // namespace

DockPanels::DockPanels(QMainWindow *page) : m_page(page)
{
    page->setDockNestingEnabled(true);
    page->setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
}

QDockWidget *DockPanels::add(const QString &name, const QString &title, QWidget *widget, Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, m_page);
    dock->setObjectName(name);
    dock->setWidget(widget);
    m_page->addDockWidget(area, dock);
    m_docks << dock;
    return dock;
}

void DockPanels::build(QWidget *groups, QWidget *detail, QWidget *histogram, QWidget *timeline, QWidget *tradeoff)
{
    add(QStringLiteral("dockGroups"), Texts::tr("Sources and groups"), groups, Qt::LeftDockWidgetArea);
    add(QStringLiteral("dockDetail"), Texts::tr("Details"), detail, Qt::RightDockWidgetArea);
    QDockWidget *first = add(QStringLiteral("dockHistogram"), Texts::tr("Histogram"), histogram, Qt::BottomDockWidgetArea);
    QDockWidget *second = add(QStringLiteral("dockTimeline"), Texts::tr("Timeline"), timeline, Qt::BottomDockWidgetArea);
    QDockWidget *third = add(QStringLiteral("dockTradeoff"), Texts::tr("Trade-off"), tradeoff, Qt::BottomDockWidgetArea);
    m_page->splitDockWidget(first, second, Qt::Horizontal);
    m_page->splitDockWidget(second, third, Qt::Horizontal);
    arrange();
}

void DockPanels::arrange()
{
    m_page->resizeDocks({m_docks[0], m_docks[1]}, {310, 390}, Qt::Horizontal);
    m_page->resizeDocks({m_docks[2]}, {280}, Qt::Vertical);
    m_page->resizeDocks(m_docks.mid(2), {330, 430, 400}, Qt::Horizontal);
}

void DockPanels::listIn(QMenu *menu)
{
    m_menu = menu;
    for (QDockWidget *dock : std::as_const(m_docks))
        menu->addAction(dock->toggleViewAction());
}

void DockPanels::show(bool show)
{
    if (show == m_shown)
        return;
    m_shown = show;
    // Empty panels around an empty page only distract.
    if (!show) {
        m_hidden.clear();
        for (QDockWidget *dock : std::as_const(m_docks))
            if (!dock->isHidden()) {
                m_hidden << dock;
                dock->hide();
            }
    } else {
        for (QDockWidget *dock : std::as_const(m_hidden))
            dock->show();
        // Shown for the first time without sizes of the user's own: the layout would share the room out evenly.
        if (!m_arranged)
            arrange();
        m_arranged = true;
    }
    m_menu->setEnabled(show);
}

void DockPanels::readSettings()
{
    m_arranged = m_page->restoreState(QSettings().value(stateKey).toByteArray(), settingsVersion);
}

void DockPanels::writeSettings() const
{
    if (m_shown) // else the panels are only hidden because nothing is open
        QSettings().setValue(stateKey, m_page->saveState(settingsVersion));
}

} // namespace dscope
