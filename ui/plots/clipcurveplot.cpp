// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/clipcurveplot.h"

#include "ui/convert.h"
#include "ui/models/evaluationstate.h"
#include "ui/theme.h"

#include <QMouseEvent>

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope {

namespace {

constexpr int s_reach = 30; ///< pixels

QCPScatterStyle::ScatterShape shapeOfCurve(std::size_t curve)
{
    constexpr std::array shapes{QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssTriangle, QCPScatterStyle::ssDiamond,
                                QCPScatterStyle::ssCross};
    return shapes[curve % shapes.size()];
}

} // namespace

ClipCurvePlot::ClipCurvePlot(QWidget *parent) : PlainPlot(tr("Accuracy against the clips"), parent), m_denseLine(addGraph()), m_live(addGraph())
{
    setObjectName(QStringLiteral("clipCurves"));
    xAxis->setLabel(tr("Clips kept per video"));
    legend->setVisible(true);
    m_denseLine->setName(tr("dense: the mean of all"));
    m_live->setName(tr("live"));
    m_live->setLayer(m_moving);
    m_live->setLineStyle(QCPGraph::lsNone);
    m_live->removeFromLegend();
    style();
    draw();
}

double ClipCurvePlot::figureOf(double top1, double top5) const
{
    return 100 * (m_figure == Figure::Top1 ? top1 : (top1 + top5) / 2);
}

void ClipCurvePlot::setCurves(const std::vector<ClipCurve> &curves)
{
    m_curves = curves;
    draw();
}

void ClipCurvePlot::setFigure(Figure figure)
{
    m_figure = figure;
    draw();
}

void ClipCurvePlot::setDense(const std::optional<std::pair<double, double>> &top1AndMean)
{
    m_dense = top1AndMean;
    draw();
}

void ClipCurvePlot::setLive(const std::optional<LiveClassesPoint> &point, double clips)
{
    m_point = point;
    m_clips = clips;
    draw();
}

void ClipCurvePlot::draw()
{
    for (QCPGraph *graph : m_graphs)
        removeGraph(graph);
    m_graphs.clear();
    yAxis->setLabel(m_figure == Figure::Top1 ? tr("Top-1 (%)") : tr("Mean of top-1 and top-5 (%)"));
    double low = 100;
    double high = 0;
    double last = 1;
    const auto see = [&](double y) {
        low = std::min(low, y);
        high = std::max(high, y);
    };
    for (std::size_t c = 0; c < m_curves.size(); ++c) {
        QVector<double> x;
        QVector<double> y;
        for (const ClipCurve::Point &point : m_curves[c].points) {
            x << point.keptPerVideo;
            y << figureOf(point.top1, point.top5);
            see(y.back());
            last = std::max(last, x.back());
        }
        QCPGraph *graph = addGraph();
        graph->setName(toQString(m_curves[c].title));
        graph->setData(x, y);
        m_graphs.push_back(graph);
    }
    m_denseLine->data()->clear();
    if (m_dense && !m_curves.empty()) {
        const double y = 100 * (m_figure == Figure::Top1 ? m_dense->first : m_dense->second);
        m_denseLine->setData({0, last}, {y, y});
        see(y);
    }
    m_live->data()->clear();
    if (m_point) {
        m_live->setData({m_clips}, {figureOf(m_point->top1, m_point->top5)});
        see(figureOf(m_point->top1, m_point->top5));
    }
    const double room = std::max(1.0, high - low);
    xAxis->setRange(0, 1.04 * last);
    yAxis->setRange(std::max(0.0, low - 0.1 * room), std::min(100.0 + 0.05 * room, high + 0.12 * room));
    setMessage(m_curves.empty() ? tr("Here will be how accuracy follows the number of clips\nthat are looked at.") : QString());
    style();
    placeLegend();
    replot(rpQueuedReplot);
}

void ClipCurvePlot::style()
{
    PlainPlot::style();
    for (std::size_t c = 0; c < m_graphs.size(); ++c) {
        const QColor colour = runColour(static_cast<int>(c), palette());
        m_graphs[c]->setPen(QPen(colour, c == 0 ? 2.4 : 1.5));
        m_graphs[c]->setScatterStyle(QCPScatterStyle(shapeOfCurve(c), colour, 6));
    }
    m_denseLine->setPen(QPen(subtleColour(palette()), 1.2, Qt::DashLine));
    m_live->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(thresholdColour(palette()), 2.4), Qt::NoBrush, 13));
}

QPoint ClipCurvePlot::pointOf(int curve, int point) const
{
    const ClipCurve::Point &one = m_curves[static_cast<std::size_t>(curve)].points[static_cast<std::size_t>(point)];
    return {qRound(xAxis->coordToPixel(one.keptPerVideo)), qRound(yAxis->coordToPixel(figureOf(one.top1, one.top5)))};
}

void ClipCurvePlot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->pos();
    PlainPlot::mousePressEvent(event);
}

void ClipCurvePlot::mouseReleaseEvent(QMouseEvent *event)
{
    PlainPlot::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || (event->pos() - m_pressed).manhattanLength() > clickSlack)
        return;
    int best = 0;
    double nearest = s_reach;
    for (int c = 0; c < curveCount(); ++c)
        for (int i = 0; i < static_cast<int>(m_curves[static_cast<std::size_t>(c)].points.size()); ++i) {
            const QPoint away = pointOf(c, i) - event->pos();
            if (const double distance = std::hypot(away.x(), away.y()); distance < nearest) {
                nearest = distance;
                best = m_curves[static_cast<std::size_t>(c)].points[static_cast<std::size_t>(i)].k;
            }
        }
    if (best > 0)
        Q_EMIT picked(best);
}

} // namespace dscope
