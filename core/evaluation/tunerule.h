// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/compare.h"

#include <string>
#include <vector>

namespace dscope {

/// Templates on which rules are judged together: all draws of one size, clean or degraded.
struct RulePart {
    std::string name; ///< such as "3, clean"
    std::vector<ComparedSet> draws;
};

/// A rule beside the plain average.
struct TriedRule {
    Method method;
    std::vector<ComparedRow> rows; ///< one per part and FAR
    double meanGain = 0;           ///< over the rows, of the TAR over the average's
    double leastGain = 0;          ///< of the rows
    bool judged = false;           ///< its gains have intervals
    /// That its gains have intervals, none of which lies wholly below 0, and that it nowhere loses more than was allowed.
    bool safe = false;
};

struct TunedRule {
    std::vector<TriedRule> tried; ///< by mean gain, the best first; equal ones in the order given
    std::size_t best = 0;         ///< the first of them that is safe; the average always is
};

struct TuneOptions {
    CompareOptions compare{{1e-2, 1e-3}, 200, 1, true};
    double worstLoss = 0.002; ///< of TAR, against the average: what a safe rule may lose in a part by the figures as they are
};

/// The rules that are tried where nobody names others: average, DDL, DDL without re-scale, and DDL+ over a grid of its constants.
/// @param second in two stages: weighed by the second look
std::vector<Method> ruleCandidates(bool second = false);

/// The rule with the largest mean gain over the plain average among those that are nowhere worse than it: by paired differences of the TAR, whose intervals
/// are over people and draws. A rule for all kinds of templates must not be bought by losses on one kind. To be called with training people: what is chosen
/// here cannot be judged on the same people. Intervals are computed from the best rule down, until one is safe.
/// @param candidates the average is added where it is missing @throws Error as compareMethods(), Cancelled
TunedRule tuneRule(const std::vector<RulePart> &parts, std::vector<Method> candidates, const TuneOptions &options, Progress &progress);

/// A Markdown table: a row a rule (at most `most`, and the chosen one), its mean and least gain, and whether it is safe.
std::string tunedRuleMarkdown(const TunedRule &tuned, const CompareHeading &heading, std::size_t most = 12);

} // namespace dscope
