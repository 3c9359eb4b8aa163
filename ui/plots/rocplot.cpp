// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/rocplot.h"
#include "ui/models/tarmodel.h"
#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
constexpr double grabPixels = 40; ///< how far a click may be from a point
constexpr double farFloor = 1e-8;
} // namespace

RocPlot::RocPlot(EvaluationState *state, QWidget *parent)
    : RunPlot(state, tr("ROC"), parent), m_liveCurve(addGraph()), m_livePoints(addGraph()), m_liveOpen(addGraph()), m_liveBars(new QCPErrorBars(xAxis, yAxis)),
      m_chosen(addGraph()), m_farLine(new QCPItemStraightLine(this))
{
    setObjectName(QStringLiteral("rocPlot"));
    setToolTip(tr("Click a point: its hardest pairs. Wheel: closer. Drag: move. Double click: everything."));
    xAxis->setLabel(tr("False acceptance rate (FAR)"));
    yAxis->setLabel(tr("True acceptance rate (TAR, %)"));
    useLog(xAxis, 1e-6, 1);
    yAxis->setRange(0, 100);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
    for (QCPGraph *graph : {m_liveCurve, m_livePoints, m_liveOpen, m_chosen}) {
        graph->setLayer(m_moving);
        graph->removeFromLegend();
    }
    m_livePoints->setName(tr("live threshold"));
    m_liveBars->removeFromLegend();
    m_liveBars->setLayer(m_moving);
    m_liveBars->setDataPlottable(m_livePoints);
    m_livePoints->setLineStyle(QCPGraph::lsNone);
    m_liveOpen->setLineStyle(QCPGraph::lsNone);
    m_chosen->setLineStyle(QCPGraph::lsNone);
    m_farLine->setLayer(QStringLiteral("grid"));
    style();
    redraw();
}

QString RocPlot::emptyText() const
{
    return tr("Here will be the ROC of every run:\nhow many genuine pairs are accepted\nat each rate of impostors let in.");
}

bool RocPlot::draw()
{
    m_lowest = 1;
    m_leftmost = 1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || run.run->rocFar.empty())
            continue;
        QVector<double> x;
        QVector<double> y;
        double atNone = -1;
        for (std::size_t i = 0; i < run.run->rocFar.size() && i < run.run->rocTar.size(); ++i) {
            if (!(run.run->rocFar[i] > 0)) {
                atNone = std::max(atNone, run.run->rocTar[i]);
                continue;
            }
            if (x.isEmpty() && atNone >= 0) { // to the left of the first impostor let in, what is reached with none
                x << farFloor;
                y << 100 * atNone;
            }
            x << run.run->rocFar[i];
            y << 100 * run.run->rocTar[i];
            m_leftmost = std::min(m_leftmost, run.run->rocFar[i]);
        }
        addCurve(run, x, y)->setLineStyle(QCPGraph::lsStepLeft);
        QVector<double> markX;
        QVector<double> markY;
        for (const FarPoint &point : run.run->strict) {
            if (!(point.target > 0))
                continue;
            markX << point.target;
            markY << 100 * point.tar;
            m_lowest = std::min(m_lowest, point.tar);
        }
        QCPGraph *marks = addCurve(run, markX, markY, false);
        marks->setLineStyle(QCPGraph::lsNone);
        marks->setScatterStyle(QCPScatterStyle(shapeOf(run.colour), colourOf(run), 8));
        any = true;
    }
    drawLive();
    drawChosen();
    if (m_live.atTar.isEmpty())
        m_livePoints->removeFromLegend();
    else
        m_livePoints->addToLegend();
    return any || !m_live.tar.isEmpty() || !m_live.atTar.isEmpty();
}

void RocPlot::fit()
{
    double lowest = m_lowest;
    double leftmost = std::min(m_leftmost, m_state->fars().front());
    for (const double tar : std::as_const(m_live.atTar))
        lowest = std::min(lowest, tar);
    xAxis->setRange(std::max(farFloor, leftmost * 0.8), 1);
    const double room = std::max(0.01, 1 - std::clamp(lowest, 0.0, 1.0));
    if (lowest >= 1 && m_state->runs().empty() && m_live.atTar.isEmpty())
        yAxis->setRange(0, 100);
    else
        yAxis->setRange(100 * std::max(0.0, lowest - 0.12 * room), 100 + 4 * room);
}

void RocPlot::setLive(const Live &live)
{
    const bool first = m_live.atTar.isEmpty() && !live.atTar.isEmpty();
    const bool gone = !m_live.atTar.isEmpty() && live.atTar.isEmpty();
    m_live = live;
    if (first || gone)
        return redraw(); // the message and the ranges depend on it
    drawLive();
    drawChosen();
    double lowest = 1;
    for (const double tar : std::as_const(m_live.atTar))
        lowest = std::min(lowest, tar);
    // A threshold that does badly must not leave the plot.
    if (!m_live.atTar.isEmpty() && 100 * lowest < yAxis->range().lower && yAxis->range().upper > 99) {
        yAxis->setRangeLower(std::max(0.0, 100 * lowest - 4));
        return replot(rpQueuedReplot);
    }
    m_moving->replot();
}

void RocPlot::drawLive()
{
    QVector<double> far;
    QVector<double> tar;
    double atNone = -1;
    for (qsizetype i = 0; i < m_live.far.size() && i < m_live.tar.size(); ++i)
        if (!(m_live.far[i] > 0)) {
            atNone = std::max(atNone, m_live.tar[i]);
        } else {
            if (far.isEmpty() && atNone >= 0) {
                far << farFloor;
                tar << 100 * atNone;
            }
            far << m_live.far[i];
            tar << 100 * m_live.tar[i];
        }
    m_liveCurve->setData(far, tar, true);
    m_liveCurve->setLineStyle(QCPGraph::lsStepLeft);
    QVector<double> x;
    QVector<double> y;
    QVector<double> minus;
    QVector<double> plus;
    QVector<double> openX;
    QVector<double> openY;
    for (qsizetype i = 0; i < m_live.atFar.size(); ++i) {
        if (!(m_live.atFar[i] > 0))
            continue;
        if (!m_live.resolved[static_cast<std::size_t>(i)]) {
            openX << m_live.atFar[i];
            openY << 100 * m_live.atTar[i];
            continue;
        }
        x << m_live.atFar[i];
        y << 100 * m_live.atTar[i];
        minus << 100 * std::max(0.0, m_live.atTar[i] - m_live.low[i]);
        plus << 100 * std::max(0.0, m_live.high[i] - m_live.atTar[i]);
    }
    m_livePoints->setData(x, y);
    m_liveOpen->setData(openX, openY);
    m_liveBars->setData(minus, plus);
    const auto wide = [&](const QVector<double> &widths) { return std::any_of(widths.begin(), widths.end(), [](double width) { return width > 0; }); };
    m_liveBars->setVisible(wide(minus) || wide(plus));
}

QPoint RocPlot::pointOf(int id, double far) const
{
    double tar = -1;
    if (id == EvaluationState::liveId) {
        for (qsizetype i = 0; i < m_live.atFar.size(); ++i)
            if (std::abs(m_live.atFar[i] - far) <= 1e-9 * far)
                tar = m_live.atTar[i];
    } else if (const ShownRun *run = m_state->find(id); run != nullptr && run->shown) {
        if (const FarPoint *point = pointAt(run->run->strict, far); point != nullptr)
            tar = point->tar;
    }
    if (!(tar >= 0) || !(far > 0))
        return {};
    return {qRound(xAxis->coordToPixel(far)), qRound(yAxis->coordToPixel(100 * tar))};
}

void RocPlot::drawChosen()
{
    const QPoint at = pointOf(m_state->current(), m_state->far());
    if (at.isNull())
        m_chosen->data()->clear();
    else
        m_chosen->setData({m_state->far()}, {yAxis->pixelToCoord(at.y())});
    m_farLine->point1->setCoords(m_state->far(), 1);
    m_farLine->point2->setCoords(m_state->far(), 2);
    // The exact height, not that of the pixel.
    if (const ShownRun *run = m_state->currentRun(); run != nullptr && !at.isNull())
        if (const FarPoint *point = pointAt(run->run->strict, m_state->far()); point != nullptr)
            m_chosen->setData({m_state->far()}, {100 * point->tar});
}

void RocPlot::pick(const QPoint &point)
{
    double best = grabPixels * grabPixels;
    int id = -1;
    double far = 0;
    const auto consider = [&](int run, double target) {
        const QPoint at = pointOf(run, target);
        if (at.isNull())
            return;
        const double dx = at.x() - point.x();
        const double dy = at.y() - point.y();
        if (const double distance = dx * dx + dy * dy; distance < best) {
            best = distance;
            id = run;
            far = target;
        }
    };
    for (const ShownRun &run : m_state->runs())
        if (run.shown)
            for (const FarPoint &at : run.run->strict)
                consider(run.id, at.target);
    for (const double target : std::as_const(m_live.atFar))
        consider(EvaluationState::liveId, target);
    if (id >= 0)
        Q_EMIT picked(id, far);
}

void RocPlot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    RunPlot::mousePressEvent(event);
}

void RocPlot::mouseReleaseEvent(QMouseEvent *event)
{
    RunPlot::mouseReleaseEvent(event);
    const QPoint point = event->position().toPoint();
    if (event->button() == Qt::LeftButton && (point - m_pressed).manhattanLength() <= clickSlack && axisRect()->rect().contains(point))
        pick(point);
}

void RocPlot::style()
{
    RunPlot::style();
    const QColor live = thresholdColour(palette());
    m_liveCurve->setPen(QPen(live, 1.6, Qt::DashLine));
    m_livePoints->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Base), 1), live, 9));
    m_liveOpen->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(live, 1.6), Qt::NoBrush, 9));
    m_liveBars->setPen(QPen(live, 1.6));
    m_liveBars->setWhiskerWidth(7);
    m_chosen->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Text), 1.6), Qt::NoBrush, 16));
    QColor line = subtleColour(palette());
    m_farLine->setPen(QPen(line, 1, Qt::DotLine));
}

} // namespace dscope
