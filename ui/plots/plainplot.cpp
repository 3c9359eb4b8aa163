#include "ui/plots/plainplot.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/theme.h"

#include <QBuffer>
#include <QPdfWriter>
#include <QSvgGenerator>

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
    connect(this, &QCustomPlot::afterLayout, this, [this] { placeLabels(); });
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
