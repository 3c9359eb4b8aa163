// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/retrievaltradeoff.h"

#include "ui/convert.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/retrievalmodel.h"
#include "ui/theme.h"

#include <algorithm>

namespace dscope {

namespace {
/// CMC at the first of the ranks, which is 1.
double firstOf(const LiveRetrievalFigures &figures)
{
    return figures.cmc.empty() ? 0 : figures.cmc.front();
}
} // namespace

RetrievalTradeoffPlot::RetrievalTradeoffPlot(QWidget *parent)
    : CostPlot(tr("Trade-off of the retrieval"), tr("Here will be what a threshold costs and gives:\nmAP and CMC-1 against the share of person crops kept."),
               parent),
      m_map(addGraph()), m_first(addGraph()), m_marks(addGraph()), m_dots(addGraph())
{
    setObjectName(QStringLiteral("retrievalTradeoff"));
    m_map->setName(tr("mAP"));
    m_first->setName(tr("CMC-1"));
    for (QCPGraph *graph : {m_marks, m_dots}) {
        graph->setLineStyle(QCPGraph::lsNone);
        graph->removeFromLegend();
    }
    for (QCPLayerable *moving : std::initializer_list<QCPLayerable *>{m_dots, m_line, m_label})
        moving->setLayer(m_moving);
    style();
    draw();
}

void RetrievalTradeoffPlot::setCurve(const RetrievalTradeoff &curve)
{
    m_curve = curve;
    m_prices = curve.prices;
    if (!hasPrices() && !m_curve.points.empty())
        m_across = Across::KeptShare;
    draw();
}

void RetrievalTradeoffPlot::setProtocol(RetrievalProtocol protocol)
{
    m_protocol = protocol;
    draw();
}

void RetrievalTradeoffPlot::setMarker(const std::optional<LiveRetrievalPoint> &point)
{
    m_marker = point;
    drawMarker();
    m_moving->replot();
}

void RetrievalTradeoffPlot::draw()
{
    removeMarks();
    switch (m_across) {
    case Across::KeptShare: xAxis->setLabel(tr("Person crops kept (%)")); break;
    case Across::Mac: xAxis->setLabel(tr("Mean cost per person crop (G MAC, %1)").arg(toQString(m_curve.prices.title))); break;
    case Across::Flop: xAxis->setLabel(tr("Mean cost per person crop (GFLOP, %1)").arg(toQString(m_curve.prices.title))); break;
    }
    yAxis->setLabel(tr("mAP and CMC-1 (%, %1)").arg(protocolText(m_protocol)));
    QVector<double> x;
    QVector<double> map;
    QVector<double> first;
    QVector<double> markX;
    QVector<double> markY;
    Extent extent;
    for (const RetrievalTradeoffPoint &point : m_curve.points) {
        const LiveRetrievalFigures *figures = point.result.by(m_protocol);
        if (figures == nullptr)
            continue;
        const double at = acrossOf(point);
        const double values[] = {100 * figures->map, 100 * firstOf(*figures)};
        for (const double value : values)
            extent.see(at, value);
        if (point.mark == TradeoffMark::None) {
            x << at;
            map << values[0];
            first << values[1];
            continue;
        }
        for (const double value : values) {
            markX << at;
            markY << value;
        }
        addMark(point.mark, at, values[0]);
    }
    m_map->setData(x, map, true);
    m_first->setData(x, first, true);
    m_marks->setData(markX, markY);
    legend->setVisible(extent.any);
    showExtent(extent, m_curve.complete, 104);
    drawMarker();
    replot(rpQueuedReplot);
}

void RetrievalTradeoffPlot::drawMarker()
{
    const LiveRetrievalFigures *figures = m_marker && !m_curve.points.empty() ? m_marker->by(m_protocol) : nullptr;
    hideLine();
    m_dots->data()->clear();
    if (figures == nullptr)
        return;
    const double x = costAt(m_marker->keptShare);
    m_dots->setData({x, x}, {100 * figures->map, 100 * firstOf(*figures)});
    setLine(m_marker->keptShare, tr("mAP %1").arg(percentText(figures->map, 2)));
    placeLabels();
}

QPoint RetrievalTradeoffPlot::pointOf(const RetrievalTradeoffPoint &point) const
{
    const LiveRetrievalFigures *figures = point.result.by(m_protocol);
    return figures != nullptr ? QPoint(qRound(xAxis->coordToPixel(acrossOf(point))), qRound(yAxis->coordToPixel(100 * figures->map))) : QPoint();
}

void RetrievalTradeoffPlot::click(const QPoint &point)
{
    const RetrievalTradeoffPoint *nearest = nullptr;
    int best = reach;
    for (const RetrievalTradeoffPoint &one : m_curve.points) {
        const LiveRetrievalFigures *figures = one.result.by(m_protocol);
        if (figures == nullptr)
            continue;
        const int x = qRound(xAxis->coordToPixel(acrossOf(one)));
        for (const double value : {figures->map, firstOf(*figures)})
            if (const int distance = (QPoint(x, qRound(yAxis->coordToPixel(100 * value))) - point).manhattanLength(); distance < best) {
                best = distance;
                nearest = &one;
            }
    }
    if (nearest != nullptr)
        Q_EMIT picked(RetrievalTradeoffPoint(*nearest)); // who hears it may replace the curve
}

void RetrievalTradeoffPlot::style()
{
    CostPlot::style();
    const QColor map = runColour(0, palette());
    const QColor first = runColour(2, palette());
    m_map->setPen(QPen(map, 1.9));
    m_map->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, map, 5));
    m_first->setPen(QPen(first, 1.9, Qt::DashLine));
    m_first->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, first, 5));
    styleDots(m_marks, m_dots);
}

} // namespace dscope
