// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Values in descending order, and where each stood: what every measure on scored pairs begins with. Sorted once, it serves the ROC, the
/// hardest pairs and the bootstrap alike.
struct Descending {
    std::vector<float> values;        ///< largest first
    std::vector<std::uint32_t> order; ///< [i] the place of values[i] in the input; equal values keep their input order

    std::size_t size() const { return values.size(); }
};

/// Keys that are ordered as the values are, the other way round: the largest value has the smallest key. -0.0 and 0.0 share one.
std::uint32_t descendingKey(float value);
float valueOfKey(std::uint32_t key);

/// Sorts by radix, in time proportional to the count: 15.7 million scores in a fraction of a second. -0.0 equals 0.0.
/// @throws Error for NaN or more than 2^32 - 1 values; Cancelled
Descending descending(std::span<const float> values, Progress &progress);
/// The same of the values of one kind alone, whose places are still those among all: what is needed besides is half as much where there are as many of
/// either. @param kinds one per value @param kind 0, or anything else for 1 @throws Error where there are not as many kinds as values
Descending descending(std::span<const float> values, std::span<const std::uint8_t> kinds, bool kind, Progress &progress);

/// Scores of pairs, genuine and impostor ones apart: all that the measures of a verification ask for.
struct DescendingPairs {
    Descending genuine; ///< places are those among all pairs
    Descending impostor;
};
/// @param genuine 1 for a pair of one person @throws as descending()
DescendingPairs descendingPairs(std::span<const float> scores, std::span<const std::uint8_t> genuine, Progress &progress);

} // namespace dscope
