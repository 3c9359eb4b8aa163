// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"

#include <QAbstractTableModel>

#include <vector>

namespace dscope {

/// The brushed pictures of a labelled set as rows: the picture, the class it is confused with, both distances, the D-score. At most
/// `limit` rows, the least discriminative ones.
class LabelModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { PictureColumn, ConfusedColumn, OwnColumn, HardestColumn, ScoreColumn, ColumnCount };
    enum Role {
        PictureRole = Qt::UserRole, ///< number of the picture
        ThumbnailRole,              ///< the picture to draw in this cell; -1: none
        DetailRole,                 ///< second line of a cell with a picture
        ExcludedRole,
        ScoreRole, ///< normalised D-score
    };

    explicit LabelModel(LabelState *state, QObject *parent = nullptr);

    static constexpr int limit = 100'000;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    int pictureAt(int row) const;
    /// -1 where it is not in the list.
    int rowOf(int picture) const;

private:
    void fill();
    void arrange();

    LabelState *m_state;
    std::vector<int> m_rows;
    int m_sortColumn = ScoreColumn;
    Qt::SortOrder m_order = Qt::AscendingOrder;
};

} // namespace dscope
