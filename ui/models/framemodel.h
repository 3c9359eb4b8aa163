// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"

#include <QAbstractTableModel>

#include <vector>

namespace dscope {

/// The pictures of one template, best D-score first, each with its D-score and its weight in the template's vector.
class FrameModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { PictureColumn, ScoreColumn, WeightColumn, ColumnCount };
    enum Role { FaceRole = Qt::UserRole + 1, ScoreRole, WeightRole, HeaviestRole, PictureRole };

    explicit FrameModel(QObject *parent = nullptr);

    /// @param shares of the template at `place`, in the set's order
    void setTemplate(EvaluationSetPtr set, std::uint32_t place, const TemplateShares &shares);
    int faceAt(int row) const;
    /// Whole pictures in place of the faces cut out of them.
    void setWhole(bool whole);
    /// A row's number in EvaluationPictures.
    int pictureAt(int row) const;
    bool hasWeights() const { return m_hasWeights; }
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Frame {
        int face = 0;
        double score = 0;
        double weight = 0;
    };
    QString nameOf(const Frame &frame) const;

    EvaluationSetPtr m_set;
    int m_first = 0;
    bool m_hasWeights = false;
    bool m_whole = false;
    double m_heaviest = 0;
    std::vector<Frame> m_frames;
};

} // namespace dscope
