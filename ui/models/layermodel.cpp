// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layermodel.h"

#include <QLocale>
#include <QStringList>

#include <utility>

namespace dscope {

LayerModel::LayerModel(QObject *parent) : QAbstractTableModel(parent) {}

void LayerModel::setRows(std::vector<Row> rows, bool tensors)
{
    beginResetModel();
    m_rows = std::move(rows);
    m_tensors = tensors;
    endResetModel();
}

int LayerModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int LayerModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_tensors ? MacColumn : ColumnCount;
}

QVariant LayerModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return index.column() >= ParametersColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case NameColumn: return row.name;
    case TypeColumn: return row.type;
    case ShapeColumn: {
        QStringList sizes;
        for (const std::int64_t size : row.shape)
            sizes << QString::number(size);
        return sizes.join(QStringLiteral(" × "));
    }
    case ParametersColumn: return QLocale().toString(static_cast<qlonglong>(row.parameters));
    case MacColumn: return QLocale().toString(static_cast<qlonglong>(row.mac));
    default: return {};
    }
}

QVariant LayerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section >= ParametersColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn: return m_tensors ? tr("Tensor") : tr("Layer");
    case TypeColumn: return tr("Type");
    case ShapeColumn: return m_tensors ? tr("Shape") : tr("Output");
    case ParametersColumn: return m_tensors ? tr("Values") : tr("Parameters");
    case MacColumn: return tr("MAC");
    default: return {};
    }
}

} // namespace dscope
