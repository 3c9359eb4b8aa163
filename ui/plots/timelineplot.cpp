// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/timelineplot.h"

#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/plots/scorepoints.h"
#include "ui/theme.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace dscope {

TimelinePlot::TimelinePlot(ThresholdState *state, QWidget *parent) : Plot(state, tr("D-score against time"), parent)
{
    setObjectName(QStringLiteral("timeline"));
    yAxis->setRange(0, 1);
    yAxis->setLabel(tr("D-score"));
    legend->setVisible(false);
    m_points = new ScorePoints(xAxis, yAxis);
    // Buffered apart from axes and grid: a threshold move draws the points and the lines, nothing else.
    addLayer(QStringLiteral("points"), layer(QStringLiteral("main")), limAbove);
    layer(QStringLiteral("points"))->setMode(QCPLayer::lmBuffered);
    m_points->setLayer(QStringLiteral("points"));
    m_line = new QCPItemStraightLine(this);
    m_line->setLayer(m_moving);
    m_head = new QCPItemStraightLine(this);
    m_head->setLayer(m_moving);
    m_label = new QCPItemText(this);
    m_label->setLayer(m_moving);
    m_label->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    setInteractions(QCP::iRangeZoom | QCP::iRangeDrag);
    axisRect()->setRangeZoom(Qt::Horizontal);
    axisRect()->setRangeDrag(Qt::Horizontal);
    connect(state, &ThresholdState::changed, this, [this] {
        mark();
        moveMarker();
        layer(QStringLiteral("points"))->replot();
        m_moving->replot();
    });
    style();
    setDocument(nullptr);
}

void TimelinePlot::setDocument(DocumentPtr document)
{
    m_document = std::move(document);
    m_source = -1;
    m_playhead = -1;
    setContent(m_document && m_document->sourceCount() > 0 ? 0 : -1, {});
}

double TimelinePlot::keyOf(int face) const
{
    if (m_video)
        return m_document->element(face).timeS;
    return face - m_document->source(m_source).firstFace + 1;
}

void TimelinePlot::setContent(int source, const std::vector<int> &groups)
{
    m_source = m_document && source >= 0 && source < m_document->sourceCount() ? source : -1;
    m_groups = groups;
    std::vector<ScorePoints::Datum> points;
    if (m_source >= 0) {
        m_video = m_document->isVideo(m_source);
        const Document::SourceRef &ref = m_document->source(m_source);
        const std::set<int> chosen(groups.begin(), groups.end());
        points.reserve(static_cast<std::size_t>(ref.faces));
        for (int face = ref.firstFace; face < ref.firstFace + ref.faces; ++face)
            if (chosen.empty() || chosen.contains(m_document->face(face).group))
                points.push_back({keyOf(face), m_document->element(face).dScore, face});
        std::sort(points.begin(), points.end(), [](const auto &a, const auto &b) { return a.key != b.key ? a.key < b.key : a.face < b.face; });
    }
    setMessage(points.empty() ? tr("Nothing scored yet") : QString());
    m_points->setPoints(std::move(points));
    xAxis->setLabel(m_source >= 0 && !m_video ? tr("Place in the list") : tr("Time (s)"));
    mark();
    fit();
    moveMarker();
    replot(rpQueuedReplot);
}

void TimelinePlot::fit()
{
    double last = 1;
    double first = 0;
    if (m_source >= 0 && m_video) {
        last = std::max(m_document->sourceData(m_source).durationS, m_points->points().empty() ? 0.0 : m_points->points().back().key);
    } else if (!m_points->points().empty()) {
        first = m_points->points().front().key - 1;
        last = m_points->points().back().key + 1;
    }
    const double margin = std::max(1e-3, (last - first) * 0.015);
    xAxis->setRange(first - margin, last + margin);
}

void TimelinePlot::mark()
{
    const auto &points = m_points->points();
    QBitArray kept(static_cast<qsizetype>(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i)
        kept.setBit(static_cast<qsizetype>(i), m_document->kept(points[i].face, m_state->keep()));
    m_points->setKept(std::move(kept));
}

void TimelinePlot::moveMarker()
{
    const Keep &keep = m_state->keep();
    const bool byThreshold = keep.mode == Keep::Mode::Threshold;
    m_line->point1->setCoords(0, keep.threshold);
    m_line->point2->setCoords(1, keep.threshold);
    m_line->setPen(QPen(thresholdColour(palette()), 2, byThreshold ? Qt::SolidLine : Qt::DotLine));
    m_label->setText(tr("t = %1").arg(scoreText(keep.threshold)));
    m_label->setPositionAlignment(Qt::AlignRight | (keep.threshold > 0.85 ? Qt::AlignTop : Qt::AlignBottom));
    m_label->position->setCoords(0.995, keep.threshold);
    const bool there = !m_points->points().empty();
    m_line->setVisible(there);
    m_label->setVisible(there);
    m_head->setVisible(there && m_playhead >= 0);
    m_head->point1->setCoords(m_playhead, 0);
    m_head->point2->setCoords(m_playhead, 1);
}

void TimelinePlot::setPlayhead(double key)
{
    m_playhead = key;
    moveMarker();
    m_moving->replot();
}

void TimelinePlot::setPlayheadAtFace(int face)
{
    setPlayhead(m_document && face >= 0 && m_source == m_document->face(face).source ? keyOf(face) : -1);
}

void TimelinePlot::style()
{
    Plot::style();
    m_points->setColours(keptColour(palette()), droppedColour(palette()));
    m_head->setPen(QPen(selectionColour(palette()), 1.6));
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(200);
    m_label->setBrush(ground);
    m_label->setColor(thresholdColour(palette()));
    m_label->setFont(font());
    moveMarker();
}

QPoint TimelinePlot::markerPoint() const
{
    return {axisRect()->center().x(), qRound(yAxis->coordToPixel(m_state->threshold()))};
}

QPoint TimelinePlot::pointOf(int face) const
{
    for (const ScorePoints::Datum &point : m_points->points())
        if (point.face == face)
            return {qRound(xAxis->coordToPixel(point.key)), qRound(yAxis->coordToPixel(static_cast<double>(point.score)))};
    return {};
}

double TimelinePlot::thresholdAt(const QPoint &point) const
{
    return yAxis->pixelToCoord(point.y());
}

bool TimelinePlot::grabs(const QPoint &point) const
{
    return std::abs(point.y() - markerPoint().y()) <= 5 && axisRect()->rect().contains(point);
}

void TimelinePlot::clicked(const QPoint &point)
{
    const auto &points = m_points->points();
    if (points.empty())
        return;
    // Nearest on the screen, time counting more than score: a click beside all points still goes to that moment.
    int best = -1;
    double nearest = 0;
    for (const ScorePoints::Datum &datum : points) {
        const double dx = xAxis->coordToPixel(datum.key) - point.x();
        const double dy = (yAxis->coordToPixel(static_cast<double>(datum.score)) - point.y()) * 0.3;
        const double distance = dx * dx + dy * dy;
        if (best < 0 || distance < nearest) {
            best = datum.face;
            nearest = distance;
        }
    }
    Q_EMIT faceClicked(best);
}

void TimelinePlot::mouseDoubleClickEvent(QMouseEvent *event)
{
    QCustomPlot::mouseDoubleClickEvent(event);
    fit();
    replot(rpQueuedReplot);
}

} // namespace dscope
