// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plainplot.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/theme.h"

#include <QBuffer>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string_view>

namespace dscope {

namespace {
void write(const QString &path, const QByteArray &bytes)
{
    writeAtomically(toPath(path), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}
} // namespace

PlainPlot::PlainPlot(const QString &name, QWidget *parent) : QCustomPlot(parent)
{
    setAccessibleName(name);
    setFocusPolicy(Qt::ClickFocus);
    setNoAntialiasingOnDrag(true);
    addLayer(QStringLiteral("moving"), layer(QStringLiteral("axes")), limAbove);
    m_moving = layer(QStringLiteral("moving"));
    m_moving->setMode(QCPLayer::lmBuffered);
    m_message = new QCPItemText(this);
    m_message->setLayer(QStringLiteral("overlay"));
    m_message->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_message->position->setCoords(0.5, 0.5);
    m_message->setPositionAlignment(Qt::AlignCenter);
    m_message->setTextAlignment(Qt::AlignCenter);
    m_message->setVisible(false);
    axisRect()->setAutoMargins(QCP::msAll);
    axisRect()->setMinimumMargins(QMargins(4, 8, 12, 4));
    connect(this, &QCustomPlot::afterLayout, this, [this] {
        placeLegend();
        placeLabels();
    });
}

void PlainPlot::setMessage(const QString &message)
{
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
}

void PlainPlot::savePng(const QString &path, double scale)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (!toPixmap(width(), height(), scale).toImage().save(&buffer, "PNG"))
        throw FileError(toPath(path), "the plot could not be encoded as PNG");
    write(path, buffer.data());
}

void PlainPlot::saveSvg(const QString &path)
{
    write(path, svg(size()));
}

QByteArray PlainPlot::svg(const QSize &size)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    const QRect whole(QPoint(0, 0), size);
    generator.setViewBox(whole);
    generator.setTitle(accessibleName());
    generator.setDescription(QStringLiteral("Dscope"));
    QCPPainter painter;
    painter.begin(&generator);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.fillRect(whole, palette().color(QPalette::Base));
    toPainter(&painter, size.width(), size.height());
    painter.end();
    return buffer.data();
}

void PlainPlot::savePdf(const QString &path)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setTitle(accessibleName());
        writer.setCreator(QStringLiteral("Dscope"));
        writer.setResolution(logicalDpiX());
        writer.setPageMargins(QMarginsF(0, 0, 0, 0));
        writer.setPageSize(QPageSize(QSizeF(size()) / logicalDpiX(), QPageSize::Inch, QString(), QPageSize::ExactMatch));
        QCPPainter painter;
        if (!painter.begin(&writer))
            throw FileError(toPath(path), "the plot could not be drawn as PDF");
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.fillRect(rect(), palette().color(QPalette::Base));
        toPainter(&painter, width(), height());
        painter.end();
    }
    write(path, buffer.data());
}

void PlainPlot::save(const QString &path)
{
    if (path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive))
        saveSvg(path);
    else if (path.endsWith(QStringLiteral(".pdf"), Qt::CaseInsensitive))
        savePdf(path);
    else
        savePng(path);
}

void PlainPlot::styleAxis(QCPAxis *axis)
{
    const QPalette colours = palette();
    const QPen line(subtleColour(colours), 1);
    axis->setBasePen(line);
    axis->setTickPen(line);
    axis->setSubTickPen(line);
    axis->setTickLabelColor(colours.color(QPalette::Text));
    axis->setLabelColor(colours.color(QPalette::Text));
    QColor grid = subtleColour(colours);
    grid.setAlpha(50);
    axis->grid()->setPen(QPen(grid, 1));
    axis->grid()->setZeroLinePen(Qt::NoPen);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    axis->setTickLabelFont(small);
    axis->setLabelFont(small);
    axis->setLabelPadding(2);
}

void PlainPlot::placeBeside(QCPItemText *label, double x, bool preferLeft, Qt::AlignmentFlag edge)
{
    constexpr double gap = 4;
    const QRectF area = axisRect()->rect();
    const double width = QFontMetricsF(label->font()).horizontalAdvance(label->text()) + label->padding().left() + label->padding().right();
    const double line = xAxis->coordToPixel(x);
    const bool fitsLeft = line - gap - width >= area.left();
    const bool fitsRight = line + gap + width <= area.right();
    const bool left = preferLeft ? fitsLeft || !fitsRight : fitsLeft && !fitsRight;
    double from = left ? line - gap - width : line + gap;
    from = std::max(area.left(), std::min(from, area.right() - width));
    label->setPositionAlignment(Qt::AlignLeft | edge);
    label->position->setTypeX(QCPItemPosition::ptAbsolute);
    label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    label->position->setCoords(from, edge == Qt::AlignTop ? 0.01 : 0.99);
}

void PlainPlot::placeLegend()
{
    QCPLayoutInset *inset = axisRect()->insetLayout();
    if (legend == nullptr || !legend->visible() || inset->elementCount() != 1)
        return;
    const QRect area = inset->rect();
    QRect box = legend->outerRect();
    if (area.isEmpty() || box.isEmpty())
        return;
    static constexpr std::array<Qt::Alignment::Int, 4> corners{Qt::AlignTop | Qt::AlignLeft, Qt::AlignTop | Qt::AlignRight, Qt::AlignBottom | Qt::AlignLeft,
                                                               Qt::AlignBottom | Qt::AlignRight};
    std::array<QRectF, 4> places;
    std::array<double, 4> hidden{};
    for (std::size_t i = 0; i < corners.size(); ++i) {
        (corners[i] & Qt::AlignLeft) != 0 ? box.moveLeft(area.left()) : box.moveRight(area.right());
        (corners[i] & Qt::AlignTop) != 0 ? box.moveTop(area.top()) : box.moveBottom(area.bottom());
        places[i] = box;
    }
    // Curves by their length, looked at every few pixels: one long line counts as much as many short ones.
    constexpr double apart = 4;
    const auto see = [&](const QPointF &point, double weight) {
        for (std::size_t i = 0; i < places.size(); ++i)
            hidden[i] += places[i].contains(point) ? weight : 0;
    };
    const auto seeLine = [&](const QPointF &from, const QPointF &to) {
        const double length = std::max(std::abs(to.x() - from.x()), std::abs(to.y() - from.y()));
        const int steps = static_cast<int>(std::clamp(length / apart, 1.0, 1000.0));
        for (int s = 1; s <= steps; ++s)
            see(from + (to - from) * (static_cast<double>(s) / steps), length / (apart * steps));
    };
    for (int g = 0; g < graphCount(); ++g) {
        const QCPGraph *one = graph(g);
        if (!one->realVisibility() || one->data()->isEmpty())
            continue;
        QPointF last;
        bool first = true;
        for (auto at = one->data()->constBegin(); at != one->data()->constEnd(); ++at) {
            const QPointF point(one->keyAxis()->coordToPixel(at->key), one->valueAxis()->coordToPixel(at->value));
            if (!std::isfinite(point.x()) || !std::isfinite(point.y()))
                continue;
            if (first || one->lineStyle() == QCPGraph::lsNone) {
                see(point, 1);
            } else if (one->lineStyle() == QCPGraph::lsLine) {
                seeLine(last, point);
            } else {
                seeLine(last, QPointF(point.x(), last.y()));
                seeLine(QPointF(point.x(), last.y()), point);
            }
            last = point;
            first = false;
        }
    }
    for (int i = 0; i < itemCount(); ++i)
        if (const auto *text = qobject_cast<QCPItemText *>(item(i)); text != nullptr && text != m_message && text->realVisibility()) {
            const QRectF label(text->topLeft->pixelPosition(), text->bottomRight->pixelPosition());
            for (std::size_t c = 0; c < places.size(); ++c) {
                const QRectF both = places[c].intersected(label);
                hidden[c] += both.width() * both.height() / (apart * apart);
            }
        }
    const Qt::Alignment now = inset->insetAlignment(0);
    const auto best = static_cast<std::size_t>(std::min_element(hidden.begin(), hidden.end()) - hidden.begin());
    constexpr double asGood = 6;
    for (std::size_t i = 0; i < corners.size(); ++i)
        if (now == Qt::Alignment::fromInt(corners[i]) && hidden[i] <= hidden[best] + asGood)
            return;
    inset->setInsetAlignment(0, Qt::Alignment::fromInt(corners[best]));
    inset->update(QCPLayoutElement::upLayout);
}

void PlainPlot::style()
{
    setBackground(palette().color(QPalette::Base));
    for (QCPAxis *axis : axisRect()->axes())
        styleAxis(axis);
    m_message->setColor(subtleColour(palette()));
    m_message->setFont(font());
    if (legend != nullptr) {
        QColor ground = palette().color(QPalette::Base);
        ground.setAlpha(210);
        legend->setBrush(ground);
        legend->setBorderPen(Qt::NoPen);
        legend->setTextColor(palette().color(QPalette::Text));
        QFont small = font();
        small.setPointSizeF(small.pointSizeF() * 0.9);
        legend->setFont(small);
        legend->setRowSpacing(0);
        legend->setMargins(QMargins(4, 2, 4, 2));
    }
}

void PlainPlot::placeMarks(const std::vector<Mark> &marks)
{
    const QRect area = axisRect()->rect();
    std::vector<QRectF> taken;
    for (const Mark &mark : marks) {
        const QFontMetricsF metrics(mark.text->font());
        const double width = metrics.horizontalAdvance(mark.text->text()) + 8;
        const double height = metrics.height() + 2;
        const double x = xAxis->coordToPixel(mark.x);
        const double y = yAxis->coordToPixel(mark.y);
        QRectF place;
        for (const QPointF &corner : {QPointF(x + 8, y - height / 2), QPointF(x - 8 - width, y - height / 2), QPointF(x - width / 2, y - height - 8),
                                      QPointF(x - width / 2, y + 8), QPointF(x + 8, y + 8), QPointF(x - 8 - width, y - 8 - height)}) {
            place = QRectF(corner, QSizeF(width, height));
            if (area.contains(place.toAlignedRect()) && std::none_of(taken.begin(), taken.end(), [&](const QRectF &other) { return other.intersects(place); }))
                break;
        }
        taken.push_back(place);
        mark.text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        mark.text->position->setType(QCPItemPosition::ptAbsolute);
        mark.text->position->setCoords(place.topLeft());
    }
}

void PlainPlot::changeEvent(QEvent *event)
{
    QCustomPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange || event->type() == QEvent::EnabledChange) {
        style();
        replot(rpQueuedReplot);
    }
}

void PlainPlot::keyPressEvent(QKeyEvent *event)
{
    event->ignore(); // [ and ] belong to the window
}

} // namespace dscope
