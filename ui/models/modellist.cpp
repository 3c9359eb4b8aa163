// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/modellist.h"

#include "ui/convert.h"
#include "ui/plaintip.h"

#include <algorithm>
#include <utility>

namespace dscope {

QString roleText(dscope::Role role)
{
    switch (role) {
    case dscope::Role::Base: return ModelList::tr("base network");
    case dscope::Role::DdNet: return ModelList::tr("DDNet");
    case dscope::Role::Detector: return ModelList::tr("detector");
    }
    return {};
}

ModelList::ModelList(QObject *parent) : QAbstractTableModel(parent) {}

void ModelList::setStore(const ModelStore &store)
{
    beginResetModel();
    m_models = store.models();
    // Those that were not found come last: they cannot be used, only described.
    std::stable_sort(m_models.begin(), m_models.end(),
                     [](const ModelSpec &a, const ModelSpec &b) { return std::pair(!a.available(), a.role) < std::pair(!b.available(), b.role); });
    m_added.clear();
    try {
        for (const AddedModel &added : addedModels())
            m_added.insert(added.path);
    } catch (const std::exception &) {
        // The store has said so already.
    }
    endResetModel();
}

int ModelList::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_models.size());
}

int ModelList::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

int ModelList::rowOf(const std::string &name) const
{
    const auto found = std::find_if(m_models.begin(), m_models.end(), [&](const ModelSpec &spec) { return spec.name == name; });
    return found == m_models.end() ? -1 : static_cast<int>(found - m_models.begin());
}

QVariant ModelList::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const ModelSpec &spec = model(index.row());
    const bool added = m_added.contains(spec.path);
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case NameColumn: return toQString(spec.name);
        case RoleColumn: return roleText(spec.role);
        case StateColumn: return !spec.available() ? tr("not found") : added ? tr("added") : tr("there");
        default: return {};
        }
    case Qt::ToolTipRole:
        return plainTip(spec.available() ? toQString(spec.path) : tr("The file %1 was not found in any folder searched.").arg(toQString(spec.file)));
    case AddedRole: return added;
    case AvailableRole: return spec.available();
    default: return {};
    }
}

QVariant ModelList::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == NameColumn ? tr("Name") : section == RoleColumn ? tr("Use") : section == StateColumn ? tr("File") : QVariant();
}

} // namespace dscope
