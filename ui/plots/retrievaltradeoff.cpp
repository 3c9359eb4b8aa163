// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/retrievaltradeoff.h"

#include "ui/convert.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/retrievalmodel.h"
#include "ui/theme.h"

#include <QMouseEvent>

#include <algorithm>

namespace dscope {

namespace {
constexpr int s_grab = 25; ///< pixels

/// CMC at the first of the ranks, which is 1.
double firstOf(const LiveRetrievalFigures &figures)
{
    return figures.cmc.empty() ? 0 : figures.cmc.front();
}
} // namespace

RetrievalTradeoffPlot::RetrievalTradeoffPlot(QWidget *parent)
    : PlainPlot(tr("Trade-off of the retrieval"), parent), m_map(addGraph()), m_first(addGraph()), m_marks(addGraph()), m_dots(addGraph()),
      m_line(new QCPItemStraightLine(this)), m_label(new QCPItemText(this)), m_progress(new QCPItemText(this))
{
    setObjectName(QStringLiteral("retrievalTradeoff"));
    setToolTip(tr("Click a point of a curve: the threshold goes there."));
    setInteractions(QCP::iRangeZoom);
    m_map->setName(tr("mAP"));
    m_first->setName(tr("CMC-1"));
    for (QCPGraph *graph : {m_marks, m_dots}) {
        graph->setLineStyle(QCPGraph::lsNone);
        graph->removeFromLegend();
    }
    for (QCPLayerable *moving : std::initializer_list<QCPLayerable *>{m_dots, m_line, m_label})
        moving->setLayer(m_moving);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    m_progress->setLayer(QStringLiteral("overlay"));
    m_progress->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_progress->position->setCoords(0.5, 0.01);
    m_progress->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
    m_hint = tr("Here will be what a threshold costs and gives:\nmAP and CMC-1 against the share of person crops kept.");
    style();
    draw();
}

double RetrievalTradeoffPlot::costAt(double keptShare) const
{
    switch (m_across) {
    case Across::KeptShare: return 100 * keptShare;
    case Across::Mac: return costOf(m_curve.prices, keptShare).macPerFace / 1e9;
    case Across::Flop: return costOf(m_curve.prices, keptShare).flopPerFace / 1e9;
    }
    return 0;
}

double RetrievalTradeoffPlot::across(const RetrievalTradeoffPoint &point) const
{
    switch (m_across) {
    case Across::KeptShare: return 100 * point.result.keptShare;
    case Across::Mac: return point.cost.macPerFace / 1e9;
    case Across::Flop: return point.cost.flopPerFace / 1e9;
    }
    return 0;
}

void RetrievalTradeoffPlot::setCurve(const RetrievalTradeoff &curve)
{
    m_curve = curve;
    if (!hasPrices() && !m_curve.points.empty())
        m_across = Across::KeptShare;
    draw();
}

void RetrievalTradeoffPlot::setProtocol(RetrievalProtocol protocol)
{
    m_protocol = protocol;
    draw();
}

void RetrievalTradeoffPlot::setAcross(Across across)
{
    m_across = hasPrices() || m_curve.points.empty() ? across : Across::KeptShare;
    draw();
}

void RetrievalTradeoffPlot::setMarker(const std::optional<LiveRetrievalPoint> &point)
{
    m_marker = point;
    drawMarker();
    m_moving->replot();
}

void RetrievalTradeoffPlot::setHint(const QString &hint)
{
    m_hint = hint;
    draw();
}

void RetrievalTradeoffPlot::draw()
{
    for (const Mark &mark : m_texts)
        removeItem(mark.text);
    m_texts.clear();
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
    double low = 100;
    double high = 0;
    double left = 0;
    double right = m_across == Across::KeptShare ? 100 : 0;
    bool any = false;
    for (const RetrievalTradeoffPoint &point : m_curve.points) {
        const LiveRetrievalFigures *figures = point.result.by(m_protocol);
        if (figures == nullptr)
            continue;
        const double at = across(point);
        const double values[] = {100 * figures->map, 100 * firstOf(*figures)};
        low = std::min({low, values[0], values[1]});
        high = std::max({high, values[0], values[1]});
        left = any ? std::min(left, at) : at;
        right = std::max(right, at);
        any = true;
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
        m_texts.push_back({text, at, values[0]});
    }
    m_map->setData(x, map, true);
    m_first->setData(x, first, true);
    m_marks->setData(markX, markY);
    legend->setVisible(any);
    setMessage(any ? QString() : m_hint);
    m_progress->setVisible(any && !m_curve.complete);
    m_progress->setText(tr("%n point(s) so far, filling in…", nullptr, static_cast<int>(m_curve.points.size())));
    const double wide = std::max(1e-9, right - left);
    xAxis->setRange(any ? left - 0.04 * wide : 0, any ? right + 0.04 * wide : 100);
    const double tall = std::max(0.4, high - low);
    yAxis->setRange(any ? low - 0.12 * tall : 0, any ? std::min(104.0, high + 0.18 * tall) : 100);
    drawMarker();
    replot(rpQueuedReplot);
}

void RetrievalTradeoffPlot::drawMarker()
{
    const LiveRetrievalFigures *figures = m_marker && !m_curve.points.empty() ? m_marker->by(m_protocol) : nullptr;
    m_line->setVisible(figures != nullptr);
    m_label->setVisible(figures != nullptr);
    m_dots->data()->clear();
    if (figures == nullptr)
        return;
    const double x = costAt(m_marker->keptShare);
    m_line->point1->setCoords(x, 0);
    m_line->point2->setCoords(x, 1);
    m_dots->setData({x, x}, {100 * figures->map, 100 * firstOf(*figures)});
    m_label->setText(tr("mAP %1").arg(percentText(figures->map, 2)));
    placeLabels();
}

void RetrievalTradeoffPlot::placeLabels()
{
    if (m_label->visible() && m_marker) {
        const double x = costAt(m_marker->keptShare);
        placeBeside(m_label, x, x > xAxis->range().center(), Qt::AlignBottom);
    }
    placeMarks(m_texts);
}

QPoint RetrievalTradeoffPlot::pointOf(const RetrievalTradeoffPoint &point) const
{
    const LiveRetrievalFigures *figures = point.result.by(m_protocol);
    return figures != nullptr ? QPoint(qRound(xAxis->coordToPixel(across(point))), qRound(yAxis->coordToPixel(100 * figures->map))) : QPoint();
}

void RetrievalTradeoffPlot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    PlainPlot::mousePressEvent(event);
}

void RetrievalTradeoffPlot::mouseReleaseEvent(QMouseEvent *event)
{
    PlainPlot::mouseReleaseEvent(event);
    const QPoint point = event->position().toPoint();
    if (event->button() != Qt::LeftButton || (point - m_pressed).manhattanLength() > clickSlack || !axisRect()->rect().contains(point))
        return;
    const RetrievalTradeoffPoint *nearest = nullptr;
    int best = s_grab;
    for (const RetrievalTradeoffPoint &one : m_curve.points) {
        const LiveRetrievalFigures *figures = one.result.by(m_protocol);
        if (figures == nullptr)
            continue;
        const int x = qRound(xAxis->coordToPixel(across(one)));
        for (const double value : {figures->map, firstOf(*figures)})
            if (const int distance = (QPoint(x, qRound(yAxis->coordToPixel(100 * value))) - point).manhattanLength(); distance < best) {
                best = distance;
                nearest = &one;
            }
    }
    if (nearest != nullptr)
        Q_EMIT picked(RetrievalTradeoffPoint(*nearest)); // who hears it may replace the curve
}

void RetrievalTradeoffPlot::changeEvent(QEvent *event)
{
    PlainPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        draw();
}

void RetrievalTradeoffPlot::style()
{
    PlainPlot::style();
    const QColor live = thresholdColour(palette());
    legend->setIconSize(22, 10);
    const QColor map = runColour(0, palette());
    const QColor first = runColour(2, palette());
    m_map->setPen(QPen(map, 1.9));
    m_map->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, map, 5));
    m_first->setPen(QPen(first, 1.9, Qt::DashLine));
    m_first->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, first, 5));
    m_marks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(palette().color(QPalette::Text), 1.4), palette().color(QPalette::Base), 10));
    m_dots->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Base), 1.5), live, 11));
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
