// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/linearrule.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>

namespace dscope {

LinearRule linearRule(const Method &method)
{
    const AggregateOptions &options = method.options;
    LinearRule rule;
    rule.title = titleOf(method);
    rule.normaliseFeatures = options.normaliseFeatures;
    rule.keep = options.keep;
    if (method.kind != Method::Kind::Scores || !method.quality.empty())
        throw Error("'" + rule.title + "' does not choose by D-score; the live threshold works on D-scores. Compare it as a row of its own.");
    if (options.order == MediaOrder::MediaFirst)
        throw Error("'" + rule.title + "' averages inside each media first; the live threshold works on pictures. Choose the order 'images'.");
    if (std::isfinite(method.secondThreshold))
        throw Error("'" + rule.title
                    + "' has a threshold of the second score, which does not follow D; the live threshold has none. Compare it as a row of its own.");
    switch (options.method) {
    case Aggregator::Max: throw Error("An element-wise maximum does not follow from sums; the live threshold has no 'max'.");
    case Aggregator::Average:
        if (method.choose)
            break;
        rule.keep.mode = Selection::Mode::All;
        return rule;
    case Aggregator::Top1:
    case Aggregator::TopK:
        if (isTwoStage(method))
            throw Error("'" + rule.title + "' takes its best among those that D keeps, which does not follow from sums; compare it as a row of its own.");
        rule.keep.setBest(options.method == Aggregator::Top1 ? 1 : options.k);
        if (rule.keep.k <= 0)
            throw Error("Top-K needs a K above 0.");
        return rule;
    case Aggregator::Ddl:
        // Eq. 9 up to the factor 1 / (max - min), which Eq. 8 divides out again.
        if (options.rescaleOverWhole)
            rule.weights = [](const KeptSummary &kept) { return LinearWeights{1, -kept.lowestOfAll}; };
        else
            rule.weights = [](const KeptSummary &kept) { return LinearWeights{1, -kept.lowest}; };
        break;
    case Aggregator::DdlPlus:
        // Not linear in D, but in its own weight g(D), of which sums are kept as well.
        rule.score = [middle = options.plusMiddle, power = options.plusPower](double d) { return ddlPlusWeight(d, middle, power); };
        rule.scoreName = printed("ddl+ %f %f", options.plusMiddle, options.plusPower);
        rule.weights = [](const KeptSummary &) { return LinearWeights{1, 0}; };
        break;
    case Aggregator::DdlNoRescale: rule.weights = [](const KeptSummary &) { return LinearWeights{1, 0}; }; break;
    default: throw Error("'" + rule.title + "' is not known to follow from prefix sums; the live threshold does not have it.");
    }
    if (!method.weights.empty()) {
        rule.weightsFrom = method.weights;
        rule.scoreName += " of " + method.weights;
        if (options.method == Aggregator::DdlNoRescale) { // as aggregateTwoStage() does
            rule.score = [](double score) { return std::max(0.0, score); };
            rule.scoreName += ", from 0";
        }
    }
    return rule;
}

LinearRule meanOfKept()
{
    LinearRule rule;
    rule.title = "mean of the kept";
    return rule;
}

} // namespace dscope
