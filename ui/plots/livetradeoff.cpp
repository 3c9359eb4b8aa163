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
    : PlainPlot(tr("Trade-off"), parent), m_points(addGraph()), m_ring(addGraph()), m_dot(addGraph()), m_open(addGraph()),
      m_bar(new QCPErrorBars(xAxis, yAxis)), m_line(new QCPItemStraightLine(this)), m_label(new QCPItemText(this)), m_progress(new QCPItemText(this))
{
    setObjectName(QStringLiteral("liveTradeoff"));
    setToolTip(tr("Click a point of a curve: the threshold goes there."));
    setInteractions(QCP::iRangeZoom);
    for (QCPGraph *graph : {m_points, m_ring, m_dot, m_open}) {
        graph->setLineStyle(QCPGraph::lsNone);
        graph->removeFromLegend();
    }
    m_bar->removeFromLegend();
    m_bar->setDataPlottable(m_dot);
    for (QCPLayerable *moving : std::initializer_list<QCPLayerable *>{m_ring, m_dot, m_open, m_bar, m_line, m_label})
        moving->setLayer(m_moving);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    m_progress->setLayer(QStringLiteral("overlay"));
    m_progress->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_progress->position->setCoords(0.5, 0.01); // the marker's label is at the bottom
    m_progress->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft); // where cheap and accurate would be: nearly always free
    m_hint = tr("Here will be what a threshold costs and gives:\naccuracy against the share of faces kept,\nfor several ways to weigh them.");
    style();
    draw();
}

double LiveTradeoff::costAt(double keptShare) const
{
    switch (m_across) {
    case Across::KeptShare: return 100 * keptShare;
    case Across::Mac: return costOf(m_curve.prices, keptShare).macPerFace / 1e9;
    case Across::Flop: return costOf(m_curve.prices, keptShare).flopPerFace / 1e9;
    }
    return 0;
}

double LiveTradeoff::across(const TradeoffPoint &point) const
{
    switch (m_across) {
    case Across::KeptShare: return 100 * point.keptShare;
    case Across::Mac: return point.cost.macPerFace / 1e9;
    case Across::Flop: return point.cost.flopPerFace / 1e9;
    }
    return 0;
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
    if (!hasPrices())
        m_across = Across::KeptShare;
    draw();
}

void LiveTradeoff::setFar(double far)
{
    m_far = far;
    draw();
}

void LiveTradeoff::setAcross(Across across)
{
    m_across = hasPrices() || m_curve.points.empty() ? across : Across::KeptShare;
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

void LiveTradeoff::setHint(const QString &hint)
{
    m_hint = hint;
    draw();
}

void LiveTradeoff::draw()
{
    for (QCPGraph *line : m_lines)
        removeGraph(line);
    m_lines.clear();
    for (const Mark &mark : m_marks)
        removeItem(mark.text);
    m_marks.clear();
    switch (m_across) {
    case Across::KeptShare: xAxis->setLabel(tr("Faces kept (%)")); break;
    case Across::Mac: xAxis->setLabel(tr("Mean cost per face (G MAC, %1)").arg(toQString(m_curve.prices.title))); break;
    case Across::Flop: xAxis->setLabel(tr("Mean cost per face (GFLOP, %1)").arg(toQString(m_curve.prices.title))); break;
    }
    yAxis->setLabel(tr("TAR at FAR %1 (%)").arg(farText(m_far)));
    double low = 100;
    double high = 0;
    double left = 0;
    double right = m_across == Across::KeptShare ? 100 : 0;
    bool any = false;
    const auto see = [&](double x, double y) {
        low = std::min(low, y);
        high = std::max(high, y);
        right = std::max(right, x);
        left = any ? std::min(left, x) : x;
        any = true;
    };
    static constexpr std::array<Qt::PenStyle, 4> dashes{Qt::SolidLine, Qt::DashLine, Qt::DashDotLine, Qt::DotLine};
    for (std::size_t m = 0; m < m_curve.titles.size(); ++m) {
        QVector<double> x;
        QVector<double> y;
        for (const TradeoffPoint &point : m_curve.points)
            if (const std::optional<double> tar = tarOf(point); point.method == m && tar) {
                x << across(point);
                y << *tar;
                see(x.back(), y.back());
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
            markX << across(point);
            markY << *tar;
            see(markX.back(), markY.back());
            auto *text = new QCPItemText(this);
            text->setPadding(QMargins(4, 1, 4, 1));
            text->setText(toQString(name(point.mark)));
            text->setColor(palette().color(QPalette::Text));
            QColor ground = palette().color(QPalette::Base);
            ground.setAlpha(200);
            text->setBrush(ground);
            QFont small = font();
            small.setPointSizeF(small.pointSizeF() * 0.9);
            text->setFont(small);
            m_marks.push_back({text, markX.back(), markY.back()});
        }
    m_points->setData(markX, markY);
    legend->setVisible(!m_lines.empty());
    setMessage(any ? QString() : m_hint);
    m_progress->setVisible(any && !m_curve.complete);
    m_progress->setText(tr("%n point(s) so far, filling in…", nullptr, static_cast<int>(m_curve.points.size())));
    const double wide = std::max(1e-9, right - left);
    xAxis->setRange(any ? left - 0.04 * wide : 0, any ? right + 0.04 * wide : 100);
    const double tall = std::max(0.4, high - low);
    yAxis->setRange(any ? low - 0.12 * tall : 0, any ? std::min(101.0, high + 0.18 * tall) : 100);
    drawMarker();
    replot(rpQueuedReplot);
}

void LiveTradeoff::drawMarker()
{
    const bool there = m_marker.has_value() && !m_curve.points.empty();
    m_line->setVisible(there);
    m_label->setVisible(there);
    m_dot->data()->clear();
    m_open->data()->clear();
    m_bar->setVisible(false);
    if (there) {
        const double x = costAt(m_marker->keptShare);
        const double y = 100 * m_marker->tar;
        m_line->point1->setCoords(x, 0);
        m_line->point2->setCoords(x, 1);
        if (m_marker->resolved) {
            m_dot->setData({x}, {y});
            m_bar->setData({std::max(0.0, y - 100 * m_marker->low)}, {std::max(0.0, 100 * m_marker->high - y)});
            m_bar->setVisible(m_marker->high > m_marker->low);
        } else {
            m_open->setData({x}, {y});
        }
        m_label->setText(!m_marker->resolved   ? tr("not resolved")
                             : m_marker->exact ? percentText(m_marker->tar, 2)
                                               : tr("≈ %1").arg(percentText(m_marker->tar, 2)));
    }
    const std::optional<double> tar = m_recommended ? tarOf(*m_recommended) : std::nullopt;
    if (tar)
        m_ring->setData({across(*m_recommended)}, {*tar});
    else
        m_ring->data()->clear();
    placeLabels();
}

void LiveTradeoff::placeLabels()
{
    if (m_label->visible() && m_marker) {
        const double x = costAt(m_marker->keptShare);
        placeBeside(m_label, x, x > xAxis->range().center(), Qt::AlignBottom);
    }
    placeMarks(m_marks);
}

QPoint LiveTradeoff::pointOf(const TradeoffPoint &point) const
{
    const std::optional<double> tar = tarOf(point);
    return tar ? QPoint(qRound(xAxis->coordToPixel(across(point))), qRound(yAxis->coordToPixel(*tar))) : QPoint();
}

void LiveTradeoff::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    PlainPlot::mousePressEvent(event);
}

void LiveTradeoff::mouseReleaseEvent(QMouseEvent *event)
{
    PlainPlot::mouseReleaseEvent(event);
    const QPoint point = event->position().toPoint();
    if (event->button() != Qt::LeftButton || (point - m_pressed).manhattanLength() > clickSlack || !axisRect()->rect().contains(point))
        return;
    const TradeoffPoint *nearest = nullptr;
    int best = 25;
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

void LiveTradeoff::changeEvent(QEvent *event)
{
    PlainPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        draw();
}

void LiveTradeoff::style()
{
    PlainPlot::style();
    const QColor live = thresholdColour(palette());
    legend->setIconSize(22, 10);
    m_points->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(palette().color(QPalette::Text), 1.4), palette().color(QPalette::Base), 10));
    m_ring->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(selectionColour(palette()), 2.4), Qt::NoBrush, 18));
    m_dot->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Base), 1.5), live, 11));
    m_open->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(live, 1.8), Qt::NoBrush, 11));
    m_bar->setPen(QPen(live, 1.6));
    m_bar->setWhiskerWidth(8);
    m_line->setPen(QPen(live, 1.4));
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(215);
    m_label->setBrush(ground);
    m_label->setColor(live);
    m_label->setFont(font());
    m_progress->setColor(subtleColour(palette()));
    m_progress->setFont(font());
}

} // namespace dscope
