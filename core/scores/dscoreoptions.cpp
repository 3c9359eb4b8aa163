// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/scores/dscore.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace dscope {

namespace {

using Options = DScoreOptions;

constexpr std::array<std::pair<Options::Centroids, const char *>, 2> s_centroids{{{Options::Centroids::All, "all"}, {Options::Centroids::Clean, "clean"}}};
constexpr std::array<std::pair<Options::LeaveOut, const char *>, 3> s_leaveOut{
    {{Options::LeaveOut::None, "none"}, {Options::LeaveOut::Sample, "sample"}, {Options::LeaveOut::Picture, "picture"}}};
constexpr std::array<std::pair<Options::Target, const char *>, 4> s_targets{
    {{Options::Target::Ratio, "ratio"}, {Options::Target::Own, "own"}, {Options::Target::Margin, "margin"}, {Options::Target::CrFiqa, "crfiqa"}}};

template<typename Words, typename Value>
std::string wordOf(const Words &words, Value value)
{
    for (const auto &[one, word] : words)
        if (one == value)
            return word;
    return {};
}

/// @param what such as "no choice of centroids"
template<typename Words>
auto valueOf(const Words &words, const std::string &name, const char *what)
{
    std::string known;
    for (const auto &[value, word] : words) {
        if (name == word)
            return value;
        known += (known.empty() ? "" : ", ") + std::string(word);
    }
    throw UsageError("'" + name + "' is " + what + "; use one of: " + known + ".");
}

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

std::string name(DScoreOptions::Centroids centroids)
{
    return wordOf(s_centroids, centroids);
}

std::string name(DScoreOptions::LeaveOut leaveOut)
{
    return wordOf(s_leaveOut, leaveOut);
}

std::string name(DScoreOptions::Target target)
{
    return wordOf(s_targets, target);
}

DScoreOptions::Centroids centroidsNamed(const std::string &name)
{
    return valueOf(s_centroids, name, "no choice of centroids");
}

DScoreOptions::LeaveOut leaveOutNamed(const std::string &name)
{
    return valueOf(s_leaveOut, name, "nothing that can be left out");
}

DScoreOptions::Target targetNamed(const std::string &name)
{
    return valueOf(s_targets, name, "no target");
}

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
