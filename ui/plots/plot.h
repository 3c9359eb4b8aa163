// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"
#include "ui/plots/plainplot.h"

namespace dscope {

class ThresholdState;

/// A plot of the analysis: the threshold as a line that can be dragged. Lines that move with it lie on the moving layer, so that a move does
/// not draw the data again.
class Plot : public PlainPlot {
    Q_OBJECT
public:
    Plot(ThresholdState *state, const QString &name, QWidget *parent = nullptr);

    /// Where the threshold marker is, in pixels; for tests that drag it.
    virtual QPoint markerPoint() const = 0;

protected:
    /// The threshold that a position of the mouse stands for, when the marker is dragged.
    virtual double thresholdAt(const QPoint &point) const = 0;
    /// True when the marker is near enough to be taken hold of.
    virtual bool grabs(const QPoint &point) const;
    /// A click that was no drag.
    virtual void clicked(const QPoint &point);
    virtual Qt::CursorShape grabCursor() const { return Qt::SizeHorCursor; }

    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

    ThresholdState *m_state;

private:
    bool m_dragging = false;
    QPoint m_pressed;
};

} // namespace dscope
