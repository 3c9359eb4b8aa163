// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/livethreshold.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/tarmodel.h"

#include <QTabWidget>

#include <optional>
#include <string>
#include <utility>
#include <vector>

class QAbstractItemView;
class QLabel;
class QSplitter;
class QTableView;
class QTreeView;

namespace dscope {

class FarModel;
class LiveEngine;
class PairModel;
class ThumbnailCache;

/// The figures of runs on pairs: the TAR table beside the paper's, the current run by both rules, and the hardest pairs of a chosen point down to their
/// pictures.
class EvaluationTables : public QTabWidget {
    Q_OBJECT
public:
    EvaluationTables(EvaluationState *state, const LiveEngine *engine, ThumbnailCache *cache, QWidget *parent = nullptr);

    /// Where the pictures behind pairs are; null: not in memory.
    void setSet(EvaluationSetPtr set);
    /// The live threshold's exact value is another now.
    void updateLive();
    /// The live threshold's row of the TAR table.
    void setLive(const std::optional<LiveRow> &row);
    /// Shows the hardest pairs of a run, or of the live threshold, at a FAR.
    void pick(int id, double far);
    /// The tables, and of each whether it lists pairs.
    std::vector<std::pair<QAbstractItemView *, bool>> views() const;
    /// The pairs on show as csv.
    std::string pairsText() const;

Q_SIGNALS:
    void failed(const QString &headline, const QString &detail);
    void message(const QString &text);

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *buildTable();
    QWidget *buildDetails();
    QWidget *buildPairs();
    QTreeView *addPairs(QSplitter *both, PairModel *model, const QString &name, const QString &text);
    void showPairs();
    void updateDetails();
    void updatePairs();
    void showPair(const PairModel *model, int row);
    const FarPoint *currentPoint() const;
    QString aboutRun(const ShownRun &shown) const;
    QString aboutLive(const LiveExact &exact) const;

    EvaluationState *m_state;
    const LiveEngine *m_engine;
    ThumbnailCache *m_cache;
    EvaluationSetPtr m_set;
    TarModel *m_tarModel;
    FarModel *m_farModel;
    PairModel *m_genuine;
    PairModel *m_impostor;
    QTableView *m_table = nullptr;
    QTableView *m_details = nullptr;
    QLabel *m_about = nullptr;
    QLabel *m_pairsCaption = nullptr;
    QTreeView *m_genuineView = nullptr;
    QTreeView *m_impostorView = nullptr;
};

} // namespace dscope
