// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"

#include <QAbstractTableModel>

#include <vector>

namespace dscope {

/// The hardest pairs of one kind, hardest first: who they are, how they score, and whether the chosen point of the ROC decides them wrongly.
class PairModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { FirstColumn, SecondColumn, ScoreColumn, DecisionColumn, ColumnCount };
    enum Role { WrongRole = Qt::UserRole + 1 };
    enum class Kind { Genuine, Impostor };

    explicit PairModel(Kind kind, QObject *parent = nullptr);

    /// @param set names the templates; null: they are shown by their place @param threshold accept at a score of this or more
    void setPairs(std::vector<NotablePair> pairs, EvaluationSetPtr set, double threshold);
    const NotablePair *pairAt(int row) const;
    Kind kind() const { return m_kind; }
    /// How many of the listed pairs are decided wrongly.
    int wrongCount() const;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    bool isWrong(const NotablePair &pair) const;
    QString nameOf(std::uint32_t place) const;

    Kind m_kind;
    std::vector<NotablePair> m_pairs;
    EvaluationSetPtr m_set;
    double m_threshold = 0;
};

/// csv of both lists: kind, rank, templates by number and subject, score, wrong at the point. Numbers with a decimal point whatever the locale.
std::string pairsCsv(const PairModel &genuine, const PairModel &impostor, const EvaluationSet *set);

} // namespace dscope
