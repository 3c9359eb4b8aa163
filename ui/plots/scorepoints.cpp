// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/scorepoints.h"

#include <algorithm>

namespace dscope {

ScorePoints::ScorePoints(QCPAxis *keyAxis, QCPAxis *valueAxis) : QCPAbstractPlottable(keyAxis, valueAxis) {}

void ScorePoints::setPoints(std::vector<Datum> points)
{
    m_points = std::move(points);
    m_kept.fill(true, static_cast<qsizetype>(m_points.size()));
}

void ScorePoints::setColours(const QColor &kept, const QColor &dropped)
{
    m_keptColour = kept;
    m_droppedColour = dropped;
}

double ScorePoints::selectTest(const QPointF &, bool, QVariant *) const
{
    return -1; // chosen through the plot, by the nearest time
}

QCPRange ScorePoints::getKeyRange(bool &found, QCP::SignDomain) const
{
    found = !m_points.empty();
    return found ? QCPRange(m_points.front().key, m_points.back().key) : QCPRange();
}

QCPRange ScorePoints::getValueRange(bool &found, QCP::SignDomain, const QCPRange &) const
{
    found = !m_points.empty();
    return {0, 1};
}

void ScorePoints::draw(QCPPainter *painter)
{
    const QCPRange range = keyAxis()->range();
    const auto first = std::lower_bound(m_points.begin(), m_points.end(), range.lower, [](const Datum &d, double key) { return d.key < key; });
    const auto last = std::upper_bound(first, m_points.end(), range.upper, [](double key, const Datum &d) { return key < d.key; });
    QPolygonF kept;
    QPolygonF dropped;
    for (auto it = first; it != last; ++it) {
        const QPointF at(keyAxis()->coordToPixel(it->key), valueAxis()->coordToPixel(static_cast<double>(it->score)));
        (m_kept.testBit(it - m_points.begin()) ? kept : dropped) << at;
    }
    // Round points cost ten times as much as squares; from some thousands on nobody sees the difference.
    const bool few = last - first <= 3000;
    painter->setAntialiasing(few);
    const double width = last - first <= 400 ? 5 : last - first <= 3000 ? 4 : 3;
    const auto points = [&](const QPolygonF &at, const QColor &colour) {
        painter->setPen(QPen(colour, width, Qt::SolidLine, few ? Qt::RoundCap : Qt::SquareCap));
        painter->drawPoints(at);
    };
    points(dropped, m_droppedColour);
    points(kept, m_keptColour);
}

void ScorePoints::drawLegendIcon(QCPPainter *painter, const QRectF &rect) const
{
    painter->setPen(QPen(m_keptColour, 5, Qt::SolidLine, Qt::RoundCap));
    painter->drawPoint(rect.center());
}

} // namespace dscope
