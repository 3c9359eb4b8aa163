// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/evaluationexports.h"

#include <QList>
#include <QObject>

class QAction;
class QMenu;
class QPoint;
class QTabWidget;
class QWidget;

namespace dscope {

class RunList;

/// Menus, tools and keys of the page for evaluation, and which of them mean something now.
class EvaluationActions : public QObject {
    Q_OBJECT
public:
    EvaluationActions(const EvaluationParts &parts, RunList *list);

    struct Situation {
        bool shown = false;                         ///< runs are in front, not the form
        Protocol protocol = Protocol::Verification; ///< of what is looked at
        bool canAdd = false;                        ///< a set is in memory, and nothing under way
        bool live = false;                          ///< there is a threshold to move
    };
    void update(const Situation &now);

Q_SIGNALS:
    void setupWanted();
    void openWanted();
    void saveWanted();
    void keepWanted();

private:
    void buildFileMenu();
    void buildExports(QMenu *file);
    void buildEditMenu();
    void buildThresholdMenu();
    void buildViewMenu();
    void addTabs(QMenu *view, QTabWidget *tabs, const QString &name, QList<QAction *> &needed);
    void giveContextMenus();
    void showPlotMenu(PlainPlot *plot, const QPoint &point);

    EvaluationParts m_parts;
    EvaluationExports m_exports;
    RunList *m_list;
    Situation m_now;
    QList<QAction *> m_needRuns;
    QList<QAction *> m_needSet;
    QList<QAction *> m_needLive;
    QList<QAction *> m_needPairs; ///< what retrieval and classification have no use for
    QList<QAction *> m_needQueries;
    QList<QAction *> m_needClasses;
};

} // namespace dscope
