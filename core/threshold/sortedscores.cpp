// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/sortedscores.h"

#include "core/base/error.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_prefixes = 1 << 16; ///< leading bits by which scores are dealt
constexpr std::int64_t s_piece = 1 << 19;   ///< scores counted and dealt at a time
constexpr std::size_t s_buckets = 512;      ///< at most as many streams are written at once
constexpr std::size_t s_small = 512;        ///< below this a bucket is sorted by comparison
constexpr std::size_t s_digits = 1 << 11;

/// Ascending by digits of eleven bits; a digit that all share costs only its count. `spare` is as large as `keys`.
void sortKeys(std::span<std::uint32_t> keys, std::span<std::uint32_t> spare)
{
    if (keys.size() < s_small) {
        std::sort(keys.begin(), keys.end());
        return;
    }
    std::array<std::array<std::uint32_t, s_digits>, 3> counts{};
    for (const std::uint32_t key : keys) {
        ++counts[0][key & 0x7FF];
        ++counts[1][key >> 11 & 0x7FF];
        ++counts[2][key >> 22];
    }
    std::uint32_t *from = keys.data();
    std::uint32_t *to = spare.data();
    for (std::size_t digit = 0; digit < 3; ++digit) {
        const unsigned shift = static_cast<unsigned>(11 * digit);
        std::array<std::uint32_t, s_digits> &places = counts[digit];
        if (places[from[0] >> shift & 0x7FF] == keys.size())
            continue;
        std::uint32_t sum = 0;
        for (std::uint32_t &place : places)
            sum += std::exchange(place, sum);
        for (std::size_t i = 0; i < keys.size(); ++i)
            to[places[from[i] >> shift & 0x7FF]++] = from[i];
        std::swap(from, to);
    }
    if (from != keys.data())
        std::copy_n(from, keys.size(), keys.data());
}

} // namespace

void sortScores(std::span<float> scores, Progress &progress)
{
    const auto n = static_cast<std::int64_t>(scores.size());
    if (n == 0)
        return;
    // Count by the leading bits, piece by piece.
    const auto pieces = static_cast<std::size_t>((n + s_piece - 1) / s_piece);
    std::vector<std::vector<std::uint32_t>> counts(pieces);
    std::atomic<bool> nan{false};
    parallelFor(n, s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::uint32_t> &mine = counts[static_cast<std::size_t>(from / s_piece)];
        mine.assign(s_prefixes, 0);
        bool bad = false;
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
            bad = bad || std::isnan(scores[i]);
            ++mine[descendingKey(scores[i]) >> 16];
        }
        if (bad)
            nan = true;
    });
    if (nan)
        throw Error("A verification score is not a number (NaN).");

    // Leading bits next to each other share a bucket until it holds its part.
    std::vector<std::uint16_t> bucketOf(s_prefixes);
    std::vector<std::int64_t> begin{0};
    const std::int64_t part = std::max<std::int64_t>(static_cast<std::int64_t>(s_small), n / static_cast<std::int64_t>(s_buckets / 2));
    std::int64_t sum = 0;
    for (std::size_t prefix = 0; prefix < s_prefixes; ++prefix) {
        bucketOf[prefix] = static_cast<std::uint16_t>(begin.size() - 1);
        for (const std::vector<std::uint32_t> &piece : counts)
            sum += piece[prefix];
        if (sum - begin.back() >= part && begin.size() < s_buckets)
            begin.push_back(sum);
    }
    if (begin.back() != n)
        begin.push_back(n);
    const std::size_t buckets = begin.size() - 1;

    // Where each piece's share of each bucket goes.
    std::vector<std::vector<std::int64_t>> places(pieces, std::vector<std::int64_t>(buckets, 0));
    for (std::size_t piece = 0; piece < pieces; ++piece)
        for (std::size_t prefix = 0; prefix < s_prefixes; ++prefix)
            if (counts[piece][prefix] != 0)
                places[piece][bucketOf[prefix]] += counts[piece][prefix];
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        std::int64_t at = begin[bucket];
        for (std::size_t piece = 0; piece < pieces; ++piece)
            at += std::exchange(places[piece][bucket], at);
    }
    counts.clear();
    const auto keys = std::make_unique_for_overwrite<std::uint32_t[]>(static_cast<std::size_t>(n));
    parallelFor(n, s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> &next = places[static_cast<std::size_t>(from / s_piece)];
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
            const std::uint32_t key = descendingKey(scores[i]);
            keys[static_cast<std::size_t>(next[bucketOf[key >> 16]]++)] = key;
        }
    });
    // Each bucket by itself; the scores' own memory is the spare room, and takes what comes out.
    parallelFor(static_cast<std::int64_t>(buckets), 1, progress, [&](std::int64_t from, std::int64_t to) {
        for (auto bucket = static_cast<std::size_t>(from); bucket < static_cast<std::size_t>(to); ++bucket) {
            const auto first = static_cast<std::size_t>(begin[bucket]);
            const std::size_t size = static_cast<std::size_t>(begin[bucket + 1]) - first;
            const auto spare = std::make_unique_for_overwrite<std::uint32_t[]>(size);
            sortKeys({keys.get() + first, size}, {spare.get(), size});
            for (std::size_t i = first; i < first + size; ++i)
                scores[i] = valueOfKey(keys[i]);
        }
    });
}

void sortKeyed(std::vector<Keyed> &items, std::vector<Keyed> &spare)
{
    std::array<std::array<std::uint32_t, s_digits>, 3> counts{};
    for (const Keyed &item : items) {
        ++counts[0][item.key & 0x7FF];
        ++counts[1][item.key >> 11 & 0x7FF];
        ++counts[2][item.key >> 22];
    }
    spare.resize(items.size());
    for (std::size_t digit = 0; digit < 3; ++digit) {
        const unsigned shift = static_cast<unsigned>(11 * digit);
        std::uint32_t sum = 0;
        for (std::uint32_t &place : counts[digit])
            sum += std::exchange(place, sum);
        for (const Keyed &item : items)
            spare[counts[digit][item.key >> shift & 0x7FF]++] = item;
        items.swap(spare);
    }
}

std::int64_t countFrom(std::span<const float> descending, float score)
{
    return std::partition_point(descending.begin(), descending.end(), [score](float other) { return other >= score; }) - descending.begin();
}

std::int64_t countAbove(std::span<const float> descending, float score)
{
    return std::partition_point(descending.begin(), descending.end(), [score](float other) { return other > score; }) - descending.begin();
}

} // namespace dscope
