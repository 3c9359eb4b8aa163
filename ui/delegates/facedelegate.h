// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

class ThumbnailCache;

/// Draws one face of the wall: the crop, its D-score, a strip in the score's colour; dimmed when it is dropped.
class FaceDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit FaceDelegate(ThumbnailCache *cache, QObject *parent = nullptr);

    void setSide(int side) { m_side = side; }
    int side() const { return m_side; }
    /// The size of a cell at the present zoom.
    QSize cell(const QFontMetrics &metrics) const;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    ThumbnailCache *m_cache;
    int m_side = 96;
};

} // namespace dscope
