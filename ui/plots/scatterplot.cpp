// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/scatterplot.h"

#include "ui/convert.h"
#include "ui/plots/densitypoints.h"
#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
constexpr double clickReach = 12;      ///< pixels from a point that still mean it
constexpr std::size_t mostRings = 500; ///< chosen pictures marked one by one
constexpr double keyStep = 0.1;        ///< of the view, an arrow key
constexpr double zoomStep = 1.25;
} // namespace

ScatterPlot::ScatterPlot(LabelState *state, QWidget *parent)
    : PlainPlot(tr("Own against hardest distance"), parent), m_state(state), m_points(new DensityPoints(xAxis, yAxis)),
      m_diagonal(new QCPItemStraightLine(this)), m_diagonalLabel(new QCPItemText(this)), m_sideLabel(new QCPItemText(this)), m_brushItem(new QCPItemRect(this)),
      m_chosen(addGraph()), m_current(addGraph()), m_currentLabel(new QCPItemText(this))
{
    setObjectName(QStringLiteral("scatter"));
    setFocusPolicy(Qt::StrongFocus);
    legend->setVisible(false);
    m_diagonal->point1->setCoords(0, 0);
    m_diagonal->point2->setCoords(1, 1);
    for (QCPItemText *label : {m_diagonalLabel, m_sideLabel}) {
        label->position->setTypeX(QCPItemPosition::ptAbsolute);
        label->position->setTypeY(QCPItemPosition::ptAbsolute);
        label->setClipToAxisRect(true);
    }
    m_brushItem->setLayer(m_moving);
    m_brushItem->setClipToAxisRect(true);
    for (QCPGraph *graph : {m_chosen, m_current}) {
        graph->setLayer(m_moving);
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setAntialiasedScatters(true);
    }
    m_currentLabel->setLayer(m_moving);
    m_currentLabel->setPadding(QMargins(5, 2, 5, 2));
    m_currentLabel->setPositionAlignment(Qt::AlignBottom | Qt::AlignHCenter);
    connect(state, &LabelState::setChanged, this, &ScatterPlot::takeSet);
    connect(state, &LabelState::brushChanged, this, [this] {
        // A brush of somebody else's has no rectangle here.
        if (!m_brushing)
            m_brush.reset();
        if (!m_drawing)
            drawBrush();
        if (m_points->points().size() != m_state->shown().size())
            takeSet();
        takeKinds();
    });
    connect(state, &LabelState::excludedChanged, this, &ScatterPlot::takeKinds);
    connect(state, &LabelState::chosenChanged, this, &ScatterPlot::takeChosen);
    style();
    takeSet();
    updateCursor();
}

void ScatterPlot::takeSet()
{
    const LabelSet *set = m_state->set().get();
    std::vector<DensityPoints::Point> points;
    points.reserve(m_state->shown().size());
    for (const int picture : m_state->shown())
        points.push_back({static_cast<float>(set->own(picture)), static_cast<float>(set->hardest(picture)), picture});
    m_points->setPoints(std::move(points));
    const bool cosine = set == nullptr || set->cosine();
    xAxis->setLabel(cosine ? tr("Own: cosine to the centre of its own class") : tr("Own: distance to the centre of its own class"));
    yAxis->setLabel(cosine ? tr("Hardest: cosine to the closest other centre") : tr("Hardest: distance to the closest other centre"));
    m_sideLabel->setText(tr("closer to another class"));
    m_diagonalLabel->setText(tr("own = hardest"));
    const bool any = !m_state->shown().empty();
    for (QCPAbstractItem *item : std::initializer_list<QCPAbstractItem *>{m_diagonal, m_diagonalLabel, m_sideLabel})
        item->setVisible(any);
    setMessage(any ? QString() : tr("No pictures yet"));
    m_brush.reset();
    style();
    takeKinds();
    showAll();
    takeChosen();
}

void ScatterPlot::takeKinds()
{
    const std::vector<DensityPoints::Point> &points = m_points->points();
    std::vector<std::uint8_t> kinds;
    if (m_state->hasBrush() || m_state->excludedCount() > 0) {
        kinds.resize(points.size());
        for (std::size_t i = 0; i < points.size(); ++i)
            kinds[i] = m_state->isExcluded(points[i].item) ? DensityPoints::Struck
                : !m_state->hasBrush()                     ? DensityPoints::Plain
                : m_state->isBrushed(points[i].item)       ? DensityPoints::Chosen
                                                           : DensityPoints::Faded;
    }
    m_points->setKinds(std::move(kinds));
    replot(rpQueuedReplot);
}

void ScatterPlot::takeChosen()
{
    const LabelSet *set = m_state->set().get();
    m_chosen->data()->clear();
    m_current->data()->clear();
    const int current = m_state->current();
    if (set != nullptr) {
        const std::vector<int> &chosen = m_state->chosen();
        for (std::size_t i = 0; i < std::min(mostRings, chosen.size()); ++i)
            m_chosen->addData(set->own(chosen[i]), set->hardest(chosen[i]));
        if (current >= 0) {
            m_current->addData(set->own(current), set->hardest(current));
            m_currentLabel->setText(toQString(set->person(set->label(current))));
        }
    }
    m_currentLabel->setVisible(set != nullptr && current >= 0);
    placeLabels();
    m_moving->replot();
}

void ScatterPlot::showAll()
{
    bool found = false;
    QCPRange x = m_points->getKeyRange(found);
    QCPRange y = m_points->getValueRange(found);
    if (!found)
        x = y = QCPRange(0, 1);
    const auto widen = [](QCPRange range) {
        const double margin = std::max(0.04 * range.size(), 0.01);
        return QCPRange(range.lower - margin, range.upper + margin);
    };
    xAxis->setRange(widen(x));
    yAxis->setRange(widen(y));
    viewMoved();
}

void ScatterPlot::viewMoved()
{
    drawBrush();
    replot(rpQueuedReplot);
}

void ScatterPlot::zoom(double factor)
{
    zoomAt(axisRect()->center(), factor);
}

void ScatterPlot::zoomAt(const QPointF &pixel, double factor)
{
    bool found = false;
    const QCPRange x = m_points->getKeyRange(found);
    // Neither so far away that the points are one pixel, nor closer than numbers can be told apart.
    const double size = xAxis->range().size() / factor;
    if (!found || size > 8 * std::max(x.size(), 0.1) || size < 1e-5)
        return;
    xAxis->scaleRange(1 / factor, xAxis->pixelToCoord(pixel.x()));
    yAxis->scaleRange(1 / factor, yAxis->pixelToCoord(pixel.y()));
    viewMoved();
}

void ScatterPlot::pan(double right, double up)
{
    xAxis->moveRange(right);
    yAxis->moveRange(up);
    viewMoved();
}

void ScatterPlot::setMode(Mode mode)
{
    m_mode = mode;
    updateCursor();
}

void ScatterPlot::updateCursor()
{
    setCursor(m_panning ? Qt::ClosedHandCursor : m_mode == Mode::Move ? Qt::OpenHandCursor : Qt::CrossCursor);
}

void ScatterPlot::style()
{
    PlainPlot::style();
    const bool dark = isDark(palette());
    const QColor base = palette().color(QPalette::Base);
    QColor faded = subtleColour(palette());
    QColor fadedDense = faded;
    faded.setAlpha(70);
    fadedDense.setAlpha(190);
    m_points->setColours(DensityPoints::Plain, dark ? QColor(0x2b, 0x6c, 0xa8) : QColor(0x6c, 0xae, 0xe8),
                         dark ? QColor(0xdc, 0xf1, 0xff) : QColor(0x08, 0x2c, 0x5c));
    m_points->setColours(DensityPoints::Faded, faded, fadedDense);
    m_points->setColours(DensityPoints::Chosen, dark ? QColor(0xd0, 0x86, 0x20) : QColor(0xf0, 0x9a, 0x2c),
                         dark ? QColor(0xff, 0xec, 0xc4) : QColor(0x8a, 0x46, 0x00));
    m_points->setColours(DensityPoints::Struck, thresholdColour(palette()), thresholdColour(palette()));
    QColor shade = thresholdColour(palette());
    shade.setAlpha(dark ? 26 : 16);
    m_points->setShade(shade, !m_state->set() || m_state->set()->cosine());
    m_diagonal->setPen(QPen(subtleColour(palette()), 1.2, Qt::DashLine));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    for (QCPItemText *label : {m_diagonalLabel, m_sideLabel})
        label->setFont(small);
    m_diagonalLabel->setColor(subtleColour(palette()));
    m_sideLabel->setColor(thresholdColour(palette()));
    QColor veil = selectionColour(palette());
    m_brushItem->setPen(QPen(veil, 1.2));
    veil.setAlpha(26);
    m_brushItem->setBrush(veil);
    QPen ring(selectionColour(palette()), 1.6);
    m_chosen->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, ring, QBrush(base), 8));
    m_current->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Text), 2), QBrush(selectionColour(palette())), 12));
    QColor ground = base;
    ground.setAlpha(225);
    m_currentLabel->setBrush(ground);
    m_currentLabel->setPen(QPen(selectionColour(palette()), 1));
    m_currentLabel->setColor(palette().color(QPalette::Text));
    m_currentLabel->setFont(small);
}

void ScatterPlot::placeLabels()
{
    const QRectF area = axisRect()->rect();
    constexpr double gap = 6;
    // Along the line, near its upper end within the axes.
    const double high = std::min(xAxis->range().upper, yAxis->range().upper);
    const double low = std::max(xAxis->range().lower, yAxis->range().lower);
    m_diagonalLabel->setVisible(!m_state->shown().empty() && high > low);
    if (high > low) {
        const double at = low + 0.9 * (high - low);
        const QPointF end(xAxis->coordToPixel(at), yAxis->coordToPixel(at));
        const QPointF start(xAxis->coordToPixel(low), yAxis->coordToPixel(low));
        m_diagonalLabel->setRotation(std::atan2(end.y() - start.y(), end.x() - start.x()) * 180 / M_PI);
        m_diagonalLabel->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
        m_diagonalLabel->position->setCoords(end + QPointF(0, 3));
    }
    const bool above = !m_state->set() || m_state->set()->cosine();
    m_sideLabel->setPositionAlignment(above ? Qt::AlignLeft | Qt::AlignTop : Qt::AlignRight | Qt::AlignBottom);
    m_sideLabel->position->setCoords(above ? area.topLeft() + QPointF(gap, gap) : area.bottomRight() - QPointF(gap, gap));
    if (m_state->current() >= 0) {
        const QPointF point = pointOf(m_state->current());
        const double half = QFontMetricsF(m_currentLabel->font()).horizontalAdvance(m_currentLabel->text()) / 2 + gap;
        const bool below = point.y() - area.top() < 40;
        m_currentLabel->position->setType(QCPItemPosition::ptAbsolute);
        m_currentLabel->setPositionAlignment(Qt::AlignHCenter | (below ? Qt::AlignTop : Qt::AlignBottom));
        m_currentLabel->position->setCoords(std::clamp(point.x(), area.left() + half, std::max(area.left() + half, area.right() - half)),
                                            point.y() + (below ? 10 : -10));
        m_currentLabel->setVisible(area.contains(point));
    }
}

QPoint ScatterPlot::pointOf(int picture) const
{
    const LabelSet &set = *m_state->set();
    return {qRound(xAxis->coordToPixel(set.own(picture))), qRound(yAxis->coordToPixel(set.hardest(picture)))};
}

void ScatterPlot::drawBrush()
{
    m_brushItem->setVisible(m_brush.has_value());
    if (m_brush) {
        m_brushItem->topLeft->setCoords(m_brush->left(), m_brush->bottom());
        m_brushItem->bottomRight->setCoords(m_brush->right(), m_brush->top());
    }
    m_moving->replot();
}

void ScatterPlot::applyBrush()
{
    std::vector<int> inside;
    for (const DensityPoints::Point &point : m_points->points())
        if (m_brush->contains(QPointF(static_cast<double>(point.x), static_cast<double>(point.y))))
            inside.push_back(point.item);
    m_brushing = true;
    m_state->setBrush(inside);
    m_brushing = false;
}

void ScatterPlot::clicked(const QPoint &point)
{
    QVariant picture;
    const double distance = m_points->selectTest(point, false, &picture);
    if (distance >= 0 && distance <= clickReach)
        Q_EMIT m_state->pictureWanted(picture.toInt());
    else
        m_state->clearBrush();
}

void ScatterPlot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = m_last = event->position().toPoint();
    if (m_state->shown().empty() || !axisRect()->rect().contains(m_pressed))
        return event->ignore();
    setFocus(Qt::MouseFocusReason);
    const bool left = event->button() == Qt::LeftButton;
    m_panning = (left && m_mode == Mode::Move) || event->button() == Qt::MiddleButton || event->button() == Qt::RightButton;
    m_drawing = false;
    updateCursor();
    event->accept();
}

void ScatterPlot::mouseMoveEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (m_panning) {
        pan(xAxis->pixelToCoord(m_last.x()) - xAxis->pixelToCoord(point.x()), yAxis->pixelToCoord(m_last.y()) - yAxis->pixelToCoord(point.y()));
    } else if (event->buttons().testFlag(Qt::LeftButton) && (m_drawing || (point - m_pressed).manhattanLength() > clickSlack)) {
        m_drawing = true;
        const QPointF a(xAxis->pixelToCoord(m_pressed.x()), yAxis->pixelToCoord(m_pressed.y()));
        const QPointF b(xAxis->pixelToCoord(point.x()), yAxis->pixelToCoord(point.y()));
        m_brush = QRectF(QPointF(std::min(a.x(), b.x()), std::min(a.y(), b.y())), QPointF(std::max(a.x(), b.x()), std::max(a.y(), b.y())));
        drawBrush();
    }
    m_last = point;
    event->accept();
}

void ScatterPlot::mouseReleaseEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    const bool wasPanning = m_panning;
    m_panning = false;
    updateCursor();
    event->accept();
    if (m_drawing) {
        m_drawing = false;
        return applyBrush();
    }
    if (event->button() == Qt::LeftButton && (point - m_pressed).manhattanLength() <= clickSlack && axisRect()->rect().contains(point)
        && (!wasPanning || m_mode == Mode::Move))
        clicked(point);
}

void ScatterPlot::mouseDoubleClickEvent(QMouseEvent *event)
{
    showAll();
    event->accept();
}

void ScatterPlot::wheelEvent(QWheelEvent *event)
{
    zoomAt(event->position(), std::pow(zoomStep, event->angleDelta().y() / 120.0));
    event->accept();
}

void ScatterPlot::keyPressEvent(QKeyEvent *event)
{
    const double x = keyStep * xAxis->range().size();
    const double y = keyStep * yAxis->range().size();
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: return zoom(zoomStep);
    case Qt::Key_Minus: return zoom(1 / zoomStep);
    case Qt::Key_0: return showAll();
    case Qt::Key_Left: return pan(-x, 0);
    case Qt::Key_Right: return pan(x, 0);
    case Qt::Key_Up: return pan(0, y);
    case Qt::Key_Down: return pan(0, -y);
    default: PlainPlot::keyPressEvent(event);
    }
}

} // namespace dscope
