// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/analysis/evaluationset.h"
#include "core/metrics/retrieval.h"
#include "ui/models/evaluationstate.h"

#include <QWidget>

#include <functional>
#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QTabWidget;

namespace dscope {

class FillingTable;
class Job;
class LiveBar;
class PlainPlot;
class QueriesView;
class RankPlot;
class RetrievalEngine;
class RetrievalModel;
class RetrievalTradeoffPlot;
class ThumbnailCache;
struct RetrievalTradeoffPoint;

/// What the page for evaluation shows of retrievals in place of its plots and tables of pairs: CMC and trade-off, the live threshold, the table of mAP and CMC,
/// the queries with what they find, and the words on the current run.
class RetrievalView : public QWidget {
    Q_OBJECT
public:
    /// @param liveMethod the method that the live threshold stands for, or nothing
    RetrievalView(EvaluationState *state, ThumbnailCache *cache, std::function<std::optional<Method>()> liveMethod, QWidget *parent = nullptr);
    ~RetrievalView() override;

    /// The set in memory; null, or one that is no retrieval: figures alone.
    void setSet(EvaluationSetPtr set, RetrievalDistance distance);
    const EvaluationSetPtr &set() const { return m_set; }
    /// Begins the live threshold, with the ways to weigh that it offers. After the runs: both want all cores.
    void startLive(const QStringList &methods, const QStringList &titles);
    bool isLiveStarted() const { return m_liveStarted; }
    /// Whether there is something to move.
    bool isLive() const;
    bool isBusy() const;

    RetrievalEngine *engine() const { return m_engine; }
    LiveBar *bar() const { return m_bar; }
    RetrievalProtocol protocol() const { return m_protocol; }
    void setProtocol(RetrievalProtocol protocol);
    const std::vector<PlainPlot *> &plots() const { return m_plots; }
    QTabWidget *tabs() const { return m_tabs; }
    QWidget *table() const;
    /// The trade-off as csv.
    std::string tradeoffText() const;
    /// What the live threshold gives, in one sentence for a report; empty: nothing yet.
    QString sentence() const;

Q_SIGNALS:
    void started(dscope::Job *job);
    void failed(const QString &detail);
    void keepWanted();
    /// A method by name is wanted as a run.
    void methodWanted(const QString &name);
    void liveChanged();

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *buildPlots();
    QWidget *buildTabs();
    void followState();
    void updateLive();
    void updateAbout();
    void updateQueries();
    void updateProtocols();
    void pick(const RetrievalTradeoffPoint &point);
    QString aboutRun(const ShownRun &shown) const;

    EvaluationState *m_state;
    ThumbnailCache *m_cache;
    std::function<std::optional<Method>()> m_liveMethod;
    RetrievalEngine *m_engine;
    RetrievalModel *m_model;
    EvaluationSetPtr m_set;
    RetrievalDistance m_distance = RetrievalDistance::SquaredL2;
    RetrievalProtocol m_protocol = RetrievalProtocol::Official;
    bool m_liveStarted = false;
    RankPlot *m_cmc = nullptr;
    RetrievalTradeoffPlot *m_tradeoff = nullptr;
    std::vector<PlainPlot *> m_plots;
    QComboBox *m_protocols = nullptr;
    QComboBox *m_across = nullptr;
    LiveBar *m_bar = nullptr;
    QTabWidget *m_tabs = nullptr;
    FillingTable *m_table = nullptr;
    QueriesView *m_queries = nullptr;
    QLabel *m_about = nullptr;
};

} // namespace dscope
