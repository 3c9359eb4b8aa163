// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/scores/dscore.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {

namespace {

using Options = DScoreOptions;

/// How large the classes of a set are.
struct Sizes {
    std::int64_t several = 0; ///< classes of two pictures or more
    std::int64_t small = 0;   ///< of those
    std::int64_t largest = 0; ///< pictures

    bool mostSmall() const { return 2 * small > several; }
};

Sizes sizesOf(std::span<const std::int32_t> labels)
{
    std::vector<std::int32_t> sorted(labels.begin(), labels.end());
    std::sort(sorted.begin(), sorted.end());
    Sizes sizes;
    for (auto from = sorted.begin(); from != sorted.end();) {
        const auto to = std::upper_bound(from, sorted.end(), *from);
        const std::int64_t pictures = to - from;
        sizes.several += pictures > 1 ? 1 : 0;
        sizes.small += pictures > 1 && pictures < smallClass() ? 1 : 0;
        sizes.largest = std::max(sizes.largest, pictures);
        from = to;
    }
    return sizes;
}

} // namespace

bool mostAreSmall(std::span<const std::int32_t> labels)
{
    return sizesOf(labels).mostSmall();
}

std::string selfWarning(const DScores &scores, std::span<const std::int32_t> labels, const DScoreOptions &options)
{
    if (options.leaveOut == Options::LeaveOut::Picture || scores.bias.pictures == 0 || !mostAreSmall(labels))
        return {};
    std::string text = "Most classes have fewer than " + std::to_string(smallClass()) + " pictures, and each picture is "
        + (options.leaveOut == Options::LeaveOut::Sample ? "by its copies " : "") + "part of the centroid that it is compared with: the mean "
        + (options.metric == Options::Metric::Cosine ? "cosine" : "distance") + " to the own centroid is " + printed("%.2f", scores.bias.inside) + " so and "
        + printed("%.2f", scores.bias.outside) + " with the picture left out";
    if (!std::isnan(scores.bias.correlation))
        text += ", and the two D-scores correlate by " + printed("%.2f", scores.bias.correlation) + " (Spearman)";
    return text + ". Leave the picture out (--leave-out picture).";
}

DScoreOptions suitedTo(std::span<const std::int32_t> labels, DScoreOptions options, const CentroidChoice &chosen)
{
    const Sizes sizes = sizesOf(labels);
    options.leaveOut = chosen.leaveOut.value_or(sizes.mostSmall() ? Options::LeaveOut::Picture : Options::LeaveOut::None);
    const bool apart = options.leaveOut == Options::LeaveOut::Picture;
    options.centroids = chosen.centroids.value_or(apart ? Options::Centroids::Clean : Options::Centroids::All);
    options.atLeastOthers = chosen.atLeastOthers.value_or(apart ? std::clamp<std::int64_t>(sizes.largest - 1, 1, usualOthers()) : 0);
    return options;
}

} // namespace dscope
