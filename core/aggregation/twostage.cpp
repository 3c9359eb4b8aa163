// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/twostage.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace dscope {

Aggregate aggregateTwoStage(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, std::span<const float> second,
                            const AggregateOptions &options, double secondThreshold, std::span<const std::int64_t> media)
{
    if (dScores.empty())
        throw Error("A group without elements has no representation.");
    if (second.size() != dScores.size() || dim <= 0 || features.size() != dScores.size() * static_cast<std::size_t>(dim))
        throw Error("A group of " + std::to_string(dScores.size()) + " elements needs a second score and a feature of " + std::to_string(dim)
                    + " values for each; there are " + std::to_string(second.size()) + " scores and " + std::to_string(features.size()) + " values.");
    if (options.order == MediaOrder::MediaFirst && media.size() != dScores.size())
        throw Error("Averaging inside each media first needs a media id for each of the " + std::to_string(dScores.size()) + " pictures; there are "
                    + std::to_string(media.size()) + ".");
    if (options.rescaleOverWhole)
        throw Error("A second score cannot be re-scaled over the whole group: elements that do not go through the base have none.");
    bool fallback = false;
    const std::vector<std::int64_t> chosen = chosenElements(dScores, options.keep, fallback);
    const auto hasScore = [&](std::int64_t i) { return std::isfinite(second[static_cast<std::size_t>(i)]); };
    const bool none = std::none_of(chosen.begin(), chosen.end(), hasScore);

    const auto width = static_cast<std::size_t>(dim);
    AggregateOptions then = options;
    then.keep = Selection().at(secondThreshold);
    if (none)
        then.method = Aggregator::Average;
    std::vector<std::int64_t> places;
    std::vector<float> rows;
    std::vector<float> scores;
    std::vector<std::int64_t> ids;
    for (const std::int64_t i : chosen) {
        if (!none && !hasScore(i))
            continue;
        const auto at = static_cast<std::size_t>(i);
        places.push_back(i);
        const float score = none ? 0.0F : second[at];
        scores.push_back(then.method == Aggregator::DdlNoRescale ? std::max(0.0F, score) : score);
        const auto row = features.subspan(at * width, width);
        rows.insert(rows.end(), row.begin(), row.end());
        if (!media.empty())
            ids.push_back(media[at]);
    }
    Aggregate made = aggregate(rows, dim, scores, then, ids);
    for (std::int64_t &element : made.kept)
        element = places[static_cast<std::size_t>(element)];
    made.fallback = made.fallback || fallback;
    return made;
}

} // namespace dscope
