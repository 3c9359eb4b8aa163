// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/costplot.h"

#include "ui/convert.h"
#include "ui/theme.h"

#include <QComboBox>
#include <QMouseEvent>

namespace dscope {

CostPlot::CostPlot(const QString &name, const QString &hint, QWidget *parent)
    : PlainPlot(name, parent), m_line(new QCPItemStraightLine(this)), m_label(new QCPItemText(this)), m_hint(hint), m_progress(new QCPItemText(this))
{
    setToolTip(tr("Click a point of a curve: the threshold goes there."));
    setInteractions(QCP::iRangeZoom);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    m_progress->setLayer(QStringLiteral("overlay"));
    m_progress->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_progress->position->setCoords(0.5, 0.01); // the marker's label is at the bottom
    m_progress->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft); // where cheap and accurate would be: nearly always free
}

double CostPlot::costAt(double keptShare) const
{
    return across(keptShare, costOf(m_prices, keptShare));
}

double CostPlot::across(double keptShare, const LiveCost &cost) const
{
    switch (m_across) {
    case Across::KeptShare: return 100 * keptShare;
    case Across::Mac: return cost.macPerFace / 1e9;
    case Across::Flop: return cost.flopPerFace / 1e9;
    }
    return 0;
}

void CostPlot::setAcross(Across across)
{
    m_across = hasPrices() || pointCount() == 0 ? across : Across::KeptShare;
    draw();
}

QComboBox *CostPlot::makeAcrossBox(const QString &name, const QString &kept)
{
    auto *box = new QComboBox;
    box->setObjectName(name);
    box->setAccessibleName(tr("Cost of the trade-off"));
    box->setToolTip(tr("What stands below the trade-off"));
    box->addItem(kept, static_cast<int>(Across::KeptShare));
    box->addItem(tr("MAC"), static_cast<int>(Across::Mac));
    box->addItem(tr("FLOP"), static_cast<int>(Across::Flop));
    connect(box, &QComboBox::activated, this, [this, box] {
        setAcross(static_cast<Across>(box->currentData().toInt()));
        box->setCurrentIndex(box->findData(static_cast<int>(m_across)));
    });
    return box;
}

void CostPlot::setHint(const QString &hint)
{
    m_hint = hint;
    draw();
}

void CostPlot::removeMarks()
{
    for (const Mark &mark : m_marks)
        removeItem(mark.text);
    m_marks.clear();
}

void CostPlot::addMark(TradeoffMark mark, double x, double y)
{
    auto *text = new QCPItemText(this);
    text->setPadding(QMargins(4, 1, 4, 1));
    text->setText(toQString(dscope::name(mark)));
    text->setColor(palette().color(QPalette::Text));
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(200);
    text->setBrush(ground);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    text->setFont(small);
    m_marks.push_back({text, x, y});
}

void CostPlot::Extent::see(double x, double y)
{
    low = std::min(low, y);
    high = std::max(high, y);
    right = std::max(right, x);
    left = any ? std::min(left, x) : x;
    any = true;
}

void CostPlot::showExtent(Extent extent, bool complete, double most)
{
    if (m_across == Across::KeptShare)
        extent.right = 100;
    setMessage(extent.any ? QString() : m_hint);
    m_progress->setVisible(extent.any && !complete);
    m_progress->setText(tr("%n point(s) so far, filling in…", nullptr, pointCount()));
    const double wide = std::max(1e-9, extent.right - extent.left);
    xAxis->setRange(extent.any ? extent.left - 0.04 * wide : 0, extent.any ? extent.right + 0.04 * wide : 100);
    const double tall = std::max(0.4, extent.high - extent.low);
    yAxis->setRange(extent.any ? extent.low - 0.12 * tall : 0, extent.any ? std::min(most, extent.high + 0.18 * tall) : 100);
}

void CostPlot::setLine(double keptShare, const QString &text)
{
    const double x = costAt(keptShare);
    m_line->setVisible(true);
    m_line->point1->setCoords(x, 0);
    m_line->point2->setCoords(x, 1);
    m_label->setVisible(true);
    m_label->setText(text);
}

void CostPlot::hideLine()
{
    m_line->setVisible(false);
    m_label->setVisible(false);
}

void CostPlot::placeLabels()
{
    if (m_label->visible()) {
        const double x = m_line->point1->key();
        placeBeside(m_label, x, x > xAxis->range().center(), Qt::AlignBottom);
    }
    placeMarks(m_marks);
}

void CostPlot::mousePressEvent(QMouseEvent *event)
{
    m_pressed = event->position().toPoint();
    PlainPlot::mousePressEvent(event);
}

void CostPlot::mouseReleaseEvent(QMouseEvent *event)
{
    PlainPlot::mouseReleaseEvent(event);
    const QPoint point = event->position().toPoint();
    if (event->button() == Qt::LeftButton && (point - m_pressed).manhattanLength() <= clickSlack && axisRect()->rect().contains(point))
        click(point);
}

void CostPlot::changeEvent(QEvent *event)
{
    PlainPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        draw();
}

void CostPlot::styleDots(QCPGraph *marks, QCPGraph *live)
{
    marks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(palette().color(QPalette::Text), 1.4), palette().color(QPalette::Base), 10));
    live->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Base), 1.5), thresholdColour(palette()), 11));
}

void CostPlot::style()
{
    PlainPlot::style();
    const QColor live = thresholdColour(palette());
    legend->setIconSize(22, 10);
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
