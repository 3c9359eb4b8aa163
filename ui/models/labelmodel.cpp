// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/labelmodel.h"

#include "ui/convert.h"
#include "ui/plaintip.h"

#include <QLocale>

#include <algorithm>

namespace dscope {

LabelModel::LabelModel(LabelState *state, QObject *parent) : QAbstractTableModel(parent), m_state(state)
{
    connect(state, &LabelState::brushChanged, this, &LabelModel::fill);
    connect(state, &LabelState::excludedChanged, this, [this] {
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1), {ExcludedRole, Qt::AccessibleTextRole});
    });
    fill();
}

void LabelModel::fill()
{
    beginResetModel();
    const std::vector<int> &brushed = m_state->brushed();
    m_rows.assign(brushed.begin(), brushed.begin() + std::min<std::ptrdiff_t>(limit, static_cast<std::ptrdiff_t>(brushed.size())));
    arrange();
    endResetModel();
}

void LabelModel::arrange()
{
    const LabelSet *set = m_state->set().get();
    if (set == nullptr)
        return;
    const auto sortBy = [&](const auto &key) {
        std::stable_sort(m_rows.begin(), m_rows.end(), [&](int a, int b) { return m_order == Qt::AscendingOrder ? key(a) < key(b) : key(b) < key(a); });
    };
    switch (m_sortColumn) {
    case PictureColumn: sortBy([&](int i) { return std::pair<int, std::string_view>(set->label(i), set->name(i)); }); break;
    case ConfusedColumn: sortBy([&](int i) { return set->confusedWith(i); }); break;
    case OwnColumn: sortBy([&](int i) { return set->own(i); }); break;
    case HardestColumn: sortBy([&](int i) { return set->hardest(i); }); break;
    default: sortBy([&](int i) { return set->raw(i); }); break;
    }
}

void LabelModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= ColumnCount || (column == m_sortColumn && order == m_order))
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<int> pictures;
    for (const QModelIndex &index : before)
        pictures.push_back(pictureAt(index.row()));
    m_sortColumn = column;
    m_order = order;
    arrange();
    std::vector<int> places(m_state->set() ? static_cast<std::size_t>(m_state->set()->size()) : 0);
    for (std::size_t row = 0; row < m_rows.size(); ++row)
        places[static_cast<std::size_t>(m_rows[row])] = static_cast<int>(row);
    QModelIndexList after;
    for (qsizetype i = 0; i < before.size(); ++i)
        after << index(places[static_cast<std::size_t>(pictures[static_cast<std::size_t>(i)])], before[i].column());
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

int LabelModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int LabelModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

int LabelModel::pictureAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)] : -1;
}

int LabelModel::rowOf(int picture) const
{
    const auto found = std::find(m_rows.begin(), m_rows.end(), picture);
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

QVariant LabelModel::data(const QModelIndex &index, int role) const
{
    const int picture = index.isValid() ? pictureAt(index.row()) : -1;
    if (picture < 0)
        return {};
    const LabelSet &set = *m_state->set();
    const auto person = [&](int label) { return toQString(set.person(label)); };
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case PictureColumn: return person(set.label(picture));
        case ConfusedColumn: return person(set.confusedWith(picture));
        case OwnColumn: return QLocale().toString(set.own(picture), 'f', 3);
        case HardestColumn: return QLocale().toString(set.hardest(picture), 'f', 3);
        case ScoreColumn: return scoreText(set.normalised(picture));
        default: return {};
        }
    case Qt::TextAlignmentRole: return index.column() >= OwnColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        if (index.column() == ScoreColumn)
            return tr("D-score %1, raw %2").arg(scoreText(set.normalised(picture)), QLocale().toString(set.raw(picture), 'f', 3));
        if (index.column() == ConfusedColumn)
            return plainTip(toQString(set.path(set.representative(set.confusedWith(picture)))));
        return plainTip(toQString(set.path(picture)));
    case Qt::AccessibleTextRole:
        if (index.column() == PictureColumn)
            return tr("%1, confused with %2, D-score %3").arg(person(set.label(picture)), person(set.confusedWith(picture)), scoreText(set.normalised(picture)))
                + (m_state->isExcluded(picture) ? tr(", excluded") : QString());
        return data(index, Qt::DisplayRole);
    case PictureRole: return picture;
    case ThumbnailRole:
        return index.column() == PictureColumn ? picture : index.column() == ConfusedColumn ? set.representative(set.confusedWith(picture)) : -1;
    case DetailRole: {
        if (index.column() == PictureColumn)
            return toQString(set.name(picture));
        const int count = set.countOf(set.confusedWith(picture));
        return tr("%n picture(s)", nullptr, count);
    }
    case ExcludedRole: return m_state->isExcluded(picture);
    case ScoreRole: return set.normalised(picture);
    default: return {};
    }
}

QVariant LabelModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section >= OwnColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        const bool cosine = !m_state->set() || m_state->set()->cosine();
        switch (section) {
        case ConfusedColumn: return tr("The class it comes closest to besides its own, with the picture nearest to that class's centre");
        case OwnColumn: return cosine ? tr("Cosine to the centre of its own class: larger is closer") : tr("Distance to the centre of its own class");
        case HardestColumn:
            return cosine ? tr("Cosine to the closest centre of another class: larger is closer") : tr("Distance to the closest centre of another class");
        case ScoreColumn: return tr("D-score from 0 to 1 (Eq. 4): how well the picture tells its person from others");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case PictureColumn: return tr("Picture");
    case ConfusedColumn: return tr("Confused with");
    case OwnColumn: return tr("Own");
    case HardestColumn: return tr("Hardest");
    case ScoreColumn: return tr("D-score");
    default: return {};
    }
}

} // namespace dscope
