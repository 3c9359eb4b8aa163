// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/metrics/rankedretrieval.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace dscope {

/// The queries of a retrieval with what became of each. A sorting proxy orders them by SortRole.
class QueryModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { TrackletColumn, PersonColumn, CameraColumn, ApColumn, FirstColumn, MatchesColumn, ElementsColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole + 1 };

    explicit QueryModel(QObject *parent = nullptr);

    /// @param queries places in the set, one an outcome
    void setQueries(EvaluationSetPtr set, const std::vector<std::uint32_t> &queries, const RankedQueries &ranked);
    void clear();
    /// Its place in the set.
    std::uint32_t placeAt(int row) const { return m_rows[static_cast<std::size_t>(row)].place; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Row {
        std::uint32_t place = 0;
        QueryOutcome outcome;
        bool counted = true;
    };
    QString text(const Row &row, int column) const;
    double order(const Row &row, int column) const;

    EvaluationSetPtr m_set;
    std::vector<Row> m_rows;
};

} // namespace dscope
