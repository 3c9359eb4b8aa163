// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/library.h"

#include <QAbstractTableModel>

#include <set>
#include <string>
#include <vector>

namespace dscope {

/// The models of a store: bases, then DDNets, then detectors, each in the store's order; after them those whose files were not found.
class ModelList : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { NameColumn, RoleColumn, StateColumn, ColumnCount };
    enum Role { AddedRole = Qt::UserRole, AvailableRole };

    explicit ModelList(QObject *parent = nullptr);

    void setStore(const ModelStore &store);
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    const ModelSpec &model(int row) const { return m_models[static_cast<std::size_t>(row)]; }
    /// -1 where there is none of that name.
    int rowOf(const std::string &name) const;

private:
    std::vector<ModelSpec> m_models;
    std::set<std::filesystem::path> m_added;
};

/// A role in the user's words.
QString roleText(dscope::Role role);

} // namespace dscope
