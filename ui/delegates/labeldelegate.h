// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

class ThumbnailCache;

/// Draws the rows of LabelModel: thumbnails with a name and a second line, numbers, a bar for the D-score; excluded rows struck out.
class LabelDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit LabelDelegate(ThumbnailCache *cache, QObject *parent = nullptr);

    static constexpr int side = 56; ///< of a thumbnail

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    void paintPicture(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index, bool excluded) const;

    ThumbnailCache *m_cache;
};

} // namespace dscope
