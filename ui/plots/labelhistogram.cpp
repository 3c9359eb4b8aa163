// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/labelhistogram.h"

#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
QVector<double> countsOf(const LabelSet &set, const std::vector<int> &pictures)
{
    QVector<double> counts(LabelHistogram::bins, 0.0);
    for (const int picture : pictures)
        counts[std::clamp(static_cast<int>(set.normalised(picture) * LabelHistogram::bins), 0, LabelHistogram::bins - 1)] += 1;
    return counts;
}
} // namespace

LabelHistogram::LabelHistogram(LabelState *state, QWidget *parent)
    : PlainPlot(tr("Histogram of D-scores"), parent), m_state(state), m_all(new QCPBars(xAxis, yAxis)), m_part(new QCPBars(xAxis, yAxis)),
      m_brushItem(new QCPItemRect(this))
{
    setObjectName(QStringLiteral("labelHistogram"));
    xAxis->setLabel(tr("D-score"));
    yAxis->setLabel(tr("Pictures"));
    xAxis->setRange(0, 1);
    for (QCPBars *bars : {m_all, m_part}) {
        bars->setWidth(1.0 / bins);
        bars->setAntialiased(false);
    }
    legend->setVisible(false);
    m_brushItem->setLayer(m_moving);
    m_brushItem->setClipToAxisRect(true);
    m_brushItem->topLeft->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_brushItem->bottomRight->setTypeY(QCPItemPosition::ptAxisRectRatio);
    setCursor(Qt::CrossCursor);
    connect(state, &LabelState::brushChanged, this, [this] {
        if (!m_brushing)
            m_brush.reset();
        take();
        drawBrush();
    });
    style();
    take();
    drawBrush();
}

void LabelHistogram::take()
{
    const LabelSet *set = m_state->set().get();
    m_counts = set != nullptr ? countsOf(*set, m_state->shown()) : QVector<double>(bins, 0.0);
    const QVector<double> part = set != nullptr && m_state->hasBrush() ? countsOf(*set, m_state->brushed()) : QVector<double>(bins, 0.0);
    m_all->data()->clear();
    m_part->data()->clear();
    double highest = 1;
    for (int bin = 0; bin < bins; ++bin) {
        m_all->addData((bin + 0.5) / bins, m_counts[bin]);
        if (part[bin] > 0)
            m_part->addData((bin + 0.5) / bins, part[bin]);
        highest = std::max(highest, m_counts[bin]);
    }
    yAxis->setRange(0, highest * 1.08);
    setMessage(m_state->shown().empty() ? tr("No pictures yet") : QString());
    QColor all = keptColour(palette());
    all.setAlpha(m_state->hasBrush() ? 90 : 170);
    m_all->setBrush(all);
    replot(rpQueuedReplot);
}

void LabelHistogram::style()
{
    PlainPlot::style();
    m_all->setPen(Qt::NoPen);
    QColor part = selectionColour(palette());
    m_part->setPen(Qt::NoPen);
    part.setAlpha(220);
    m_part->setBrush(part);
    QColor veil = selectionColour(palette());
    m_brushItem->setPen(QPen(veil, 1.2));
    veil.setAlpha(26);
    m_brushItem->setBrush(veil);
    QColor all = keptColour(palette());
    all.setAlpha(m_state->hasBrush() ? 90 : 170);
    m_all->setBrush(all);
}

void LabelHistogram::drawBrush()
{
    m_brushItem->setVisible(m_brush.has_value());
    if (m_brush) {
        m_brushItem->topLeft->setCoords(m_brush->first, 0);
        m_brushItem->bottomRight->setCoords(m_brush->second, 1);
    }
    m_moving->replot();
}

void LabelHistogram::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    m_pressedInside = event->button() == Qt::LeftButton && !m_state->shown().empty() && axisRect()->rect().contains(m_pressed);
    m_drawing = false;
    event->setAccepted(m_pressedInside);
}

void LabelHistogram::mouseMoveEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (m_pressedInside && (m_drawing || std::abs(point.x() - m_pressed.x()) > clickSlack)) {
        m_drawing = true;
        const double a = std::clamp(xAxis->pixelToCoord(m_pressed.x()), 0.0, 1.0);
        const double b = std::clamp(xAxis->pixelToCoord(point.x()), 0.0, 1.0);
        m_brush = std::minmax(a, b);
        drawBrush();
    }
    event->accept();
}

void LabelHistogram::mouseReleaseEvent(QMouseEvent *event)
{
    event->accept();
    if (!m_pressedInside)
        return;
    m_pressedInside = false;
    if (!m_drawing)
        return m_state->clearBrush();
    m_drawing = false;
    std::vector<int> inside;
    for (const int picture : m_state->shown()) {
        const double score = m_state->set()->normalised(picture);
        if (score >= m_brush->first && score <= m_brush->second)
            inside.push_back(picture);
    }
    m_brushing = true;
    m_state->setBrush(inside);
    m_brushing = false;
}

} // namespace dscope
