// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace dscope {

/// Rows with some air, for lists of text.
class RoomyDelegate : public QStyledItemDelegate {
public:
    explicit RoomyDelegate(int air, QObject *parent = nullptr) : QStyledItemDelegate(parent), m_air(air) {}
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(10, m_air);
    }

private:
    int m_air;
};

} // namespace dscope
