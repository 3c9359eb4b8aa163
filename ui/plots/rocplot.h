// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/runplot.h"

#include <vector>

namespace dscope {

/// TAR over FAR (logarithmic), with the targets as marks and the live threshold's curve and estimate; a click chooses the nearest target of a run.
class RocPlot : public RunPlot {
    Q_OBJECT
public:
    explicit RocPlot(EvaluationState *state, QWidget *parent = nullptr);

    /// What the live threshold shows: the exact curve, or the estimates with their intervals.
    struct Live {
        QString title;
        QVector<double> far, tar;                ///< exact, empty while dragging
        QVector<double> atFar, atTar, low, high; ///< one per target
        std::vector<bool> resolved;              ///< one per target
        bool exact = false;
    };
    void setLive(const Live &live);
    void clearLive() { setLive({}); }
    const Live &live() const { return m_live; }
    /// Where the chosen point of the current run lies in pixels; null: nowhere. For tests that click.
    QPoint pointOf(int id, double far) const;

Q_SIGNALS:
    /// A point was clicked: the run (or EvaluationState::liveId) and the target.
    void picked(int id, double far);

protected:
    bool draw() override;
    void fit() override;
    QString emptyText() const override;
    void style() override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    void drawLive();
    void drawChosen();
    void pick(const QPoint &point);

    Live m_live;
    QCPGraph *m_liveCurve;
    QCPGraph *m_livePoints;
    QCPGraph *m_liveOpen; ///< not resolved
    QCPErrorBars *m_liveBars;
    QCPGraph *m_chosen;
    QCPItemStraightLine *m_farLine;
    QPoint m_pressed;
    double m_lowest = 1; ///< TAR of what is drawn
    double m_leftmost = 1;
};

} // namespace dscope
