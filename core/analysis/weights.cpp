// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weights.h"

#include "core/base/error.h"
#include "core/evaluation/method.h"

#include <algorithm>
#include <optional>

namespace dscope {

namespace {

/// The DDNet's rule, if it is one of weights that this program knows; it comes from a file, so that none is taken that would name another file.
std::optional<AggregateOptions> ruleOf(const UsedModel &ddnet)
{
    if (!ddnet.rule.starts_with("ddl") && !ddnet.rule.starts_with("average"))
        return std::nullopt;
    try {
        return methodNamed(ddnet.rule).options;
    } catch (const Error &) { // of a later version; the paper's stands in
        return std::nullopt;
    }
}

} // namespace

Aggregator usualWeights(const UsedModel &ddnet)
{
    const std::optional<AggregateOptions> rule = ruleOf(ddnet);
    return rule && std::find(s_weights.begin(), s_weights.end(), rule->method) != s_weights.end() ? rule->method : Aggregator::Ddl;
}

AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet)
{
    AggregateOptions options;
    if (const std::optional<AggregateOptions> rule = ruleOf(ddnet); rule && rule->method == Aggregator::DdlPlus) {
        options.plusMiddle = rule->plusMiddle;
        options.plusPower = rule->plusPower;
    }
    options.method = keep.weights;
    options.threshold = keep.threshold;
    options.keepBest = keep.mode == Keep::Mode::TopK ? keep.k : 0;
    options.k = keep.k;
    return options;
}

Aggregator weightsNamed(const std::string &text)
{
    for (const Aggregator weights : s_weights)
        if (name(weights) == text)
            return weights;
    throw UsageError("'" + text + "' is no way to weigh faces; use ddl, ddl-no-rescale, ddl+ or average.");
}

std::string weightsTitle(Aggregator weights)
{
    switch (weights) {
    case Aggregator::Average: return "average of the kept";
    case Aggregator::DdlNoRescale: return "DDL without re-scale";
    case Aggregator::DdlPlus: return "DDL+";
    default: return "DDL (paper)";
    }
}

} // namespace dscope
