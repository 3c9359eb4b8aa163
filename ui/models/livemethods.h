// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/evaluationstate.h"

#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// Ways to weigh the kept faces that follow from prefix sums, and so can be moved: by D, and where a second look has scored the faces by that too.
QStringList liveMethodNames(const EvaluationSetPtr &set);
/// The curves of the trade-off, by name; the last one is swept over K.
QStringList curveMethodNames(const EvaluationSetPtr &set);
/// Without its threshold, which the slider has.
QString liveMethodTitle(const QString &name);
/// The method that slider and list stand for, as far as the set can give it.
std::optional<Method> liveMethodOf(const EvaluationState &state, const EvaluationSetPtr &set);

/// The last recommendation that was taken, for the report. It stands as long as it is of the pairs that are looked at.
class TakenRecommendation {
public:
    const std::string &sentence() const { return m_sentence; }
    void take(const std::string &sentence, const EvaluationSetPtr &set, const EvaluationState &state);
    /// As a project has kept it: the set is not in memory.
    void restore(const std::string &sentence, std::vector<std::shared_ptr<const EvaluationRun>> runs);
    void clear() { m_sentence.clear(); }
    /// Ends where it is of another set or split than this. Whoever opens a project and loads the same features again looks at the same ones.
    /// @return whether it has ended
    bool check(const EvaluationSetPtr &set, int split);

private:
    std::string m_sentence;
    std::vector<std::shared_ptr<const EvaluationRun>> m_by; ///< runs of the set that it is of
    EvaluationSetPtr m_on;                                  ///< that set; null: not in memory since the project was opened
    int m_split = EvaluationSet::allSplits;
};

} // namespace dscope
