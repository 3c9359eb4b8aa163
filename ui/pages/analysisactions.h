// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/analysisexports.h"
#include "ui/pages/shortcuts.h"
#include "ui/theme.h"

#include <QList>
#include <QObject>

#include <functional>

class QAction;
class QActionGroup;
class QMenu;

namespace dscope {

class DeviceChoice;
class DockPanels;
class RecentMenu;

/// Menus, tools and keys of the page for analysis, and which of them mean something now.
class AnalysisActions : public QObject {
    Q_OBJECT
public:
    AnalysisActions(const AnalysisParts &parts, DockPanels *panels);

    const DeviceChoice *device() const { return m_device; }
    void update(Theme theme);

    void openFiles();
    void openFolder(const QString &title);
    void openExample();

Q_SIGNALS:
    void themeChosen(dscope::Theme theme);

private:
    QAction *add(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call);
    /// One that needs a document.
    void addFor(QMenu *menu, const QString &name, const QString &text, Shortcut key, const QString &icon, std::function<void()> call);
    void buildFileMenu();
    void buildExports(QMenu *file);
    void buildEditMenu();
    void buildViewMenu(DockPanels *panels);
    void buildThresholdMenu();
    QMenu *buildAnalysisMenu();
    void giveContextMenu();
    void showWarnings();
    void showSettings();

    AnalysisParts m_parts;
    AnalysisExports m_exports;
    RecentMenu *m_recent = nullptr;
    DeviceChoice *m_device = nullptr;
    QActionGroup *m_themes;
    QActionGroup *m_sorts;
    QList<QAction *> m_needDocument;
};

} // namespace dscope
