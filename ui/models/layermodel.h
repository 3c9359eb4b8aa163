// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QString>

#include <cstdint>
#include <vector>

namespace dscope {

/// What a network is made of, row by row: its layers with what they put out and cost, or the tensors of its file.
class LayerModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { NameColumn, TypeColumn, ShapeColumn, ParametersColumn, MacColumn, ColumnCount };
    struct Row {
        QString name;
        QString type;
        std::vector<std::int64_t> shape;
        std::int64_t parameters = 0;
        std::int64_t mac = 0;
    };

    explicit LayerModel(QObject *parent = nullptr);

    /// @param tensors the rows are tensors: they have no MAC, and the shape is their own
    void setRows(std::vector<Row> rows, bool tensors);
    bool showsTensors() const { return m_tensors; }
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<Row> m_rows;
    bool m_tensors = false;
};

} // namespace dscope
