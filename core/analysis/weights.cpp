// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weights.h"

#include "core/base/error.h"

#include <algorithm>
#include <utility>

namespace dscope {

std::optional<Method> ruleOf(const UsedModel &ddnet)
{
    if (!ddnet.rule.starts_with("ddl") && !ddnet.rule.starts_with("average"))
        return std::nullopt;
    try {
        Method rule = methodNamed(ddnet.rule);
        return rule.quality.empty() ? std::optional(std::move(rule)) : std::nullopt;
    } catch (const Error &) { // of a later version; the paper's stands in
        return std::nullopt;
    }
}

Aggregator usualWeights(const UsedModel &ddnet)
{
    const std::optional<Method> rule = ruleOf(ddnet);
    return rule && std::find(weightChoices.begin(), weightChoices.end(), rule->options.method) != weightChoices.end() ? rule->options.method : Aggregator::Ddl;
}

AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet)
{
    AggregateOptions options;
    if (const std::optional<Method> rule = ruleOf(ddnet); rule && rule->options.method == Aggregator::DdlPlus) {
        options.plusMiddle = rule->options.plusMiddle;
        options.plusPower = rule->options.plusPower;
    }
    options.method = keep.weights;
    options.threshold = keep.threshold;
    options.keepBest = keep.mode == Keep::Mode::TopK ? keep.k : 0;
    options.k = keep.k;
    return options;
}

Aggregator weightsNamed(const std::string &text)
{
    for (const Aggregator weights : weightChoices)
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
