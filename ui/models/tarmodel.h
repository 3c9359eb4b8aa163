// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/paperfigures.h"
#include "ui/models/evaluationstate.h"

#include <QAbstractTableModel>

#include <cstddef>
#include <optional>
#include <vector>

namespace dscope {

/// What the live threshold gives at the moment, as a row above the runs.
struct LiveRow {
    QString title;
    QString about; ///< how sure it is: "exact", "estimate while moving"
    bool exact = false;
    std::vector<double> fars;
    std::vector<double> tar, low, high; ///< one per FAR; low = high: no interval
    std::vector<bool> resolved;         ///< one per FAR: whether the estimate says anything
    bool deviation = false;             ///< low and high are the mean -+ the deviation over splits
    double eer = -1;                    ///< below 0: not known
    double keptShare = 1;
    double macPerFace = 0; ///< 0: no price
};

/// The runs' TARs at every FAR target, strict rule, above them the live threshold's, and below them what the paper reports on the same benchmarks. The
/// interval (or the deviation over splits) is the second line of a cell, DetailRole. A figure that rests on fewer than ten impostor pairs is faint.
class TarModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { IdRole = Qt::UserRole + 1, FarRole, DetailRole, PaperRole };

    explicit TarModel(EvaluationState *state, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    /// The first row, while there is something live; its id is EvaluationState::liveId.
    void setLive(const std::optional<LiveRow> &live);

    /// -1: a row of the paper, or none.
    int idAt(int row) const;
    int rowOf(int id) const;
    /// The FAR target of a column; 0: it has none.
    double farOf(int column) const;
    int columnOf(double far) const;
    bool isEmpty() const { return m_rows.empty(); }
    void setPalette(const QPalette &palette);

private:
    struct Row {
        ShownRun run; ///< id -1: of the paper; liveId: the live threshold
        std::string benchmark;
        PaperRow paper;
    };
    enum class Kind { Method, Far, TenFold, Eer, Kept, Cost };
    struct Column {
        Kind kind = Kind::Method;
        double far = 0;
    };
    void take();
    QString value(const Row &row, const Column &column) const;
    QString detail(const Row &row, const Column &column) const;
    QString explanation(const Row &row, const Column &column) const;
    bool isBest(std::size_t row, const Column &column) const;

    QString liveValue(const Column &column) const;
    QString liveDetail(const Column &column) const;
    /// Place of a FAR in the live figures; -1: none.
    std::ptrdiff_t livePlace(double far) const;

    EvaluationState *m_state;
    std::optional<LiveRow> m_liveRow;
    std::vector<Row> m_rows;
    std::vector<Column> m_columns{Column()};
    bool m_several = false; ///< benchmarks
    QPalette m_palette;
};

/// The point of a run at a target, or null.
const FarPoint *pointAt(const std::vector<FarPoint> &points, double far);
/// "97.12", percent without its sign, for tables; a dash for what is not a number.
QString percentNumber(double share, int decimals = 2);

} // namespace dscope
