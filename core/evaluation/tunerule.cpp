// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/tunerule.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/scores/secondlook.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace dscope {

namespace {

Method averageRule()
{
    Method method;
    method.options.method = Aggregator::Average;
    return method;
}

/// Gains of a rule from its rows.
void sumUp(TriedRule &rule)
{
    rule.leastGain = rule.rows.front().gain;
    double sum = 0;
    for (const ComparedRow &row : rule.rows) {
        sum += row.gain;
        rule.leastGain = std::min(rule.leastGain, row.gain);
    }
    rule.meanGain = sum / static_cast<double>(rule.rows.size());
}

bool isSafe(const TriedRule &rule, double worstLoss)
{
    if (nameOf(rule.method) == nameOf(averageRule()))
        return true;
    return rule.leastGain >= -worstLoss
        && std::all_of(rule.rows.begin(), rule.rows.end(), [](const ComparedRow &row) { return row.gainInterval.resamples > 0 && row.gainInterval.high >= 0; });
}

} // namespace

std::vector<Method> ruleCandidates(bool second)
{
    std::vector<Method> methods;
    for (const char *name : {"average", "ddl", "ddl-no-rescale"})
        methods.push_back(methodNamed(name));
    for (const double middle : {0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6})
        for (const double power : {1.0, 2.0, 3.0, 4.0, 6.0, 8.0}) {
            Method method;
            method.options.method = Aggregator::DdlPlus;
            method.options.plusMiddle = middle;
            method.options.plusPower = power;
            methods.push_back(method);
        }
    if (second)
        for (Method &method : methods)
            if (method.options.method != Aggregator::Average)
                method.weights = secondLookName;
    return methods;
}

TunedRule tuneRule(const std::vector<RulePart> &parts, std::vector<Method> candidates, const TuneOptions &options, Progress &progress)
{
    if (parts.empty())
        throw Error("A rule is tuned on templates; there are none.");
    const std::string average = nameOf(averageRule());
    if (std::none_of(candidates.begin(), candidates.end(), [&](const Method &method) { return nameOf(method) == average; }))
        candidates.insert(candidates.begin(), averageRule());
    TunedRule tuned;
    for (const Method &method : candidates)
        tuned.tried.push_back({method, {}});

    CompareOptions figures = options.compare;
    figures.resamples = 0;
    for (const RulePart &part : parts) {
        progress.stage("Comparing rules: " + part.name);
        const std::vector<ComparedRow> rows = compareMethods(part.draws, candidates, figures, part.name, progress);
        const std::size_t each = rows.size() / candidates.size();
        for (std::size_t m = 0; m < candidates.size(); ++m)
            tuned.tried[m].rows.insert(tuned.tried[m].rows.end(), rows.begin() + static_cast<std::ptrdiff_t>(m * each),
                                       rows.begin() + static_cast<std::ptrdiff_t>((m + 1) * each));
    }
    std::for_each(tuned.tried.begin(), tuned.tried.end(), sumUp);
    std::stable_sort(tuned.tried.begin(), tuned.tried.end(), [](const TriedRule &a, const TriedRule &b) { return a.meanGain > b.meanGain; });

    progress.stage("Intervals of the best rules");
    for (std::size_t i = 0; i < tuned.tried.size(); ++i) {
        TriedRule &rule = tuned.tried[i];
        // What loses too much as it stands needs no interval.
        if (nameOf(rule.method) != average && rule.leastGain >= -options.worstLoss) {
            rule.rows.clear();
            for (const RulePart &part : parts) {
                const std::vector<ComparedRow> rows = compareMethods(part.draws, {rule.method}, options.compare, part.name, progress);
                rule.rows.insert(rule.rows.end(), rows.begin(), rows.end());
            }
            rule.judged = true;
        }
        rule.safe = isSafe(rule, options.worstLoss);
        progress.checkpoint(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(tuned.tried.size()));
        if (rule.safe) {
            tuned.best = i;
            return tuned;
        }
    }
    throw Error("No rule is safe."); // not reached: the average is one of them
}

std::string tunedRuleMarkdown(const TunedRule &tuned, const CompareHeading &heading, std::size_t most)
{
    std::string out = "Set: " + shown(heading.set) + ". Base: " + shown(heading.base) + ". DDNet: " + shown(heading.ddnet) + ". Device: " + heading.device
        + ".\n\n" + heading.protocol + "\n\n| rule | mean gain over the average, points | least gain | nowhere worse than the average |\n|---|---|---|---|\n";
    for (std::size_t i = 0; i < tuned.tried.size(); ++i) {
        if (i >= most && i != tuned.best)
            continue;
        const TriedRule &rule = tuned.tried[i];
        const std::string word = "`" + shown(nameOf(rule.method)) + "`";
        const std::string verdict = i == tuned.best ? "yes: chosen" : i > tuned.best ? "not looked at" : rule.judged ? "no, by an interval" : "no";
        out +=
            "| " + (i == tuned.best ? "**" + word + "**" : word) + printed(" | %+.2f | %+.2f | ", 100 * rule.meanGain, 100 * rule.leastGain) + verdict + " |\n";
    }
    return out;
}

} // namespace dscope
