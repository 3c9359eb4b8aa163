// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot.h"

#include "ui/models/thresholdstate.h"

namespace dscope {

Plot::Plot(ThresholdState *state, const QString &name, QWidget *parent) : PlainPlot(name, parent), m_state(state)
{
    setMouseTracking(true);
}

void Plot::clicked(const QPoint &) {}

bool Plot::grabs(const QPoint &point) const
{
    const QPoint marker = markerPoint();
    return !marker.isNull() && std::abs(point.x() - marker.x()) <= 6 && axisRect()->rect().contains(point);
}

void Plot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    if (event->button() == Qt::LeftButton && grabs(m_pressed)) {
        setFocus(Qt::MouseFocusReason);
        m_dragging = true;
        m_state->beginDrag();
        event->accept();
        return;
    }
    PlainPlot::mousePressEvent(event);
}

void Plot::mouseMoveEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (m_dragging) {
        m_state->setThreshold(thresholdAt(point));
        event->accept();
        return;
    }
    if (event->buttons() == Qt::NoButton)
        setCursor(grabs(point) ? grabCursor() : Qt::ArrowCursor);
    PlainPlot::mouseMoveEvent(event);
}

void Plot::mouseReleaseEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (m_dragging) {
        m_dragging = false;
        m_state->endDrag();
        event->accept();
        return;
    }
    PlainPlot::mouseReleaseEvent(event);
    if (event->button() == Qt::LeftButton && (point - m_pressed).manhattanLength() <= clickSlack && axisRect()->rect().contains(point))
        clicked(point);
}

} // namespace dscope
