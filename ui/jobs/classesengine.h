// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/threshold/liveclasses.h"

#include <QObject>
#include <QPointer>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dscope {

class Job;

/// Whether a set is classified, so that its groups are not compared with each other.
bool isClassification(const EvaluationSetPtr &set);

/// The live choice of clips of a classification, off the window's thread: all videos fused anew for every move (newest wins: what came while one was under way
/// is forgotten but for the last), and the curves of accuracy against K.
class ClassesEngine : public QObject {
    Q_OBJECT
public:
    /// What a choice gives.
    struct Answer {
        LinearRule rule;
        Selection keep;
        LiveClassesPoint point;
        std::vector<std::int32_t> predictions; ///< [T]
    };

    explicit ClassesEngine(QObject *parent = nullptr);
    ~ClassesEngine() override;

    /// Begins anew; ready() or failed() follows. Null: nothing is shown.
    void setSet(const EvaluationSetPtr &set, const LivePrices &prices);
    /// Asks for a choice; moved() follows.
    void ask(const LinearRule &rule, const Selection &keep);

    bool isReady() const { return m_live != nullptr; }
    bool isBusy() const { return !m_preparing.isNull() || !m_pointJob.isNull() || !m_curveJob.isNull(); }
    /// The last answer, perhaps of a choice that has been left since.
    const std::optional<Answer> &answer() const { return m_answer; }
    /// Whether it is what was asked for last.
    bool isCurrent() const { return m_answer && m_pointJob.isNull(); }
    const std::vector<ClipCurve> &curves() const { return m_curves; }
    const LivePrices &prices() const { return m_prices; }

Q_SIGNALS:
    void started(dscope::Job *job); ///< a preparation, for a progress bar
    void ready();
    void moved();
    void curvesChanged();
    void failed(const QString &detail);

private:
    void startPoint();
    void startCurves(const EvaluationSetPtr &set);

    LivePrices m_prices;
    std::shared_ptr<const LiveClasses> m_live;
    LinearRule m_rule;
    Selection m_keep;
    std::optional<Answer> m_answer;
    std::vector<ClipCurve> m_curves;
    bool m_asked = false;
    bool m_waiting = false; ///< a move came while one was under way
    QPointer<Job> m_preparing;
    QPointer<Job> m_pointJob;
    QPointer<Job> m_curveJob;
};

} // namespace dscope
