// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/querymodel.h"

#include "ui/models/tarmodel.h"
#include "ui/models/templatetext.h"

#include <QLocale>

#include <limits>
#include <utility>

namespace dscope {

namespace {
constexpr double last = std::numeric_limits<double>::infinity();
}

QueryModel::QueryModel(QObject *parent) : QAbstractTableModel(parent) {}

void QueryModel::setQueries(EvaluationSetPtr set, const std::vector<std::uint32_t> &queries, const RankedQueries &ranked)
{
    beginResetModel();
    m_set = std::move(set);
    m_rows.clear();
    for (std::size_t i = 0; i < queries.size() && i < ranked.outcomes.size(); ++i)
        m_rows.push_back({queries[i], ranked.outcomes[i], isCounted(ranked.outcomes[i], ranked.protocol)});
    endResetModel();
}

void QueryModel::clear()
{
    if (m_rows.empty())
        return;
    beginResetModel();
    m_set.reset();
    m_rows.clear();
    endResetModel();
}

int QueryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int QueryModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString QueryModel::text(const Row &row, int column) const
{
    const TemplateFeatures &features = *m_set->features;
    const QLocale locale;
    switch (column) {
    case TrackletColumn: return QString::number(features.ids[row.place]);
    case PersonColumn: return personText(features, row.place);
    case CameraColumn: return locale.toString(features.cameras[row.place]);
    case ApColumn: return row.counted ? percentNumber(row.outcome.ap, 1) : tr("not counted");
    case FirstColumn: return row.outcome.first > 0 ? locale.toString(static_cast<qlonglong>(row.outcome.first)) : tr("none");
    case MatchesColumn: return locale.toString(static_cast<qlonglong>(row.outcome.matches));
    case ElementsColumn: return locale.toString(static_cast<qlonglong>(features.size(row.place)));
    default: return {};
    }
}

double QueryModel::order(const Row &row, int column) const
{
    const TemplateFeatures &features = *m_set->features;
    switch (column) {
    case TrackletColumn: return static_cast<double>(features.ids[row.place]);
    case PersonColumn: return features.subjects[row.place];
    case CameraColumn: return features.cameras[row.place];
    case ApColumn: return row.counted ? row.outcome.ap : last;
    case FirstColumn: return row.outcome.first > 0 ? static_cast<double>(row.outcome.first) : last;
    case MatchesColumn: return static_cast<double>(row.outcome.matches);
    case ElementsColumn: return static_cast<double>(features.size(row.place));
    default: return 0;
    }
}

QVariant QueryModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return text(row, index.column());
    case Qt::TextAlignmentRole:
        return index.column() == PersonColumn ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::AccessibleTextRole:
        return index.column() == TrackletColumn
            ? tr("Query %1, %2, camera %3, AP %4, first match at %5")
                  .arg(text(row, TrackletColumn), text(row, PersonColumn), text(row, CameraColumn), text(row, ApColumn), text(row, FirstColumn))
            : text(row, index.column());
    case SortRole: return order(row, index.column());
    default: return {};
    }
}

QVariant QueryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == PersonColumn ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case ApColumn: return tr("Average precision of the query, in percent; the mean over the queries is mAP");
        case FirstColumn: return tr("Rank of the nearest tracklet of the same person by another camera");
        case MatchesColumn: return tr("Tracklets of the same person by other cameras in the gallery");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TrackletColumn: return tr("Query");
    case PersonColumn: return tr("Person");
    case CameraColumn: return tr("Camera");
    case ApColumn: return tr("AP %");
    case FirstColumn: return tr("First");
    case MatchesColumn: return tr("Matches");
    case ElementsColumn: return tr("Crops");
    default: return {};
    }
}

} // namespace dscope
