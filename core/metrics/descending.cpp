// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/descending.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_block = std::size_t{1} << 18; // values between two checks for cancellation
constexpr int s_digitBits = 11;
constexpr std::size_t s_digits = std::size_t{1} << s_digitBits;
constexpr int s_passes = 3;

std::size_t digitOf(std::uint64_t item, int pass)
{
    return static_cast<std::size_t>(item >> (32 + pass * s_digitBits)) & (s_digits - 1);
}

/// @param n how many of the values are wanted
template<typename Wanted>
Descending sortedWhere(std::span<const float> values, std::size_t n, Progress &progress, const Wanted &wanted)
{
    if (values.size() > std::numeric_limits<std::uint32_t>::max())
        throw Error(std::to_string(values.size()) + " values are more than can be put in order at once (2^32 - 1).");
    // Key above, place below: the passes are stable, so places of equal values stay in order. The arrays are not filled with zeros first, which for
    // millions of values would take a while in which nobody checks for cancellation.
    auto items = std::make_unique_for_overwrite<std::uint64_t[]>(n);
    auto moved = std::make_unique_for_overwrite<std::uint64_t[]>(n);
    std::array<std::vector<std::size_t>, s_passes> counts;
    for (std::vector<std::size_t> &count : counts)
        count.assign(s_digits, 0);
    std::size_t filled = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        if (!wanted(i))
            continue;
        if (std::isnan(values[i]))
            throw Error("The score of pair " + std::to_string(i) + " is not a number (NaN).");
        const std::uint64_t item = (std::uint64_t{descendingKey(values[i])} << 32) | i;
        items[filled++] = item;
        for (int pass = 0; pass < s_passes; ++pass)
            ++counts[static_cast<std::size_t>(pass)][digitOf(item, pass)];
    }
    for (int pass = 0; pass < s_passes; ++pass) {
        std::vector<std::size_t> &place = counts[static_cast<std::size_t>(pass)];
        std::size_t sum = 0;
        for (std::size_t &count : place)
            sum += std::exchange(count, sum);
        for (std::size_t i = 0; i < n; ++i) {
            if (i % s_block == 0)
                progress.throwIfCancelled();
            moved[place[digitOf(items[i], pass)]++] = items[i];
        }
        items.swap(moved);
    }
    moved.reset();
    Descending result;
    result.values.reserve(n);
    result.order.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        result.values.push_back(valueOfKey(static_cast<std::uint32_t>(items[i] >> 32)));
        result.order.push_back(static_cast<std::uint32_t>(items[i]));
    }
    return result;
}

} // namespace

std::uint32_t descendingKey(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F); // -0.0 + 0.0 is 0.0
    // Negative numbers grow downwards already; positive ones are turned round below them.
    return (bits & 0x8000'0000U) != 0 ? bits : ~bits & 0x7FFF'FFFFU;
}

float valueOfKey(std::uint32_t key)
{
    return std::bit_cast<float>((key & 0x8000'0000U) != 0 ? key : ~key & 0x7FFF'FFFFU);
}

Descending descending(std::span<const float> values, Progress &progress)
{
    return sortedWhere(values, values.size(), progress, [](std::size_t) { return true; });
}

Descending descending(std::span<const float> values, std::span<const std::uint8_t> kinds, bool kind, Progress &progress)
{
    if (kinds.size() != values.size())
        throw Error("There are " + std::to_string(values.size()) + " scores but " + std::to_string(kinds.size()) + " labels.");
    std::size_t count = 0;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        count += (kinds[i] != 0) == kind ? 1 : 0;
    }
    return sortedWhere(values, count, progress, [kinds, kind](std::size_t i) { return (kinds[i] != 0) == kind; });
}

DescendingPairs descendingPairs(std::span<const float> scores, std::span<const std::uint8_t> genuine, Progress &progress)
{
    DescendingPairs pairs;
    pairs.genuine = descending(scores, genuine, true, progress);
    pairs.impostor = descending(scores, genuine, false, progress);
    return pairs;
}

} // namespace dscope
