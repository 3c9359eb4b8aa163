// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

class ThumbnailCache;

/// A ranked tracklet as a strip: rank and sign on the colour of what it is, person, camera and distance, then its pictures.
class TrackDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit TrackDelegate(ThumbnailCache *cache, QObject *parent = nullptr);

    static constexpr int side = 64; ///< height of a picture

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    ThumbnailCache *m_cache;
};

} // namespace dscope
