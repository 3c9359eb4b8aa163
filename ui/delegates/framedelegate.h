// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

class ThumbnailCache;

/// A picture of a template with its D-score and its weight as bars below it; dropped ones are faint.
class FrameDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit FrameDelegate(ThumbnailCache *cache, QObject *parent = nullptr);

    static constexpr int side = 96;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    bool helpEvent(QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option, const QModelIndex &index) override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    ThumbnailCache *m_cache;
};

} // namespace dscope
