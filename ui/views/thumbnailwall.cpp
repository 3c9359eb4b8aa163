// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/thumbnailwall.h"

#include "ui/delegates/facedelegate.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/models/thresholdstate.h"
#include "ui/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>

namespace dscope {

ThumbnailWall::ThumbnailWall(FaceModel *model, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent)
    : QAbstractItemView(parent), m_faces(model), m_cache(cache), m_delegate(new FaceDelegate(cache, this))
{
    setObjectName(QStringLiteral("wall"));
    setAccessibleName(tr("Faces"));
    setItemDelegate(m_delegate);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // its coming and going would change the number of columns
    setTabKeyNavigation(false);
    setDragEnabled(false);
    setMouseTracking(false);
    m_requestTimer.setSingleShot(true);
    m_requestTimer.setInterval(0);
    connect(&m_requestTimer, &QTimer::timeout, this, &ThumbnailWall::request);
    connect(cache, &ThumbnailCache::arrived, viewport(), qOverload<>(&QWidget::update));
    // A threshold move changes how items look, never which there are or where.
    connect(state, &ThresholdState::changed, viewport(), qOverload<>(&QWidget::update));
    m_cell = m_delegate->cell(fontMetrics());
    setModel(model);
    connect(model, &QAbstractItemModel::layoutChanged, this, [this] {
        viewport()->update();
        m_requestTimer.start();
        if (currentIndex().isValid())
            scrollTo(currentIndex());
    });
}

int ThumbnailWall::count() const
{
    return model() != nullptr ? model()->rowCount(rootIndex()) : 0;
}

int ThumbnailWall::zoom() const
{
    return m_delegate->side();
}

void ThumbnailWall::setZoom(int side)
{
    side = std::clamp(side, smallest, largest);
    if (side == zoom())
        return;
    // What is in the middle stays in the middle; the current face goes before it when it can be seen.
    const auto [first, last] = visibleRows();
    int anchor = (first + last) / 2;
    if (currentIndex().isValid() && currentIndex().row() >= first && currentIndex().row() <= last)
        anchor = currentIndex().row();
    m_delegate->setSide(side);
    layOut();
    if (count() > 0)
        scrollTo(model()->index(std::clamp(anchor, 0, count() - 1), 0), PositionAtCenter);
    viewport()->update();
    Q_EMIT zoomChanged(side);
}

void ThumbnailWall::layOut()
{
    m_cell = m_delegate->cell(fontMetrics());
    m_columns = std::max(1, viewport()->width() / m_cell.width());
    m_left = std::max(0, (viewport()->width() - m_columns * m_cell.width()) / 2);
    const int rows = (count() + m_columns - 1) / m_columns;
    verticalScrollBar()->setRange(0, std::max(0, rows * m_cell.height() - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(std::max(1, m_cell.height() / 3));
    m_requestTimer.start();
}

QRect ThumbnailWall::cellRect(int row) const
{
    return {m_left + row % m_columns * m_cell.width(), row / m_columns * m_cell.height() - verticalOffset(), m_cell.width(), m_cell.height()};
}

std::pair<int, int> ThumbnailWall::visibleRows() const
{
    const int first = verticalOffset() / m_cell.height() * m_columns;
    const int last = ((verticalOffset() + viewport()->height() - 1) / m_cell.height() + 1) * m_columns - 1;
    return {first, std::min(last, count() - 1)};
}

QRect ThumbnailWall::visualRect(const QModelIndex &index) const
{
    return index.isValid() ? cellRect(index.row()) : QRect();
}

void ThumbnailWall::scrollTo(const QModelIndex &index, ScrollHint hint)
{
    if (!index.isValid())
        return;
    const QRect cell = cellRect(index.row());
    int move = 0;
    if (hint == PositionAtCenter)
        move = cell.center().y() - viewport()->height() / 2;
    else if (hint == PositionAtTop || cell.top() < 0)
        move = cell.top();
    else if (hint == PositionAtBottom || cell.bottom() >= viewport()->height())
        move = cell.bottom() - viewport()->height() + 1;
    verticalScrollBar()->setValue(verticalScrollBar()->value() + move);
}

QModelIndex ThumbnailWall::indexAt(const QPoint &point) const
{
    const int x = point.x() - m_left;
    const int y = point.y() + verticalOffset();
    if (x < 0 || y < 0 || x >= m_columns * m_cell.width())
        return {};
    const int row = y / m_cell.height() * m_columns + x / m_cell.width();
    return row < count() ? model()->index(row, 0) : QModelIndex();
}

void ThumbnailWall::reset()
{
    QAbstractItemView::reset();
    layOut();
    verticalScrollBar()->setValue(0);
    viewport()->update();
}

int ThumbnailWall::verticalOffset() const
{
    return verticalScrollBar()->value();
}

QModelIndex ThumbnailWall::moveCursor(CursorAction action, Qt::KeyboardModifiers)
{
    if (count() == 0)
        return {};
    if (!currentIndex().isValid())
        return model()->index(0, 0);
    const int page = std::max(1, viewport()->height() / m_cell.height()) * m_columns;
    int row = currentIndex().row();
    switch (action) {
    case MoveLeft:
    case MovePrevious: row -= 1; break;
    case MoveRight:
    case MoveNext: row += 1; break;
    case MoveUp: row = row >= m_columns ? row - m_columns : row; break;
    case MoveDown: row = row + m_columns < count() ? row + m_columns : (row / m_columns < (count() - 1) / m_columns ? count() - 1 : row); break;
    case MovePageUp: row = row >= page ? row - page : row % m_columns; break;
    case MovePageDown: row = row + page < count() ? row + page : count() - 1; break;
    case MoveHome: row = 0; break;
    case MoveEnd: row = count() - 1; break;
    }
    return model()->index(std::clamp(row, 0, count() - 1), 0);
}

void ThumbnailWall::setSelection(const QRect &rect, QItemSelectionModel::SelectionFlags flags)
{
    if (count() == 0)
        return;
    QItemSelection selection;
    const auto add = [&](int first, int last) {
        if (first <= last)
            selection.select(model()->index(first, 0), model()->index(last, 0));
    };
    if (m_banding) {
        // A band takes the cells it touches, a piece of each line.
        const QRect area = rect.normalized().translated(-m_left, verticalOffset());
        const int left = std::max(0, area.left() / m_cell.width());
        const int right = std::min(m_columns - 1, area.right() / m_cell.width());
        const int top = std::max(0, area.top() / m_cell.height());
        const int bottom = std::min((count() - 1) / m_columns, area.bottom() / m_cell.height());
        if (area.right() >= 0)
            for (int line = top; line <= bottom; ++line)
                add(line * m_columns + left, std::min(line * m_columns + right, count() - 1));
    } else {
        // From the base class: two cells joined by Shift, or one cell. The run of rows between them, as text is selected.
        const QModelIndex current = indexAt(rect.bottomRight());
        const QModelIndex pressed = indexAt(rect.topLeft());
        if (pressed.isValid() && current.isValid()) {
            add(std::min(pressed.row(), current.row()), std::max(pressed.row(), current.row()));
        } else if (pressed.isValid() || current.isValid()) {
            const int row = pressed.isValid() ? pressed.row() : current.row();
            add(row, row);
        }
    }
    selectionModel()->select(selection, flags);
}

QRegion ThumbnailWall::visualRegionForSelection(const QItemSelection &selection) const
{
    QRegion region;
    const auto [first, last] = visibleRows();
    for (const QItemSelectionRange &range : selection)
        for (int row = std::max(first, range.top()); row <= std::min(last, range.bottom()); ++row)
            region += cellRect(row);
    return region;
}

void ThumbnailWall::updateGeometries()
{
    layOut();
    QAbstractItemView::updateGeometries();
}

void ThumbnailWall::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QAbstractItemView::currentChanged(current, previous);
    Q_EMIT faceChosen(current.isValid() ? m_faces->faceAt(current.row()) : -1);
}

void ThumbnailWall::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    const auto [first, last] = visibleRows();
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    const QStyle::State plain = option.state & ~(QStyle::State_Selected | QStyle::State_HasFocus);
    const bool active = isActiveWindow();
    for (int row = std::max(0, first); row <= last; ++row) {
        option.rect = cellRect(row);
        if (!event->region().intersects(option.rect))
            continue;
        const QModelIndex index = model()->index(row, 0);
        option.state = plain;
        option.state.setFlag(QStyle::State_Active, active);
        option.state.setFlag(QStyle::State_Selected, selectionModel()->isSelected(index));
        option.state.setFlag(QStyle::State_HasFocus, hasFocus() && index == currentIndex());
        m_delegate->paint(&painter, option, index);
    }
    if (m_banding) {
        const QRect band = QRect(m_bandFrom, m_bandTo).normalized().translated(0, -verticalOffset());
        QColor fill = palette().color(QPalette::Highlight);
        painter.setPen(fill);
        fill.setAlpha(50);
        painter.setBrush(fill);
        painter.drawRect(band);
    }
}

void ThumbnailWall::resizeEvent(QResizeEvent *event)
{
    const int first = visibleRows().first;
    QAbstractItemView::resizeEvent(event);
    const int before = m_columns;
    layOut();
    if (m_columns != before && count() > 0 && first < count())
        scrollTo(model()->index(first, 0), PositionAtTop);
}

void ThumbnailWall::wheelEvent(QWheelEvent *event)
{
    if (!event->modifiers().testFlag(Qt::ControlModifier))
        return QAbstractItemView::wheelEvent(event);
    setZoom(zoom() + (event->angleDelta().y() > 0 ? 8 : -8));
    event->accept();
}

void ThumbnailWall::scrollContentsBy(int, int dy)
{
    viewport()->scroll(0, dy);
    m_requestTimer.start();
}

void ThumbnailWall::changeEvent(QEvent *event)
{
    QAbstractItemView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        layOut();
}

void ThumbnailWall::mousePressEvent(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (event->button() == Qt::LeftButton && !indexAt(point).isValid()) {
        m_banding = true;
        m_bandFrom = m_bandTo = point + QPoint(0, verticalOffset());
        if (!(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)))
            selectionModel()->clearSelection();
        viewport()->update();
        return;
    }
    QAbstractItemView::mousePressEvent(event);
}

void ThumbnailWall::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_banding)
        return QAbstractItemView::mouseMoveEvent(event);
    const QPoint point = event->position().toPoint();
    if (point.y() < 0 || point.y() > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + (point.y() < 0 ? point.y() : point.y() - viewport()->height()));
    m_bandTo = point + QPoint(0, verticalOffset());
    setSelection(QRect(m_bandFrom, m_bandTo).normalized().translated(0, -verticalOffset()),
                 event->modifiers().testFlag(Qt::ControlModifier) ? QItemSelectionModel::Select : QItemSelectionModel::ClearAndSelect);
    viewport()->update();
}

void ThumbnailWall::mouseReleaseEvent(QMouseEvent *event)
{
    if (!m_banding)
        return QAbstractItemView::mouseReleaseEvent(event);
    m_banding = false;
    viewport()->update();
}

void ThumbnailWall::startDrag(Qt::DropActions)
{
    // Pictures are not dragged out of the wall; the base class would start doing so after the first pixels of a selecting drag.
}

void ThumbnailWall::request()
{
    const auto [first, last] = visibleRows();
    std::vector<int> faces;
    const auto add = [&](int from, int to) {
        for (int row = std::max(0, from); row <= std::min(to, count() - 1); ++row)
            faces.push_back(m_faces->faceAt(row));
    };
    add(first, last);
    // Then one page below, one above: what the next turn of the wheel shows.
    const int page = last - first + 1;
    add(last + 1, last + page);
    add(first - page, first - 1);
    m_cache->want(this, faces, qRound(zoom() * devicePixelRatioF()));
}

} // namespace dscope
