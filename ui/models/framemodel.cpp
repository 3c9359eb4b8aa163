// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/framemodel.h"

#include "ui/convert.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/plaintip.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace dscope {

FrameModel::FrameModel(QObject *parent) : QAbstractTableModel(parent) {}

void FrameModel::setTemplate(EvaluationSetPtr set, std::uint32_t place, const TemplateShares &shares)
{
    beginResetModel();
    m_set = std::move(set);
    m_frames.clear();
    m_hasWeights = !shares.weights.empty();
    m_heaviest = 0;
    m_first = m_set && place < m_set->features->ids.size() ? static_cast<int>(m_set->features->begin[place]) : 0;
    for (std::size_t i = 0; i < shares.dScores.size(); ++i) {
        m_frames.push_back({m_first + static_cast<int>(i), shares.dScores[i], m_hasWeights ? shares.weights[i] : 0});
        m_heaviest = std::max(m_heaviest, m_frames.back().weight);
    }
    std::stable_sort(m_frames.begin(), m_frames.end(), [](const Frame &a, const Frame &b) { return a.score > b.score; });
    endResetModel();
}

int FrameModel::faceAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_frames[static_cast<std::size_t>(row)].face : -1;
}

void FrameModel::setWhole(bool whole)
{
    if (whole == m_whole)
        return;
    m_whole = whole;
    if (!m_frames.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, 0), {PictureRole});
}

int FrameModel::pictureAt(int row) const
{
    const int face = faceAt(row);
    return face < 0 ? -1 : EvaluationPictures::itemOf(*m_set, face, m_whole);
}

int FrameModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_frames.size());
}

int FrameModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString FrameModel::nameOf(const Frame &frame) const
{
    const auto &names = m_set->features->names;
    if (static_cast<std::size_t>(frame.face) < names.size() && !names[static_cast<std::size_t>(frame.face)].empty())
        return QFileInfo(toQString(names[static_cast<std::size_t>(frame.face)])).fileName();
    return tr("picture %1").arg(frame.face - m_first + 1);
}

QVariant FrameModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Frame &frame = m_frames[static_cast<std::size_t>(index.row())];
    const QString weight = !m_hasWeights ? QStringLiteral("–") : frame.weight > 0 ? percentText(frame.weight) : tr("dropped");
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case PictureColumn: return nameOf(frame);
        case ScoreColumn: return scoreText(frame.score);
        case WeightColumn: return weight;
        default: return {};
        }
    case Qt::TextAlignmentRole:
        return index.column() == PictureColumn ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        const QString scores = !m_hasWeights ? tr("D-score %1").arg(scoreText(frame.score))
            : frame.weight > 0               ? tr("D-score %1, kept with weight %2").arg(scoreText(frame.score), weight)
                                             : tr("D-score %1, dropped").arg(scoreText(frame.score));
        return plainTip(QStringLiteral("%1\n%2").arg(nameOf(frame), scores));
    }
    case Qt::AccessibleTextRole:
        return index.column() == PictureColumn ? tr("%1, D-score %2, weight %3").arg(nameOf(frame), scoreText(frame.score), weight)
                                               : data(index, Qt::DisplayRole);
    case FaceRole: return frame.face;
    case PictureRole: return pictureAt(index.row());
    case ScoreRole: return frame.score;
    case WeightRole: return frame.weight;
    case HeaviestRole: return m_heaviest;
    default: return {};
    }
}

QVariant FrameModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == PictureColumn ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case PictureColumn: return tr("Picture");
    case ScoreColumn: return tr("D-score");
    case WeightColumn: return tr("Weight");
    default: return {};
    }
}

} // namespace dscope
