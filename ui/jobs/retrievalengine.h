// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/threshold/liveretrieval.h"
#include "ui/jobs/yieldingjob.h"

#include <QObject>
#include <QPointer>

#include <memory>
#include <optional>

namespace dscope {

class Job;

/// The lists of the first split of a set that is a retrieval; null: there is none.
const RetrievalLists *retrievalOf(const EvaluationSetPtr &set);
/// Whether the set has D-scores, by which a threshold could choose.
bool hasDScores(const EvaluationSet &set);

/// The live threshold of a retrieval, off the window's thread: all queries ranked anew for every move (newest wins: what came while one was under way is
/// forgotten but for the last), and the whole trade-off curve, which fills in while nothing else is asked for.
class RetrievalEngine : public QObject {
    Q_OBJECT
public:
    explicit RetrievalEngine(QObject *parent = nullptr);
    ~RetrievalEngine() override;

    /// Begins anew; ready() or failed() follows. Null: nothing is shown.
    void setSet(EvaluationSetPtr set, RetrievalDistance distance, const LinearRule &rule);
    /// Another rule on the same set.
    void setRule(const LinearRule &rule);
    void setPrices(const LivePrices &prices);

    const std::shared_ptr<const LiveRetrieval> &live() const { return m_live; }
    bool isReady() const { return m_live != nullptr; }
    /// Something is under way besides the curve.
    bool isBusy() const { return !m_preparing.isNull() || !m_pointJob.isNull(); }
    bool curveRuns() const { return !m_curveJob.isNull(); }
    /// The last answer of this set and rule, perhaps of a threshold that has been left since.
    const std::optional<LiveRetrievalPoint> &point() const { return m_point; }
    /// Whether it is of the threshold that is wanted now.
    bool isCurrent() const { return m_point && m_point->threshold == m_threshold; }
    const RetrievalTradeoff &curve() const { return m_curve; }
    const LivePrices &prices() const { return m_prices; }

    void beginDrag();
    void move(double t);
    void endDrag();
    void stopCurve();

Q_SIGNALS:
    void started(dscope::Job *job); ///< a preparation, for a progress bar
    void ready();
    /// point() is another one now.
    void moved();
    void curveChanged();
    void failed(const QString &detail);

private:
    void startPoint();
    void startCurve();
    void forget();
    void holdCurve(bool hold);

    LinearRule m_rule;
    LivePrices m_prices;
    std::shared_ptr<const LiveRetrieval> m_live;
    std::optional<LiveRetrievalPoint> m_point;
    RetrievalTradeoff m_curve;
    double m_threshold = 0.15;
    bool m_dragging = false;
    bool m_waiting = false; ///< a move came while one was under way
    YieldingJob m_yielding; ///< the curve's
    QPointer<Job> m_preparing;
    QPointer<Job> m_pointJob;
    QPointer<Job> m_curveJob;
};

} // namespace dscope
