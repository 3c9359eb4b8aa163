// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/tardelegate.h"

#include "ui/models/tarmodel.h"
#include "ui/theme.h"

#include <QApplication>
#include <QPainter>

namespace dscope {

namespace {
constexpr int margin = 6;
constexpr int swatch = 12;

QFont smallFont(const QFont &font)
{
    QFont small = font;
    small.setPointSizeF(small.pointSizeF() * 0.88);
    small.setBold(false);
    return small;
}
} // namespace

QSize TarDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem full(option);
    initStyleOption(&full, index);
    const QFontMetrics metrics(full.font);
    const QFontMetrics small(smallFont(full.font));
    const int decoration = index.data(Qt::DecorationRole).isValid() ? swatch + margin : 0;
    const int width = std::max(metrics.horizontalAdvance(index.data().toString()), small.horizontalAdvance(index.data(TarModel::DetailRole).toString()));
    return {width + decoration + 2 * margin + 4, metrics.height() + small.height() + 7};
}

void TarDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    const QFont font = ground.font;
    ground.text.clear();
    ground.icon = {};
    ground.features &= ~QStyleOptionViewItem::HasDecoration;
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);

    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QVariant own = index.data(Qt::ForegroundRole);
    const QColor text = selected ? option.palette.color(QPalette::HighlightedText) : own.isValid() ? own.value<QColor>() : option.palette.color(QPalette::Text);
    QRect area = option.rect.adjusted(margin, 2, -margin, -2);
    painter->save();
    if (const QVariant colour = index.data(Qt::DecorationRole); colour.isValid()) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(colour.value<QColor>());
        painter->setRenderHint(QPainter::Antialiasing);
        painter->drawRoundedRect(QRect(area.left(), area.center().y() - swatch / 2, swatch, swatch), 3, 3);
        area.setLeft(area.left() + swatch + margin);
    }
    const QString detail = index.data(TarModel::DetailRole).toString();
    const auto side = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt()) & Qt::AlignHorizontal_Mask;
    const QFontMetrics metrics(font);
    const QFontMetrics small(smallFont(font));
    const int height = metrics.height() + (detail.isEmpty() ? 0 : small.height());
    const int top = area.top() + (area.height() - height) / 2;
    painter->setFont(font);
    painter->setPen(text);
    painter->drawText(QRect(area.left(), top, area.width(), metrics.height()), static_cast<int>(side | Qt::AlignVCenter),
                      metrics.elidedText(index.data().toString(), Qt::ElideRight, area.width()));
    if (!detail.isEmpty()) {
        painter->setFont(smallFont(font));
        painter->setPen(selected ? text : subtleColour(option.palette));
        painter->drawText(QRect(area.left(), top + metrics.height(), area.width(), small.height()), static_cast<int>(side | Qt::AlignVCenter),
                          small.elidedText(detail, Qt::ElideRight, area.width()));
    }
    painter->restore();
}

} // namespace dscope
