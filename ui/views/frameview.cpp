// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/frameview.h"

#include "ui/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace dscope {

namespace {
constexpr double gap = 6; ///< pixels between the whole picture and the enlarged part
}

FrameView::FrameView(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("frame"));
    setAccessibleName(tr("Whole picture"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void FrameView::setImage(const QImage &image, const QSize &size)
{
    m_image = image;
    m_size = size;
    m_message.clear();
    update();
}

void FrameView::setOverlays(std::vector<Overlay> overlays)
{
    m_overlays = std::move(overlays);
    update();
}

void FrameView::setMessage(const QString &message)
{
    m_image = {};
    m_overlays.clear();
    m_message = message;
    update();
}

std::vector<FrameView::View> FrameView::views() const
{
    const QRectF whole(QPointF(0, 0), QSizeF(m_size));
    const QSizeF fitted = QSizeF(m_size).scaled(QSizeF(size()), Qt::KeepAspectRatio);
    const double room = height() - fitted.height() - gap;
    const auto current = std::find_if(m_overlays.begin(), m_overlays.end(), [](const Overlay &overlay) { return overlay.current; });
    if (current == m_overlays.end() || room < height() * 0.3 || current->box.w <= 0 || current->box.h <= 0)
        return {{QRectF(QPointF((width() - fitted.width()) / 2, (height() - fitted.height()) / 2), fitted), whole}};
    const QRectF top(QPointF((width() - fitted.width()) / 2, 0), fitted);
    // The face fills about half of the smaller side of what is left; the picture's own edges are kept.
    const QRectF bottom(0, fitted.height() + gap, width(), room);
    const Box &box = current->box;
    const double scale =
        std::max(std::min(bottom.width() / box.w, bottom.height() / box.h) * 0.5, std::max(bottom.width() / m_size.width(), bottom.height() / m_size.height()));
    QRectF part(QPointF(0, 0), bottom.size() / scale);
    part.moveCenter(QPointF(box.x + box.w / 2, box.y + box.h / 2));
    part.moveLeft(std::clamp(part.left(), 0.0, std::max(0.0, m_size.width() - part.width())));
    part.moveTop(std::clamp(part.top(), 0.0, std::max(0.0, m_size.height() - part.height())));
    return {{top, whole, false}, {bottom, part}};
}

void FrameView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (m_image.isNull()) {
        painter.setPen(subtleColour(palette()));
        painter.drawText(rect().adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap, m_message);
        return;
    }
    QFont font = painter.font();
    font.setBold(true);
    painter.setFont(font);
    for (const View &view : views())
        paintView(painter, view);
}

void FrameView::paintView(QPainter &painter, const View &view) const
{
    const QRectF &area = view.target;
    const double shrink = static_cast<double>(m_image.width()) / m_size.width(); // the worker may have made it smaller
    painter.save();
    painter.setClipRect(area);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(area, m_image, QRectF(view.part.topLeft() * shrink, view.part.size() * shrink));
    painter.setRenderHint(QPainter::Antialiasing);
    const double scale = view.scale();
    // Pixel (0, 0) of the picture is centred half a pixel in.
    const auto place = [&](double x, double y) { return area.topLeft() + (QPointF(x + 0.5, y + 0.5) - view.part.topLeft()) * scale; };
    const QFontMetricsF metrics(painter.font());
    std::vector<QRectF> labels;
    // The current face first among the labels, last among the boxes, so that neither is hidden by another's.
    const auto colourOf = [](const Overlay &overlay) {
        return overlay.current ? QColor(0xff, 0xb0, 0x20) : overlay.kept ? QColor(0x4c, 0xa8, 0xf0) : QColor(0xb0, 0xb6, 0xbe);
    };
    for (const Overlay &overlay : m_overlays) {
        const Box &box = overlay.box;
        const QRectF outline(place(box.x, box.y), place(box.x + box.w, box.y + box.h));
        const bool boxed = box.w > 0 && box.h > 0;
        if (boxed) {
            painter.setBrush(Qt::NoBrush);
            // A dark outline below keeps the line visible on bright pictures.
            painter.setPen(QPen(QColor(0, 0, 0, 130), overlay.current ? 4 : 3));
            painter.drawRect(outline);
            painter.setPen(QPen(colourOf(overlay), overlay.current ? 2 : 1.3, overlay.kept ? Qt::SolidLine : Qt::DashLine));
            painter.drawRect(outline);
        }
        // On a face of a few pixels the points would hide what they mark.
        if (overlay.landmarks && (!boxed || outline.width() > 30)) {
            painter.setPen(QPen(QColor(0, 0, 0, 160), 1));
            painter.setBrush(overlay.current ? QColor(0x6c, 0xf0, 0x8c) : colourOf(overlay));
            for (const Point &point : *overlay.landmarks)
                painter.drawEllipse(place(point.x, point.y), 2.6, 2.6);
        }
    }
    for (auto overlay = m_overlays.rbegin(); overlay != m_overlays.rend(); ++overlay) {
        const Box &box = overlay->box;
        const QRectF outline(place(box.x, box.y), place(box.x + box.w, box.y + box.h));
        if (overlay->text.isEmpty() || box.w <= 0 || box.h <= 0 || (!overlay->current && !view.labels) || !outline.intersects(area))
            continue;
        QRectF label(0, 0, metrics.horizontalAdvance(overlay->text) + 8, metrics.height() + 2);
        label.moveBottomLeft(outline.topLeft() - QPointF(1, 1));
        if (label.top() < area.top())
            label.moveTop(outline.bottom() + 1);
        label.moveRight(std::min(label.right(), area.right()));
        label.moveLeft(std::max(label.left(), area.left()));
        label.moveBottom(std::min(label.bottom(), area.bottom()));
        if (std::any_of(labels.begin(), labels.end(), [&](const QRectF &other) { return other.intersects(label); }))
            continue;
        labels.push_back(label);
        painter.fillRect(label, colourOf(*overlay));
        painter.setPen(QColor(0x10, 0x14, 0x18));
        painter.drawText(label, Qt::AlignCenter, overlay->text);
    }
    painter.restore();
}

void FrameView::mousePressEvent(QMouseEvent *event)
{
    if (m_image.isNull() || event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    for (const View &view : views()) {
        if (!view.target.contains(event->position()))
            continue;
        const QPointF point = view.part.topLeft() + (event->position() - view.target.topLeft()) / view.scale();
        for (const Overlay &overlay : m_overlays)
            if (overlay.face >= 0 && QRectF(overlay.box.x, overlay.box.y, overlay.box.w, overlay.box.h).contains(point)) {
                Q_EMIT faceClicked(overlay.face);
                return;
            }
    }
}

} // namespace dscope
