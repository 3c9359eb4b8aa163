// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/labeldelegate.h"

#include "ui/jobs/thumbnailcache.h"
#include "ui/models/labelmodel.h"
#include "ui/theme.h"

#include <QApplication>
#include <QPainter>

namespace dscope {

namespace {
constexpr int margin = 4;
}

LabelDelegate::LabelDelegate(ThumbnailCache *cache, QObject *parent) : QStyledItemDelegate(parent), m_cache(cache) {}

QSize LabelDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const int width = index.column() <= LabelModel::ConfusedColumn ? side + 130 : option.fontMetrics.horizontalAdvance(QStringLiteral("-0.000")) + 4 * margin;
    return {width, side + 2 * margin};
}

void LabelDelegate::paintPicture(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index, bool excluded) const
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    const QColor weak = selected ? text : subtleColour(option.palette);
    QRect area = option.rect.adjusted(margin, margin, -margin, -margin);
    const QRect frame(area.left(), area.top(), side, side);
    const QImage image = m_cache->image(index.data(LabelModel::ThumbnailRole).toInt(), qRound(side * painter->device()->devicePixelRatioF()));
    if (excluded)
        painter->setOpacity(0.4);
    if (image.isNull())
        painter->fillRect(frame, option.palette.color(QPalette::AlternateBase));
    else
        painter->drawImage(frame, image);
    painter->setOpacity(1);
    if (excluded && index.column() == LabelModel::PictureColumn) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(thresholdColour(option.palette), 2.5));
        painter->drawLine(frame.topLeft() + QPoint(3, 3), frame.bottomRight() - QPoint(3, 3));
        painter->drawLine(frame.topRight() + QPoint(-3, 3), frame.bottomLeft() + QPoint(3, -3));
    }
    area.setLeft(frame.right() + 2 * margin);
    const QFontMetrics &metrics = option.fontMetrics;
    const QRect upper(area.left(), area.center().y() - metrics.height(), area.width(), metrics.height());
    const QRect lower(area.left(), area.center().y() + 1, area.width(), metrics.height());
    QFont bold = option.font;
    bold.setBold(true);
    bold.setStrikeOut(excluded && index.column() == LabelModel::PictureColumn);
    painter->setFont(bold);
    painter->setPen(excluded && !selected ? weak : text);
    painter->drawText(upper, Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(bold).elidedText(index.data().toString(), Qt::ElideRight, upper.width()));
    painter->setFont(option.font);
    painter->setPen(weak);
    const QString detail = excluded && index.column() == LabelModel::PictureColumn ? tr("excluded") : index.data(LabelModel::DetailRole).toString();
    painter->drawText(lower, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(detail, Qt::ElideLeft, lower.width()));
}

void LabelDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    ground.text.clear();
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const bool excluded = index.data(LabelModel::ExcludedRole).toBool();
    painter->save();
    if (index.column() <= LabelModel::ConfusedColumn) {
        paintPicture(painter, option, index, excluded);
        painter->restore();
        return;
    }
    const QRect area = option.rect.adjusted(margin, margin, -2 * margin, -margin);
    const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    painter->setPen(excluded && !selected ? subtleColour(option.palette) : text);
    if (index.column() != LabelModel::ScoreColumn) {
        painter->drawText(area, Qt::AlignRight | Qt::AlignVCenter, index.data().toString());
        painter->restore();
        return;
    }
    const double score = index.data(LabelModel::ScoreRole).toDouble();
    const int line = option.fontMetrics.height();
    const QRect number(area.left(), area.center().y() - line + 2, area.width(), line);
    const QRect bar(area.left() + 2, number.bottom() + 4, area.width() - 2, 5);
    QFont bold = option.font;
    bold.setBold(true);
    painter->setFont(bold);
    painter->drawText(number, Qt::AlignRight | Qt::AlignVCenter, index.data().toString());
    QColor track = selected ? QColor(Qt::white) : subtleColour(option.palette);
    track.setAlpha(70);
    painter->fillRect(bar, track);
    painter->fillRect(QRect(bar.left(), bar.top(), qRound(bar.width() * score), bar.height()), selected ? text : scoreColour(score));
    painter->restore();
}

} // namespace dscope
