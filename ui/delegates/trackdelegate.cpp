// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/trackdelegate.h"

#include "core/evaluation/galleryranking.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/rankedmodel.h"
#include "ui/theme.h"

#include <QApplication>
#include <QPainter>

#include <algorithm>

namespace dscope {

namespace {
constexpr int margin = 4;
constexpr int badge = 38;
constexpr int textLetters = 14;

/// On light and dark grounds alike, with a white sign; they differ in lightness as well as in hue.
QColor colourOf(TrackKind kind)
{
    switch (kind) {
    case TrackKind::Right: return QColor(0, 122, 88);
    case TrackKind::Wrong: return QColor(186, 66, 0);
    case TrackKind::Ignored: return QColor(104, 108, 114);
    }
    return {};
}
} // namespace

TrackDelegate::TrackDelegate(ThumbnailCache *cache, QObject *parent) : QStyledItemDelegate(parent), m_cache(cache) {}

QSize TrackDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return {badge + option.fontMetrics.averageCharWidth() * textLetters + side + 4 * margin, side + 2 * margin};
}

void TrackDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    ground.text.clear();
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);
    painter->save();
    const auto kind = static_cast<TrackKind>(index.data(RankedModel::KindRole).toInt());
    const int rank = index.data(RankedModel::RankRole).toInt();
    const QRect area = option.rect.adjusted(margin, margin, -margin, -margin);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);

    const QRect sign(area.left(), area.top(), badge, area.height());
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colourOf(kind));
    painter->drawRoundedRect(sign, 4, 4);
    painter->setPen(Qt::white);
    QFont big = option.font;
    big.setPointSizeF(big.pointSizeF() * 1.5);
    big.setBold(true);
    painter->setFont(big);
    painter->drawText(rank > 0 ? sign.adjusted(0, 2, 0, -sign.height() / 2 + 6) : sign, Qt::AlignCenter, RankedModel::sign(kind));
    painter->setFont(option.font);
    if (rank > 0)
        painter->drawText(sign.adjusted(0, sign.height() / 2 + 4, 0, -2), Qt::AlignCenter, QString::number(rank));

    const QRect words(sign.right() + 2 * margin, area.top(), option.fontMetrics.averageCharWidth() * textLetters, area.height());
    const QStringList lines = index.data(RankedModel::LinesRole).toStringList();
    const int line = option.fontMetrics.height();
    int top = words.center().y() - line * static_cast<int>(lines.size()) / 2;
    painter->setPen(text);
    for (const QString &one : lines) {
        painter->drawText(QRect(words.left(), top, words.width(), line), Qt::AlignLeft | Qt::AlignVCenter,
                          option.fontMetrics.elidedText(one, Qt::ElideRight, words.width()));
        painter->setPen(selected ? text : subtleColour(option.palette)); // all but the first
        top += line;
    }

    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    int x = words.right() + 2 * margin;
    for (const int picture : index.data(RankedModel::PicturesRole).value<QList<int>>()) {
        const QImage image = m_cache->image(picture, qRound(side * painter->device()->devicePixelRatioF()));
        const bool missing = image.isNull() || !missingLabel(image).isEmpty();
        const QSize fitted = missing ? QSize(side / 2, side) : image.size().scaled(side, side, Qt::KeepAspectRatio);
        if (x + fitted.width() > area.right())
            break;
        const QRect place(QPoint(x, area.top() + (side - fitted.height()) / 2), fitted);
        painter->setOpacity(kind == TrackKind::Ignored ? 0.55 : 1);
        if (missing)
            painter->fillRect(place, option.palette.color(QPalette::Midlight));
        else
            painter->drawImage(place, image);
        x += fitted.width() + 2;
    }
    painter->restore();
}

} // namespace dscope
