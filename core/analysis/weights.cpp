// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weights.h"

#include "core/base/error.h"
#include "core/scores/secondlook.h"

#include <algorithm>
#include <utility>

namespace dscope {

std::optional<Method> ruleOf(const std::string &rule)
{
    if (!rule.starts_with("ddl") && !rule.starts_with("average"))
        return std::nullopt;
    try {
        Method method = methodNamed(rule);
        Method heeded;
        heeded.options.method = method.options.method;
        heeded.options.plusMiddle = method.options.plusMiddle;
        heeded.options.plusPower = method.options.plusPower;
        heeded.options.keep = method.options.keep;
        heeded.choose = method.choose;
        heeded.weights = method.weights;
        const bool known = nameOf(heeded) == nameOf(method) && (method.weights.empty() || method.weights == secondLookName);
        return known ? std::optional(std::move(method)) : std::nullopt;
    } catch (const Error &) { // of a later version; the paper's stands in
        return std::nullopt;
    }
}

Weights usualWeights(const Analysis &analysis)
{
    const Weights usual = analysis.second.there() ? Weights(Aggregator::DdlPlus, true) : Weights(Aggregator::Ddl);
    const std::optional<Method> rule = ruleOf(analysis.second.there() ? analysis.second.origin.rule : analysis.ddnet.rule);
    if (!rule)
        return usual;
    const Weights wanted(rule->options.method, analysis.second.there() && rule->weights == secondLookName);
    return std::find(weightChoices.begin(), weightChoices.end(), wanted) != weightChoices.end() ? wanted : usual;
}

AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet, const UsedSecondLook &second)
{
    AggregateOptions options;
    const std::optional<Method> rule = ruleOf(keep.weights.secondLook ? second.origin.rule : ddnet.rule);
    if (rule && rule->options.method == Aggregator::DdlPlus) {
        options.plusMiddle = rule->options.plusMiddle;
        options.plusPower = rule->options.plusPower;
    }
    options.method = keep.weights.by;
    options.keep = keep;
    options.k = keep.k;
    return options;
}

Method methodOf(const Keep &keep, const UsedModel &ddnet, const UsedSecondLook &second)
{
    const Weights weights = effectiveWeights(keep.weights, second);
    Method method;
    method.options = weighing(keep.weighed(weights), ddnet, second);
    method.choose = weights.by == Aggregator::Average;
    if (weights.secondLook && !method.choose) // an average weighs all alike, whosever scores there are
        method.weights = secondLookName;
    return method;
}

Weights effectiveWeights(const Weights &weights, const UsedSecondLook &second)
{
    return {weights.by, weights.secondLook && second.there()};
}

std::string name(const Weights &weights)
{
    return name(weights.by) + (weights.secondLook ? std::string(":") + secondLookName : std::string());
}

Weights weightsNamed(const std::string &text)
{
    for (const Weights &weights : weightChoices)
        if (name(weights) == text)
            return weights;
    throw UsageError("'" + text
                     + "' is no way to weigh elements; use ddl, ddl-no-rescale, ddl+ or average, and for the second look's D-scores ddl:second, "
                       "ddl-no-rescale:second or ddl+:second.");
}

std::string weightsTitle(const Weights &weights)
{
    const std::string by = weights.secondLook ? " by the second look" : "";
    switch (weights.by) {
    case Aggregator::Average: return "average of the kept";
    case Aggregator::DdlNoRescale: return "DDL without re-scale" + by;
    case Aggregator::DdlPlus: return "DDL+" + by;
    default: return weights.secondLook ? "DDL" + by : "DDL (paper)";
    }
}

} // namespace dscope
