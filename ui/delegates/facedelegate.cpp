// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/facedelegate.h"

#include "ui/jobs/thumbnailcache.h"
#include "ui/models/facemodel.h"
#include "ui/theme.h"

#include <QPainter>

namespace dscope {

namespace {
constexpr int margin = 5;
constexpr int strip = 4;
constexpr double dimmed = 0.28;
} // namespace

FaceDelegate::FaceDelegate(ThumbnailCache *cache, QObject *parent) : QStyledItemDelegate(parent), m_cache(cache) {}

QSize FaceDelegate::cell(const QFontMetrics &metrics) const
{
    return {m_side + 2 * margin, m_side + strip + metrics.height() + 2 * margin + 2};
}

QSize FaceDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return cell(option.fontMetrics);
}

void FaceDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const int face = index.data(FaceModel::FaceRole).toInt();
    const double score = index.data(FaceModel::DScoreRole).toDouble();
    const bool kept = index.data(FaceModel::KeptRole).toBool();
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QRect cell = option.rect;
    const QRect picture(cell.left() + margin, cell.top() + margin, m_side, m_side);

    if (selected)
        painter->fillRect(cell.adjusted(1, 1, -1, -1),
                          option.palette.color(option.state.testFlag(QStyle::State_Active) ? QPalette::Active : QPalette::Inactive, QPalette::Highlight));

    const double before = painter->opacity();
    if (!kept)
        painter->setOpacity(dimmed);
    const qreal ratio = painter->device()->devicePixelRatioF();
    const QImage image = m_cache->image(face, qRound(m_side * ratio));
    if (image.isNull())
        painter->fillRect(picture, option.palette.color(QPalette::AlternateBase));
    else
        painter->drawImage(picture, image); // scaled here only until the picture of this zoom has arrived
    painter->fillRect(QRect(picture.left(), picture.bottom() + 1, m_side, strip), scoreColour(score));
    painter->setOpacity(before);

    const QRect text(cell.left(), picture.bottom() + 1 + strip, cell.width(), cell.bottom() - picture.bottom() - strip - 1);
    painter->setPen(selected ? option.palette.color(QPalette::HighlightedText) : kept ? option.palette.color(QPalette::Text) : droppedColour(option.palette));
    painter->drawText(text, Qt::AlignHCenter | Qt::AlignVCenter, index.data(Qt::DisplayRole).toString());

    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setPen(QPen(option.palette.color(QPalette::Text), 1, Qt::DotLine));
        painter->drawRect(cell.adjusted(1, 1, -2, -2));
    }
}

} // namespace dscope
