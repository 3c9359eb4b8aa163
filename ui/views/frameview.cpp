#include "ui/views/frameview.h"

#include "ui/theme.h"

#include <QMouseEvent>
#include <QPainter>

namespace dscope {

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

QRectF FrameView::target() const
{
    const QSizeF size = QSizeF(m_size).scaled(QSizeF(this->size()), Qt::KeepAspectRatio);
    return {QPointF((width() - size.width()) / 2, (height() - size.height()) / 2), size};
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
    const QRectF area = target();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(area, m_image);
    painter.setRenderHint(QPainter::Antialiasing);
    const double scale = area.width() / m_size.width();
    // Pixel (0, 0) of the picture is centred half a pixel in.
    const auto place = [&](double x, double y) { return QPointF(area.left() + (x + 0.5) * scale, area.top() + (y + 0.5) * scale); };
    QFont font = painter.font();
    font.setBold(true);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    for (const Overlay &overlay : m_overlays) {
        const Box &box = overlay.box;
        const QRectF outline(place(box.x, box.y), place(box.x + box.w, box.y + box.h));
        const QColor colour = overlay.current ? QColor(0xff, 0xb0, 0x20) : overlay.kept ? QColor(0x4c, 0xa8, 0xf0) : QColor(0xb0, 0xb6, 0xbe);
        painter.setBrush(Qt::NoBrush);
        // A dark outline below keeps the line visible on bright pictures.
        painter.setPen(QPen(QColor(0, 0, 0, 130), overlay.current ? 4 : 3));
        painter.drawRect(outline);
        painter.setPen(QPen(colour, overlay.current ? 2 : 1.3, overlay.kept ? Qt::SolidLine : Qt::DashLine));
        painter.drawRect(outline);
        if (!overlay.text.isEmpty()) {
            QRectF label(0, 0, metrics.horizontalAdvance(overlay.text) + 8, metrics.height() + 2);
            label.moveBottomLeft(outline.topLeft() - QPointF(1, 1));
            if (label.top() < area.top())
                label.moveTop(outline.bottom() + 1);
            label.moveRight(std::min(label.right(), area.right()));
            label.moveLeft(std::max(label.left(), area.left()));
            label.moveBottom(std::min(label.bottom(), area.bottom()));
            painter.fillRect(label, colour);
            painter.setPen(QColor(0x10, 0x14, 0x18));
            painter.drawText(label, Qt::AlignCenter, overlay.text);
        }
        if (overlay.landmarks) {
            painter.setPen(QPen(QColor(0, 0, 0, 160), 1));
            painter.setBrush(overlay.current ? QColor(0x6c, 0xf0, 0x8c) : colour);
            for (const Point &point : *overlay.landmarks)
                painter.drawEllipse(place(point.x, point.y), 2.6, 2.6);
        }
    }
}

void FrameView::mousePressEvent(QMouseEvent *event)
{
    if (m_image.isNull() || event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    const QRectF area = target();
    const double scale = area.width() / m_size.width();
    const QPointF point = (event->position() - area.topLeft()) / scale;
    for (const Overlay &overlay : m_overlays)
        if (overlay.face >= 0 && QRectF(overlay.box.x, overlay.box.y, overlay.box.w, overlay.box.h).contains(point)) {
            Q_EMIT faceClicked(overlay.face);
            return;
        }
}

} // namespace dscope
