// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/aggregation/represent.h"
#include "core/aggregation/selection.h"

#include <cstdint>
#include <functional>
#include <string>

namespace dscope {

/// What a rule may know of a template when it chooses weights: all of it follows from the sorted D-scores and their running sums. Where a rule
/// has a score of its own (LinearRule::score, LinearRule::weightsFrom), that is what D means here.
struct KeptSummary {
    std::int64_t size = 0;  ///< elements of the template
    std::int64_t kept = 0;  ///< n, those that take part; at least 1
    double largest = 0;     ///< D of the best element, from which `differences` are taken; with LinearRule::weightsFrom 0
    double lowest = 0;      ///< D of the worst kept element
    double lowestOfAll = 0; ///< D of the worst element, kept or not
    double differences = 0; ///< sum of largest - D over the kept: exact where scores are nearly equal
    double sum = 0;         ///< of the kept D
    double sumOfSquares = 0;
};

/// Weights that are linear in D inside one template: w_i = slope D_i + offset. Only their ratio counts, because Eq. 8 divides by their sum.
/// Such a weighted sum of features follows from two prefix sums, sum(f) and sum(D f), whatever the threshold.
struct LinearWeights {
    double slope = 0;
    double offset = 1;
};

/// A way to turn a template's elements into one vector that needs nothing but prefix sums: which elements take part, and their linear
/// weights. The paper's rules have this form, and so has any other that derives slope and offset from a KeptSummary, or whose weights are
/// linear in some fixed function of D. Where the weights sum to 0 they are uniform, as in aggregate().
struct LinearRule {
    std::string title = "ddl";
    Selection keep;                                            ///< its threshold is the caller's to move
    bool normaliseFeatures = false;                            ///< L2-normalise every feature first
    std::function<LinearWeights(const KeptSummary &)> weights; ///< empty: uniform
    /// What stands in for D in the weights, a function that never falls with D and has finite values; empty: D itself. Which elements are kept
    /// is decided by D all the same. Such a rule needs prefix sums of its own, which rules of the same `scoreName` share.
    std::function<double(double)> score;
    std::string scoreName;
    /// The weights are of another score, TemplateFeatures::quality by this name, such as the second look's: D keeps, that score (or `score` of it, which may
    /// then be any function with finite values) weighs. Empty: D. @see aggregateTwoStage()
    std::string weightsFrom;

    /// True when a threshold changes what comes out.
    bool moves() const { return keep.moves(); }
};

/// The rule of a method: average (also of those that D keeps), top1, topk, ddl (both re-scale ranges), ddl-no-rescale and ddl+, as aggregate() computes them;
/// the last three also with the weights of a second score, as aggregateTwoStage() does.
/// @throws Error for max, a score other than D that chooses, a threshold of the second score, the best by it, averaging inside media first, and for a k that is
/// not above 0: these are no linear rule on sorted D-scores
LinearRule linearRule(const Method &method);
/// The plain mean of the elements above t: DDL's choice of pictures without its weights.
LinearRule meanOfKept();

} // namespace dscope
