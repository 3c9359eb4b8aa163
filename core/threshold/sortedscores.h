// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/descending.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Sorts scores, largest first, in linear time: they are dealt into some hundred buckets by the leading bits of their value, and each bucket
/// is sorted by the digits that are left, in cache and in parallel. -0.0 becomes 0.0, as they are equal.
/// @param scores sorted in place @throws Error for NaN, Cancelled
void sortScores(std::span<float> scores, Progress &progress);

/// The same for keys with something attached: ascending by key, equal keys in their order. For some hundred thousand of them.
struct Keyed {
    std::uint32_t key;
    std::uint32_t place;
};
void sortKeyed(std::vector<Keyed> &items, std::vector<Keyed> &spare);

/// How many of the descending scores are at or above a score, or strictly above it.
std::int64_t countFrom(std::span<const float> descending, float score);
std::int64_t countAbove(std::span<const float> descending, float score);

} // namespace dscope
