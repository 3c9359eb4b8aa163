// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/groupdelegate.h"

#include "ui/convert.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/groupmodel.h"
#include "ui/theme.h"

#include <QApplication>
#include <QPainter>

namespace dscope {

namespace {
constexpr int margin = 4;
}

GroupDelegate::GroupDelegate(ThumbnailCache *cache, QObject *parent) : QStyledItemDelegate(parent), m_cache(cache) {}

QSize GroupDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return {160, std::max(side, 2 * option.fontMetrics.height() + 2) + 2 * margin};
}

void GroupDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    ground.text.clear();
    ground.icon = {};
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);

    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    const QColor weak = selected ? text : subtleColour(option.palette);
    QRect area = option.rect.adjusted(margin, margin, -margin - 2, -margin);
    const int face = index.data(GroupModel::ThumbnailRole).toInt();
    if (face >= 0) {
        const QRect picture(area.left(), area.center().y() - side / 2, side, side);
        const int pixels = qRound(side * painter->device()->devicePixelRatioF());
        const QImage image = m_cache->image(face, pixels);
        if (image.isNull())
            painter->fillRect(picture, option.palette.color(QPalette::AlternateBase));
        else
            painter->drawImage(picture, image);
        area.setLeft(picture.right() + 2 * margin);
    }

    const double share = index.data(GroupModel::KeptShareRole).toDouble();
    const QString shareText = percentText(share, 0);
    const QFontMetrics &metrics = option.fontMetrics;
    const int shareWidth = metrics.horizontalAdvance(percentText(1, 0)) + 4;
    const QRect right(area.right() - shareWidth, area.top(), shareWidth, area.height());
    const QRect left(area.left(), area.top(), std::max(20, area.width() - shareWidth - 6), area.height());
    const QRect upper(left.left(), left.center().y() - metrics.height(), left.width(), metrics.height());
    const QRect lower(left.left(), left.center().y() + 1, left.width(), metrics.height());

    painter->save();
    QFont bold = option.font;
    bold.setBold(true);
    painter->setFont(bold);
    painter->setPen(text);
    QString name = index.data(Qt::DisplayRole).toString();
    if (index.data(GroupModel::WarningsRole).toInt() > 0)
        name.prepend(QStringLiteral("⚠ "));
    painter->drawText(upper, Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(bold).elidedText(name, Qt::ElideMiddle, upper.width()));
    painter->setFont(option.font);
    painter->setPen(weak);
    painter->drawText(lower, Qt::AlignLeft | Qt::AlignVCenter,
                      metrics.elidedText(index.data(GroupModel::DetailRole).toString(), Qt::ElideRight, lower.width()));

    painter->setPen(text);
    painter->drawText(QRect(right.left(), upper.top(), right.width(), upper.height()), Qt::AlignRight | Qt::AlignVCenter, shareText);
    const QRect bar(right.left(), lower.center().y() - 2, right.width(), 5);
    painter->fillRect(bar, selected ? QColor(255, 255, 255, 70) : option.palette.color(QPalette::Mid));
    painter->fillRect(QRect(bar.left(), bar.top(), qRound(bar.width() * share), bar.height()), selected ? text : keptColour(option.palette));
    painter->restore();
}

} // namespace dscope
