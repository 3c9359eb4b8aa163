// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/pairmodel.h"

#include "core/base/csv.h"
#include "ui/convert.h"
#include "ui/models/templatetext.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace dscope {

PairModel::PairModel(Kind kind, QObject *parent) : QAbstractTableModel(parent), m_kind(kind) {}

void PairModel::setPairs(std::vector<NotablePair> pairs, EvaluationSetPtr set, double threshold)
{
    beginResetModel();
    m_pairs = std::move(pairs);
    m_set = std::move(set);
    m_threshold = threshold;
    endResetModel();
}

const NotablePair *PairModel::pairAt(int row) const
{
    return row >= 0 && row < rowCount() ? &m_pairs[static_cast<std::size_t>(row)] : nullptr;
}

bool PairModel::isWrong(const NotablePair &pair) const
{
    // In float, as the scores are: the point's own score must not fall on the wrong side of itself.
    const bool accepted = pair.score >= static_cast<float>(m_threshold);
    return accepted == (m_kind == Kind::Impostor);
}

int PairModel::wrongCount() const
{
    return static_cast<int>(std::count_if(m_pairs.begin(), m_pairs.end(), [this](const NotablePair &pair) { return isWrong(pair); }));
}

int PairModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_pairs.size());
}

int PairModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString PairModel::nameOf(std::uint32_t place) const
{
    return m_set ? templateText(*m_set->features, place) : tr("template no. %1").arg(place + 1);
}

QVariant PairModel::data(const QModelIndex &index, int role) const
{
    const NotablePair *pair = index.isValid() ? pairAt(index.row()) : nullptr;
    if (pair == nullptr)
        return {};
    const QString decision =
        isWrong(*pair) ? (m_kind == Kind::Genuine ? tr("missed") : tr("accepted")) : (m_kind == Kind::Genuine ? tr("found") : tr("rejected"));
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case FirstColumn: return nameOf(pair->a);
        case SecondColumn: return nameOf(pair->b);
        case ScoreColumn: return QLocale().toString(pair->score, 'f', 4);
        case DecisionColumn: return decision;
        default: return {};
        }
    case Qt::ToolTipRole: return tr("Double-click to see the pictures of both templates with their D-scores and weights");
    case Qt::TextAlignmentRole: return index.column() == ScoreColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::AccessibleTextRole:
        if (index.column() == FirstColumn)
            return tr("%1 and %2, score %3, %4").arg(nameOf(pair->a), nameOf(pair->b), QLocale().toString(pair->score, 'f', 4), decision);
        return data(index, Qt::DisplayRole);
    case WrongRole: return isWrong(*pair);
    default: return {};
    }
}

QVariant PairModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    if (role == Qt::TextAlignmentRole)
        return section == ScoreColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == DecisionColumn)
        return tr("What the chosen point of the ROC makes of the pair");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case FirstColumn: return tr("One template");
    case SecondColumn: return tr("The other");
    case ScoreColumn: return tr("Score");
    case DecisionColumn: return tr("At this point");
    default: return {};
    }
}

std::string pairsCsv(const PairModel &genuine, const PairModel &impostor, const EvaluationSet *set)
{
    std::string text = "kind,rank,template_a,template_b,subject_a,subject_b,score,wrong_at_point\n";
    const auto idOf = [&](std::uint32_t place) {
        return set != nullptr && place < set->features->ids.size() ? std::to_string(set->features->ids[place]) : "#" + std::to_string(place);
    };
    const auto subjectOf = [&](std::uint32_t place) -> std::string {
        if (set == nullptr || place >= set->features->subjects.size())
            return {};
        const std::int32_t subject = set->features->subjects[place];
        const auto &names = set->features->subjectNames;
        return subject >= 0 && static_cast<std::size_t>(subject) < names.size() ? csvText(names[static_cast<std::size_t>(subject)]) : std::string();
    };
    for (const PairModel *model : {&genuine, &impostor})
        for (int row = 0; row < model->rowCount(); ++row) {
            const NotablePair &pair = *model->pairAt(row);
            text += std::string(model->kind() == PairModel::Kind::Genuine ? "genuine" : "impostor") + "," + std::to_string(row + 1) + "," + idOf(pair.a) + ","
                + idOf(pair.b) + "," + subjectOf(pair.a) + "," + subjectOf(pair.b) + "," + csvNumber(pair.score) + ","
                + (model->index(row, 0).data(PairModel::WrongRole).toBool() ? "1" : "0") + "\n";
        }
    return text;
}

} // namespace dscope
