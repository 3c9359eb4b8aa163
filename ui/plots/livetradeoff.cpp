// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/livetradeoff.h"

#include "ui/convert.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/tarmodel.h"
#include "ui/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope {

LiveTradeoff::LiveTradeoff(QWidget *parent)
    : CostPlot(tr("Trade-off"),
               tr("Here will be what a threshold costs and gives:\naccuracy against the share of faces kept,\nfor several ways to weigh them."), parent),
      m_points(addGraph()), m_ring(addGraph()), m_dot(addGraph()), m_open(addGraph()), m_bar(new QCPErrorBars(xAxis, yAxis))
{
    setObjectName(QStringLiteral("liveTradeoff"));
    for (QCPGraph *graph : {m_points, m_ring, m_dot, m_open}) {
        graph->setLineStyle(QCPGraph::lsNone);
        graph->removeFromLegend();
    }
    m_bar->removeFromLegend();
    m_bar->setDataPlottable(m_dot);
    for (QCPLayerable *moving : std::initializer_list<QCPLayerable *>{m_ring, m_dot, m_open, m_bar, m_line, m_label})
        moving->setLayer(m_moving);
    style();
    draw();
}

std::optional<double> LiveTradeoff::tarOf(const TradeoffPoint &point) const
{
    for (std::size_t i = 0; i < m_curve.fars.size() && i < point.tar.size(); ++i)
        if (std::abs(m_curve.fars[i] - m_far) <= 1e-9 * m_far)
            return 100 * point.tar[i];
    return std::nullopt;
}

void LiveTradeoff::setCurve(const Tradeoff &curve)
{
    m_curve = curve;
    m_prices = curve.prices;
    if (!hasPrices())
        m_across = Across::KeptShare;
    draw();
}

void LiveTradeoff::setFar(double far)
{
    m_far = far;
    draw();
}

void LiveTradeoff::setMarker(const std::optional<Marker> &marker)
{
    m_marker = marker;
    drawMarker();
    m_moving->replot();
}

void LiveTradeoff::setRecommended(const std::optional<TradeoffPoint> &point)
{
    m_recommended = point;
    drawMarker();
    m_moving->replot();
}

void LiveTradeoff::draw()
{
    for (QCPGraph *line : m_lines)
        removeGraph(line);
    m_lines.clear();
    removeMarks();
    switch (m_across) {
    case Across::KeptShare: xAxis->setLabel(tr("Faces kept (%)")); break;
    case Across::Mac: xAxis->setLabel(tr("Mean cost per face (G MAC, %1)").arg(toQString(m_curve.prices.title))); break;
    case Across::Flop: xAxis->setLabel(tr("Mean cost per face (GFLOP, %1)").arg(toQString(m_curve.prices.title))); break;
    }
    yAxis->setLabel(tr("TAR at FAR %1 (%)").arg(farText(m_far)));
    Extent extent;
    static constexpr std::array<Qt::PenStyle, 4> dashes{Qt::SolidLine, Qt::DashLine, Qt::DashDotLine, Qt::DotLine};
    for (std::size_t m = 0; m < m_curve.titles.size(); ++m) {
        QVector<double> x;
        QVector<double> y;
        for (const TradeoffPoint &point : m_curve.points)
            if (const std::optional<double> tar = tarOf(point); point.method == m && tar) {
                x << acrossOf(point);
                y << *tar;
                extent.see(x.back(), y.back());
            }
        if (x.isEmpty())
            continue;
        QCPGraph *line = addGraph();
        const QColor colour = runColour(static_cast<int>(m), palette());
        line->setPen(QPen(colour, 1.8, dashes[m % dashes.size()]));
        line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, colour, 3.5));
        line->setName(toQString(m_curve.titles[m]));
        line->setData(x, y);
        m_lines.push_back(line);
    }
    QVector<double> markX;
    QVector<double> markY;
    for (const TradeoffPoint &point : m_curve.points)
        if (const std::optional<double> tar = tarOf(point); point.mark != TradeoffMark::None && tar) {
            markX << acrossOf(point);
            markY << *tar;
            extent.see(markX.back(), markY.back());
            addMark(point.mark, markX.back(), markY.back());
        }
    m_points->setData(markX, markY);
    legend->setVisible(!m_lines.empty());
    showExtent(extent, m_curve.complete, 101);
    drawMarker();
    replot(rpQueuedReplot);
}

void LiveTradeoff::drawMarker()
{
    hideLine();
    m_dot->data()->clear();
    m_open->data()->clear();
    m_bar->setVisible(false);
    if (m_marker && !m_curve.points.empty()) {
        const double x = costAt(m_marker->keptShare);
        const double y = 100 * m_marker->tar;
        if (m_marker->resolved) {
            m_dot->setData({x}, {y});
            m_bar->setData({std::max(0.0, y - 100 * m_marker->low)}, {std::max(0.0, 100 * m_marker->high - y)});
            m_bar->setVisible(m_marker->high > m_marker->low);
        } else {
            m_open->setData({x}, {y});
        }
        setLine(m_marker->keptShare,
                !m_marker->resolved   ? tr("not resolved")
                    : m_marker->exact ? percentText(m_marker->tar, 2)
                                      : tr("≈ %1").arg(percentText(m_marker->tar, 2)));
    }
    const std::optional<double> tar = m_recommended ? tarOf(*m_recommended) : std::nullopt;
    if (tar)
        m_ring->setData({acrossOf(*m_recommended)}, {*tar});
    else
        m_ring->data()->clear();
    placeLabels();
}

QPoint LiveTradeoff::pointOf(const TradeoffPoint &point) const
{
    const std::optional<double> tar = tarOf(point);
    return tar ? QPoint(qRound(xAxis->coordToPixel(acrossOf(point))), qRound(yAxis->coordToPixel(*tar))) : QPoint();
}

void LiveTradeoff::click(const QPoint &point)
{
    const TradeoffPoint *nearest = nullptr;
    int best = reach;
    for (const TradeoffPoint &one : m_curve.points) {
        const QPoint at = pointOf(one);
        if (const int distance = (at - point).manhattanLength(); !at.isNull() && distance < best) {
            best = distance;
            nearest = &one;
        }
    }
    if (nearest != nullptr)
        Q_EMIT picked(*nearest);
}

void LiveTradeoff::style()
{
    CostPlot::style();
    const QColor live = thresholdColour(palette());
    styleDots(m_points, m_dot);
    m_ring->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(selectionColour(palette()), 2.4), Qt::NoBrush, 18));
    m_open->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(live, 1.8), Qt::NoBrush, 11));
    m_bar->setPen(QPen(live, 1.6));
    m_bar->setWhiskerWidth(8);
}

} // namespace dscope
