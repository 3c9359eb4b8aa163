// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/tradeoff.h"
#include "ui/jobs/yieldingjob.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace dscope {

class Job;

/// The live threshold's three computations, all off the window's thread: an estimate for every move (newest wins: what came while one was under
/// way is forgotten but for the last), the exact pass when the threshold is let go (a later move cancels it) and, once it is shown, its bootstrap
/// intervals, and the whole trade-off curve, which fills in while nothing else is asked for and holds still while the threshold is dragged.
class LiveEngine : public QObject {
    Q_OBJECT
public:
    explicit LiveEngine(QObject *parent = nullptr);
    ~LiveEngine() override;

    /// Begins anew with a set, a rule and targets; ready() or failed() follows. Null: nothing is shown.
    /// @param split one of the set's, or EvaluationSet::allSplits: means over all of them
    void setSet(EvaluationSetPtr set, const LiveOptions &options, int split = EvaluationSet::allSplits);
    /// Another rule on the same set. Until it is ready, moves are remembered, not computed.
    void setRule(const LinearRule &rule);
    void setPrices(const LivePrices &prices);
    /// Of the intervals that follow an exact value; 0: none. From the next exact value on.
    void setResamples(int resamples) { m_resamples = resamples; }
    /// The methods of the curve; empty: standardMethods().
    void setCurveMethods(std::vector<LinearRule> methods) { m_curveMethods = std::move(methods); }

    const std::shared_ptr<LiveThreshold> &live() const { return m_live; }
    bool isReady() const { return m_live && !m_preparing; }
    bool isDragging() const { return m_dragging; }
    Job *preparing() const;
    /// Something is under way besides the curve.
    bool isBusy() const;
    bool curveRuns() const;

    /// The last answers; empty where they belong to another set or rule.
    const std::optional<LiveEstimate> &estimate() const { return m_estimate; }
    const std::shared_ptr<const LiveExact> &exact() const { return m_exact; }
    const Tradeoff &curve() const { return m_curve; }
    const LivePrices &prices() const { return m_prices; }

    void beginDrag();
    /// The threshold is here now: an estimate follows, and while nothing is dragged the exact value as well.
    void move(double t);
    void endDrag();
    /// Begins the curve, from its first point.
    void startCurve();
    void stopCurve();

Q_SIGNALS:
    void started(dscope::Job *job); ///< a preparation, for a progress bar
    void ready();
    void estimated();
    void exactReady();
    /// exact() has its intervals now, or the reason why there are none.
    void intervalsReady();
    void curveChanged();
    void busyChanged();
    void failed(const QString &detail);

private:
    void prepared(std::shared_ptr<LiveThreshold> live);
    void watch(Job *job);
    void startEstimate();
    void startExact();
    void startIntervals();
    void dropExact();
    void holdCurve(bool hold);

    EvaluationSetPtr m_set;
    LiveOptions m_options;
    LivePrices m_prices;
    std::shared_ptr<LiveThreshold> m_live;
    std::optional<LiveEstimate> m_estimate;
    std::shared_ptr<const LiveExact> m_exact;
    Tradeoff m_curve;
    std::vector<LinearRule> m_curveMethods;
    double m_threshold = 0.15;
    bool m_dragging = false;
    bool m_waiting = false; ///< a move came while an estimate was under way
    YieldingJob m_yielding; ///< the curve's
    QTimer m_exactDelay;
    int m_generation = 0; ///< of set and rule: what belongs to an earlier one is dropped
    QPointer<Job> m_preparing;
    QPointer<Job> m_estimating;
    QPointer<Job> m_exactJob;
    QPointer<Job> m_intervalJob;
    int m_resamples = 0;
    int m_split = EvaluationSet::allSplits;
    QPointer<Job> m_curveJob;
};

} // namespace dscope
