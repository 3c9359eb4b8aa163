// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

class ThumbnailCache;

/// Draws a source or a group on two lines: thumbnail, name, count and mean D-score, and a bar of the kept share.
class GroupDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit GroupDelegate(ThumbnailCache *cache, QObject *parent = nullptr);

    static constexpr int side = 40; ///< of a group's thumbnail

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    ThumbnailCache *m_cache;
};

} // namespace dscope
