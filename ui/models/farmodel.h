// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/run.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace dscope {

/// One run at every FAR target by both rules, with all that must stand beside a TAR: interval, realised FAR, impostor pairs accepted, threshold.
class FarModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        TargetColumn,
        TarColumn,
        IntervalColumn,
        RealisedColumn,
        AcceptedColumn,
        ScoreColumn,
        OtherTarColumn,
        OtherRealisedColumn,
        OtherAcceptedColumn,
        ColumnCount
    };
    enum Role { FarRole = Qt::UserRole + 1 };

    explicit FarModel(QObject *parent = nullptr);

    void setPoints(std::vector<FarPoint> strict, std::vector<FarPoint> insightface, std::vector<Interval> intervals, std::vector<double> deviations = {});
    double farAt(int row) const;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<FarPoint> m_strict;
    std::vector<FarPoint> m_other;
    std::vector<Interval> m_intervals;
    std::vector<double> m_deviations; ///< over splits, of the strict TARs
};

} // namespace dscope
