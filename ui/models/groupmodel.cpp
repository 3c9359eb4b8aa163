// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/groupmodel.h"

#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/plaintip.h"
#include "ui/taskwords.h"

#include <algorithm>

namespace dscope {

namespace {
/// The word for a kind of source, translated.
QString kindText(const std::string &kind)
{
    if (kind == "video")
        return GroupModel::tr("Video");
    if (kind == "folder of frames")
        return GroupModel::tr("Video, as frames");
    if (kind == "pictures")
        return GroupModel::tr("Pictures");
    if (kind == "folder of folders")
        return GroupModel::tr("Folders");
    if (kind == "folder")
        return GroupModel::tr("Folder");
    if (kind == "csv")
        return GroupModel::tr("List");
    if (kind == "ijb")
        return GroupModel::tr("IJB templates");
    return toQString(kind);
}
} // namespace

GroupModel::GroupModel(const ThresholdState *state, QObject *parent) : QAbstractItemModel(parent), m_state(state) {}

void GroupModel::setDocument(DocumentPtr document)
{
    beginResetModel();
    m_document = std::move(document);
    endResetModel();
}

QModelIndex GroupModel::sourceIndex(int source) const
{
    return m_document && source >= 0 && source < m_document->sourceCount() ? createIndex(source, 0, quintptr{0}) : QModelIndex();
}

QModelIndex GroupModel::groupIndex(int group) const
{
    if (!m_document || group < 0 || group >= m_document->groupCount())
        return {};
    const Document::GroupRef &ref = m_document->group(group);
    return createIndex(ref.index, 0, static_cast<quintptr>(ref.source) + 1);
}

std::vector<int> GroupModel::groupsOf(const QModelIndex &index) const
{
    std::vector<int> groups;
    if (!index.isValid() || !m_document)
        return groups;
    const int group = data(index, GroupRole).toInt();
    if (group >= 0)
        return {group};
    const Document::SourceRef &source = m_document->source(index.row());
    for (int i = 0; i < source.groups; ++i)
        groups.push_back(source.firstGroup + i);
    return groups;
}

// An index's internal id is 0 for a source and the source's number + 1 for one of its groups.
QModelIndex GroupModel::index(int row, int column, const QModelIndex &parent) const
{
    if (row < 0 || column != 0 || row >= rowCount(parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex GroupModel::parent(const QModelIndex &child) const
{
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr{0});
}

int GroupModel::rowCount(const QModelIndex &parent) const
{
    if (!m_document || parent.column() > 0)
        return 0;
    if (!parent.isValid())
        return m_document->sourceCount();
    return parent.internalId() == 0 ? m_document->source(parent.row()).groups : 0;
}

int GroupModel::columnCount(const QModelIndex &) const
{
    return 1;
}

QVariant GroupModel::data(const QModelIndex &index, int role) const
{
    if (!m_document || !index.isValid())
        return {};
    if (index.internalId() == 0)
        return sourceValue(index.row(), role);
    return groupValue(m_document->source(static_cast<int>(index.internalId()) - 1).firstGroup + index.row(), role);
}

QVariant GroupModel::sourceValue(int number, int role) const
{
    const Document::SourceRef &ref = m_document->source(number);
    const Source &source = m_document->sourceData(number);
    switch (role) {
    case Qt::DisplayRole: {
        const std::filesystem::path name = source.path.filename();
        return toQString(name.empty() ? source.path : name);
    }
    case Qt::ToolTipRole: {
        QStringList lines{toQString(source.path)};
        if (source.fromCache)
            lines << tr("Scores came from the cache.");
        for (std::size_t i = 0; i < source.warnings.size() && i < 8; ++i)
            lines << toQString(source.warnings[i]);
        if (source.warnings.size() > 8)
            lines << tr("… and %1 more").arg(source.warnings.size() - 8);
        return plainTip(lines.join(QLatin1Char('\n')));
    }
    case Qt::AccessibleTextRole:
        return data(sourceIndex(number), Qt::DisplayRole).toString() + QStringLiteral(", ") + sourceValue(number, DetailRole).toString();
    case SourceRole: return number;
    case GroupRole: return -1;
    case CountRole: return ref.faces;
    case MeanRole: {
        double sum = 0;
        for (int g = ref.firstGroup; g < ref.firstGroup + ref.groups; ++g)
            sum += m_document->group(g).mean * m_document->group(g).count;
        return ref.faces > 0 ? sum / ref.faces : 0.0;
    }
    case KeptShareRole: {
        std::int64_t kept = 0;
        for (int g = ref.firstGroup; g < ref.firstGroup + ref.groups; ++g)
            kept += m_document->keptCount(g, m_state->keep());
        return ref.faces > 0 ? static_cast<double>(kept) / ref.faces : 0.0;
    }
    case ThumbnailRole: return -1;
    case WarningsRole: return static_cast<int>(source.warnings.size());
    case DetailRole:
        return QStringLiteral("%1 · %2 · %3")
            .arg(kindText(source.kind), tr("%n group(s)", nullptr, ref.groups), countedElementsText(m_document->task(), ref.faces));
    default: return {};
    }
}

QVariant GroupModel::groupValue(int number, int role) const
{
    const Document::GroupRef &ref = m_document->group(number);
    const Group &group = m_document->groupData(number);
    switch (role) {
    case Qt::DisplayRole: return toQString(group.id);
    case Qt::ToolTipRole: return plainTip(group.label.empty() ? toQString(group.id) : tr("%1\nlabel: %2").arg(toQString(group.id), toQString(group.label)));
    case Qt::AccessibleTextRole:
        return tr("%1, %2, kept %3")
            .arg(toQString(group.id), groupValue(number, DetailRole).toString(), percentText(groupValue(number, KeptShareRole).toDouble()));
    case SourceRole: return ref.source;
    case GroupRole: return number;
    case CountRole: return ref.count;
    case MeanRole: return ref.mean;
    case KeptShareRole: return ref.count > 0 ? static_cast<double>(m_document->keptCount(number, m_state->keep())) / ref.count : 0.0;
    case ThumbnailRole: return ref.best;
    case WarningsRole: return 0;
    case DetailRole: return tr("%1 · mean %2").arg(countedElementsText(m_document->task(), ref.count), scoreText(ref.mean));
    default: return {};
    }
}

QHash<int, QByteArray> GroupModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractItemModel::roleNames();
    names.insert({{SourceRole, "source"},
                  {GroupRole, "group"},
                  {CountRole, "count"},
                  {MeanRole, "mean"},
                  {KeptShareRole, "keptShare"},
                  {ThumbnailRole, "thumbnail"},
                  {WarningsRole, "warnings"},
                  {DetailRole, "detail"}});
    return names;
}

} // namespace dscope
