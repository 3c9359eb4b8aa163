#include "core/metrics/descending.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_block = std::size_t{1} << 20; // values between two looks at the task
constexpr int s_digitBits = 11;
constexpr std::size_t s_digits = std::size_t{1} << s_digitBits;
constexpr int s_passes = 3;

std::size_t digitOf(std::uint64_t item, int pass)
{
    return static_cast<std::size_t>(item >> (32 + pass * s_digitBits)) & (s_digits - 1);
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

Descending descending(std::span<const float> values, Task &task)
{
    const std::size_t n = values.size();
    if (n > std::numeric_limits<std::uint32_t>::max())
        throw Error(std::to_string(n) + " values are more than can be put in order at once (2^32 - 1).");
    // Key above, place below: the passes are stable, so places of equal values stay in order.
    std::vector<std::uint64_t> items(n);
    std::vector<std::uint64_t> moved(n);
    std::array<std::vector<std::size_t>, s_passes> counts;
    for (std::vector<std::size_t> &count : counts)
        count.assign(s_digits, 0);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            task.throwIfCancelled();
        if (std::isnan(values[i]))
            throw Error("The score of pair " + std::to_string(i) + " is not a number (NaN).");
        items[i] = (std::uint64_t{descendingKey(values[i])} << 32) | i;
        for (int pass = 0; pass < s_passes; ++pass)
            ++counts[static_cast<std::size_t>(pass)][digitOf(items[i], pass)];
    }
    for (int pass = 0; pass < s_passes; ++pass) {
        std::vector<std::size_t> &place = counts[static_cast<std::size_t>(pass)];
        std::size_t sum = 0;
        for (std::size_t &count : place)
            sum += std::exchange(count, sum);
        for (std::size_t i = 0; i < n; ++i) {
            if (i % s_block == 0)
                task.throwIfCancelled();
            moved[place[digitOf(items[i], pass)]++] = items[i];
        }
        items.swap(moved);
    }
    moved = {};
    Descending result;
    result.values.resize(n);
    result.order.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            task.throwIfCancelled();
        result.values[i] = valueOfKey(static_cast<std::uint32_t>(items[i] >> 32));
        result.order[i] = static_cast<std::uint32_t>(items[i]);
    }
    return result;
}

} // namespace dscope
