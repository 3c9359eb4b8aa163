// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <string>

class QActionGroup;
class QComboBox;
class QMenu;
class QToolBar;

namespace dscope {

class AnalysisSources;
class Page;

/// On which of this machine's devices networks run: a menu and a field of the page for analysis.
class DeviceChoice : public QObject {
    Q_OBJECT
public:
    DeviceChoice(Page *page, AnalysisSources *sources, QMenu *menu, QToolBar *bar);

    /// What was found out of this machine's devices, in a sentence or two; empty until that is known.
    const QString &found() const { return m_found; }

private:
    void find();
    void add(const QString &text, const QString &name);
    void choose(const std::string &name);
    void update();

    Page *m_page;
    AnalysisSources *m_sources;
    QMenu *m_menu;
    QComboBox *m_box;
    QActionGroup *m_actions;
    QString m_found;
};

} // namespace dscope
