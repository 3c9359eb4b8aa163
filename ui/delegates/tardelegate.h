// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

/// A cell of two lines: the figure, and below it smaller what must stand beside it (TarModel::DetailRole).
class TarDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit TarDelegate(QObject *parent = nullptr) : QStyledItemDelegate(parent) {}

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace dscope
