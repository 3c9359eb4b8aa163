// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/farmodel.h"

#include "ui/models/evaluationstate.h"
#include "ui/models/tarmodel.h"

#include <QLocale>

#include <utility>

namespace dscope {

FarModel::FarModel(QObject *parent) : QAbstractTableModel(parent) {}

void FarModel::setPoints(std::vector<FarPoint> strict, std::vector<FarPoint> insightface, std::vector<Interval> intervals, std::vector<double> deviations)
{
    beginResetModel();
    m_strict = std::move(strict);
    m_other = std::move(insightface);
    m_intervals = std::move(intervals);
    m_deviations = std::move(deviations);
    endResetModel();
}

double FarModel::farAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_strict[static_cast<std::size_t>(row)].target : 0;
}

int FarModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_strict.size());
}

int FarModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FarModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const auto at = static_cast<std::size_t>(index.row());
    const FarPoint &strict = m_strict[at];
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == FarRole)
        return strict.target;
    const QLocale locale;
    const auto accepted = [&](const FarPoint &point) {
        return tr("%1 of %2").arg(locale.toString(static_cast<qlonglong>(point.impostorsAccepted)), locale.toString(static_cast<qlonglong>(point.impostors)));
    };
    if (role == Qt::ToolTipRole && index.column() == IntervalColumn && at < m_intervals.size())
        return tr("%1 % interval by bootstrap over people, %2 resamples")
            .arg(locale.toString(m_intervals[at].level * 100, 'g', 3), locale.toString(static_cast<qlonglong>(m_intervals[at].resamples)));
    if (role == Qt::ToolTipRole && index.column() == IntervalColumn && at >= m_intervals.size() && at < m_deviations.size())
        return tr("TAR is the mean over the splits, this its deviation (population)");
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    const FarPoint *other = pointAt(m_other, strict.target);
    switch (index.column()) {
    case TargetColumn: return farText(strict.target);
    case TarColumn: return percentNumber(strict.tar);
    case IntervalColumn:
        if (at < m_intervals.size())
            return tr("%1 – %2").arg(percentNumber(m_intervals[at].low), percentNumber(m_intervals[at].high));
        return at < m_deviations.size() ? QStringLiteral("± %1").arg(percentNumber(m_deviations[at])) : QStringLiteral("–");
    case RealisedColumn: return locale.toString(strict.realisedFar, 'g', 4);
    case AcceptedColumn: return accepted(strict);
    case ScoreColumn: return locale.toString(strict.threshold, 'f', 4);
    case OtherTarColumn: return other != nullptr ? percentNumber(other->tar) : QString();
    case OtherRealisedColumn: return other != nullptr ? locale.toString(other->realisedFar, 'g', 4) : QString();
    case OtherAcceptedColumn: return other != nullptr ? accepted(*other) : QString();
    default: return {};
    }
}

QVariant FarModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        if (section >= OtherTarColumn && section < ColumnCount)
            return tr("InsightFace's rule: the vertex of the pruned ROC that is closest to the target; its FAR may lie above it");
        if (section >= TarColumn && section <= ScoreColumn)
            return tr("Strict rule: the last vertex of the full ROC whose FAR does not exceed the target");
        return {};
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TargetColumn: return tr("FAR target");
    case TarColumn: return tr("TAR %");
    case IntervalColumn: return m_intervals.empty() && !m_deviations.empty() ? tr("Deviation") : tr("95 % interval");
    case RealisedColumn: return tr("Realised FAR");
    case AcceptedColumn: return tr("Impostors accepted");
    case ScoreColumn: return tr("Score from");
    case OtherTarColumn: return tr("InsightFace TAR %");
    case OtherRealisedColumn: return tr("Its FAR");
    case OtherAcceptedColumn: return tr("Its impostors");
    default: return {};
    }
}

} // namespace dscope
