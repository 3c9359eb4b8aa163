// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/paperfigures.h"
#include "core/threshold/liveclasses.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/tarmodel.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace dscope {

/// What the table shows of the live choice of clips.
struct LiveClassesRow {
    QString title;
    QString about; ///< below the title
    LiveClassesPoint point;
    double clips = 0;       ///< kept per video
    double macPerVideo = 0; ///< 0: not known
};

/// Top-1, top-5 and the rest of every run that is a classification, the live choice first, the paper's rows last. TarDelegate draws it: intervals and
/// deviations are TarModel::DetailRole.
class ClassesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { IdRole = TarModel::IdRole, DetailRole = TarModel::DetailRole, PaperRole = TarModel::PaperRole };

    explicit ClassesModel(EvaluationState *state, QObject *parent = nullptr);

    void setPalette(const QPalette &palette);
    /// Empty: there is none.
    void setLive(const std::optional<LiveClassesRow> &live);
    /// -1: the paper's.
    int idAt(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    enum Column { Method, Top1, Top5, Mean, ClassMean, Clips, Share, Cost, Columns };
    struct Row {
        ShownRun run; ///< id -1: the paper's
        PaperRow paper;
    };
    void take();
    std::optional<double> figure(const Row &row, int column) const;
    QString value(const Row &row, int column) const;
    QString detail(const Row &row, int column) const;
    bool isBest(const Row &row, int column) const;

    EvaluationState *m_state;
    QPalette m_palette;
    std::optional<LiveClassesRow> m_live;
    std::vector<Row> m_rows;
};

} // namespace dscope
