// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/delegates/framedelegate.h"

#include "ui/convert.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/framemodel.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace dscope {

namespace {
constexpr int margin = 5;
constexpr int barHeight = 4;
} // namespace

FrameDelegate::FrameDelegate(ThumbnailCache *cache, QObject *parent) : QStyledItemDelegate(parent), m_cache(cache) {}

QSize FrameDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return {side + 2 * margin, side + 2 * (option.fontMetrics.height() + barHeight + 2) + 3 * margin};
}

bool FrameDelegate::helpEvent(QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const QString missing = event->type() == QEvent::ToolTip && index.isValid()
        ? missingDetail(m_cache->image(index.data(FrameModel::PictureRole).toInt(), qRound(side * view->devicePixelRatioF())))
        : QString();
    if (missing.isEmpty())
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    QToolTip::showText(event->globalPos(), QStringLiteral("%1\n%2").arg(index.data(Qt::ToolTipRole).toString(), missing), view);
    return true;
}

void FrameDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    ground.text.clear();
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);
    painter->save();
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const double score = index.data(FrameModel::ScoreRole).toDouble();
    const double weight = index.data(FrameModel::WeightRole).toDouble();
    const double heaviest = index.data(FrameModel::HeaviestRole).toDouble();
    const bool dropped = heaviest > 0 && weight <= 0;
    const QRect area = option.rect.adjusted(margin, margin, -margin, -margin);
    const QRect frame(area.left() + (area.width() - side) / 2, area.top(), side, side);
    const QImage image = m_cache->image(index.data(FrameModel::PictureRole).toInt(), qRound(side * painter->device()->devicePixelRatioF()));
    painter->setOpacity(dropped ? 0.45 : 1);
    if (image.isNull()) {
        painter->fillRect(frame, option.palette.color(QPalette::AlternateBase));
    } else if (const QString missing = missingLabel(image); !missing.isEmpty()) {
        painter->fillRect(frame, option.palette.color(QPalette::AlternateBase));
        painter->setPen(subtleColour(option.palette));
        painter->drawRect(frame.adjusted(0, 0, -1, -1));
        painter->drawText(frame.adjusted(4, 4, -4, -4), Qt::AlignCenter | Qt::TextWordWrap, missing);
    } else {
        const QSize fitted = image.size().scaled(frame.size(), Qt::KeepAspectRatio);
        painter->setRenderHint(QPainter::SmoothPixmapTransform);
        painter->drawImage(QRect(QPoint(frame.center().x() - fitted.width() / 2, frame.center().y() - fitted.height() / 2), fitted), image);
    }
    painter->setOpacity(1);
    const QColor text = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    const QColor weak = selected ? text : subtleColour(option.palette);
    int top = frame.bottom() + 3;
    const auto bar = [&](const QString &name, const QString &value, double share, const QColor &colour) {
        const QRect line(frame.left(), top, side, option.fontMetrics.height());
        painter->setPen(weak);
        painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, name);
        painter->setPen(dropped ? weak : text);
        painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, value);
        const QRect whole(frame.left(), line.bottom() + 1, side, barHeight);
        painter->fillRect(whole, option.palette.color(QPalette::Midlight));
        painter->fillRect(QRect(whole.left(), whole.top(), qRound(side * std::clamp(share, 0.0, 1.0)), barHeight), colour);
        top = whole.bottom() + 3;
    };
    bar(tr("D"), scoreText(score), score, scoreColour(score));
    const QString weightText = heaviest <= 0 ? QStringLiteral("–") : dropped ? tr("dropped") : percentText(weight);
    bar(dropped ? QString() : tr("weight"), weightText, heaviest > 0 ? weight / heaviest : 0, keptColour(option.palette));
    painter->restore();
}

} // namespace dscope
