// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/paperfigures.h"
#include "core/threshold/liveretrieval.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/tarmodel.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace dscope {

/// What the table shows of the live threshold of a retrieval.
struct LiveRetrievalRow {
    QString title;
    QString about; ///< below the title
    LiveRetrievalPoint point;
    std::vector<std::int64_t> ranks;
    double macPerElement = 0; ///< 0: not known
};

/// mAP and CMC of every run that is a retrieval: the rows of one protocol, then those of the other with the paper's beside them, which are by that one alone.
/// The live threshold heads each. TarDelegate draws it: its intervals are TarModel::DetailRole.
class RetrievalModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { IdRole = TarModel::IdRole, DetailRole = TarModel::DetailRole, PaperRole = TarModel::PaperRole };

    explicit RetrievalModel(EvaluationState *state, QObject *parent = nullptr);

    void setPalette(const QPalette &palette);
    /// Empty: there is none.
    void setLive(const std::optional<LiveRetrievalRow> &live);
    /// -1: the paper's.
    int idAt(int row) const;
    RetrievalProtocol protocolAt(int row) const;
    /// -1: there is none.
    int rowOf(int id, RetrievalProtocol protocol) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    enum class Kind { Method, Protocol, Map, Rank, Kept, Cost };
    struct Column {
        Kind kind = Kind::Method;
        std::int64_t rank = 0;
    };
    struct Row {
        ShownRun run;       ///< id -1: the paper's
        std::size_t at = 0; ///< among the run's figures
        RetrievalProtocol protocol = RetrievalProtocol::Official;
        std::string benchmark;
        PaperRow paper;
    };
    void take();
    const RetrievalFigures *figuresOf(const Row &row) const;
    const LiveRetrievalFigures *liveOf(const Row &row) const;
    std::optional<double> share(const Row &row, const Column &column) const;
    QString value(const Row &row, const Column &column) const;
    QString detail(const Row &row, const Column &column) const;
    QString explanation(const Row &row, const Column &column) const;
    bool isBest(const Row &row, const Column &column) const;

    EvaluationState *m_state;
    QPalette m_palette;
    std::optional<LiveRetrievalRow> m_live;
    std::vector<Row> m_rows;
    std::vector<Column> m_columns;
    bool m_several = false; ///< benchmarks
};

/// "official" or "video-reid", in the user's language.
QString protocolText(RetrievalProtocol protocol);

} // namespace dscope
