#include "core/evaluation/represent.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/evaluation/pairplan.h"

#include <cmath>
#include <cstdio>

namespace dscope {

std::string titleOf(const Method &method)
{
    if (!method.title.empty())
        return method.title;
    const AggregateOptions &options = method.options;
    std::string title = name(options.method);
    char text[64];
    if (options.method == Aggregator::Ddl || options.method == Aggregator::DdlNoRescale)
        title += (std::snprintf(text, sizeof text, ", t = %g", options.threshold), text);
    if (options.method == Aggregator::TopK)
        title += ", K = " + std::to_string(options.k);
    if (options.method == Aggregator::Ddl && options.rescaleOverWhole)
        title += ", re-scaled over the whole template";
    if (options.order == MediaOrder::MediaFirst)
        title += ", media first";
    return title;
}

std::vector<float> represent(const TemplateFeatures &set, const Method &method, Task &task)
{
    if (method.options.order == MediaOrder::MediaFirst && set.media.empty())
        throw Error("'" + titleOf(method) + "' asks for media ids, which " + set.benchmark + " does not have.");
    const auto width = static_cast<std::size_t>(set.dim);
    std::vector<float> unit(static_cast<std::size_t>(set.templates()) * width);
    parallelFor(set.templates(), 64, task, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> media;
        for (std::int64_t t = from; t < to; ++t) {
            if (set.size(t) == 0)
                continue;
            media.clear();
            if (!set.media.empty())
                media.assign(set.media.begin() + set.begin[static_cast<std::size_t>(t)], set.media.begin() + set.begin[static_cast<std::size_t>(t) + 1]);
            const Aggregate made = aggregate(set.featuresOf(t), set.dim, set.dScoresOf(t), method.options, media);
            double squares = 0;
            for (const double value : made.feature)
                squares += value * value;
            const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
            for (std::size_t d = 0; d < width; ++d)
                unit[static_cast<std::size_t>(t) * width + d] = static_cast<float>(made.feature[d] * scale);
        }
    });
    return unit;
}

std::vector<float> scorePairs(const TemplateFeatures &set, std::span<const float> unit, const TemplatePairs &pairs, Task &task)
{
    std::vector<std::uint8_t> enrolled;
    for (std::int64_t t = 0; t < set.templates(); ++t)
        enrolled.push_back(set.size(t) > 0 ? 1 : 0);
    // Arranged so that templates stay in cache, then put back: for millions of pairs that is several times faster than one after the other.
    const PairPlan plan(pairs.a, pairs.b, set.templates(), set.dim, task, {}, false, true);
    std::vector<float> arranged(static_cast<std::size_t>(plan.size()));
    plan.score(unit, enrolled, arranged, task);
    std::vector<float> scores(arranged.size());
    for (std::size_t i = 0; i < arranged.size(); ++i)
        scores[plan.places()[i]] = arranged[i];
    return scores;
}

} // namespace dscope
