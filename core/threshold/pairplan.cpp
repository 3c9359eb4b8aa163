// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/pairplan.h"

#include "core/aggregation/represent.h"
#include "core/base/dots.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

namespace dscope {

namespace {

constexpr std::int64_t s_blockBytes = 1 << 19; ///< of a block's rows: half of a common second-level cache
constexpr std::int64_t s_piece = 1 << 15;      ///< pairs a piece of work, more or less: a few milliseconds

struct Sides {
    std::uint32_t first;
    std::uint32_t second;
    std::uint32_t place;
};

/// Sorts one block's pairs by the streamed side; those of one side keep their order.
void sortByFirst(std::span<Sides> pairs, std::vector<Sides> &spare, std::vector<std::uint32_t> &counts, std::size_t templates, const Progress &progress)
{
    constexpr std::size_t look = 1 << 18; // short vectors make blocks of millions of pairs
    if (pairs.size() < templates / 8) {
        std::stable_sort(pairs.begin(), pairs.end(), [](const Sides &x, const Sides &y) { return x.first < y.first; });
        return;
    }
    counts.assign(templates + 1, 0);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (i % look == 0)
            progress.throwIfCancelled();
        ++counts[pairs[i].first + 1];
    }
    for (std::size_t t = 0; t < templates; ++t)
        counts[t + 1] += counts[t];
    spare.assign(pairs.begin(), pairs.end());
    for (std::size_t i = 0; i < spare.size(); ++i) {
        if (i % look == 0)
            progress.throwIfCancelled();
        pairs[counts[spare[i].first]++] = spare[i];
    }
}

} // namespace

PairPlan::PairPlan(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, std::int64_t templates, std::int64_t dim, Progress &progress,
                   std::span<const std::uint8_t> kinds, bool kind, bool keepPlaces)
    : m_templates(templates), m_dim(dim)
{
    if (a.size() != b.size() || (!kinds.empty() && kinds.size() != a.size()))
        throw Error("There are " + std::to_string(a.size()) + " first and " + std::to_string(b.size()) + " second templates of pairs and "
                    + std::to_string(kinds.size()) + " labels.");
    const std::size_t n = a.size();
    const auto wanted = [&](std::size_t i) { return kinds.empty() || (kinds[i] != 0) == kind; };
    const auto count = static_cast<std::size_t>(templates);
    if (n > 0xFFFF'FFFFULL)
        throw Error("More than four thousand million pairs of templates cannot be compared at once.");
    // One walk over all pairs after the other; each can be left at any time.
    const auto walk = [&](const auto &visit) {
        constexpr std::size_t step = 1 << 19;
        for (std::size_t from = 0; from < n; from += step) {
            progress.throwIfCancelled();
            for (std::size_t i = from; i < std::min(n, from + step); ++i)
                visit(i);
        }
    };
    std::vector<std::uint32_t> partners(count, 0);
    walk([&](std::size_t i) {
        if (a[i] >= count || b[i] >= count)
            throw Error("Pair " + std::to_string(i) + " names template " + std::to_string(std::max(a[i], b[i])) + " of " + std::to_string(templates) + ".");
        if (wanted(i)) {
            ++partners[a[i]];
            ++partners[b[i]];
        }
    });
    // The side with more partners is streamed; of equal ones the lower.
    const auto sides = [&](std::size_t i) {
        const std::uint32_t x = a[i];
        const std::uint32_t y = b[i];
        const bool swap = partners[y] > partners[x] || (partners[y] == partners[x] && y < x);
        return swap ? Sides{y, x, static_cast<std::uint32_t>(i)} : Sides{x, y, static_cast<std::uint32_t>(i)};
    };
    std::vector<std::uint32_t> blockOf(count, 0);
    walk([&](std::size_t i) {
        if (wanted(i))
            blockOf[sides(i).second] = 1;
    });
    const std::int64_t rows = std::max<std::int64_t>(8, s_blockBytes / std::max<std::int64_t>(1, dim * static_cast<std::int64_t>(sizeof(float))));
    std::int64_t used = 0;
    for (std::uint32_t &block : blockOf)
        if (block != 0)
            block = static_cast<std::uint32_t>(used++ / rows);
    const auto blocks = static_cast<std::size_t>((used + rows - 1) / rows);

    std::vector<std::int64_t> begin(blocks + 1, 0);
    walk([&](std::size_t i) {
        if (wanted(i))
            ++begin[blockOf[sides(i).second] + 1];
    });
    for (std::size_t block = 0; block < blocks; ++block)
        begin[block + 1] += begin[block];
    const auto size = static_cast<std::size_t>(begin.back());
    auto ordered = std::make_unique_for_overwrite<Sides[]>(size);
    std::vector<std::int64_t> next(begin.begin(), begin.end());
    walk([&](std::size_t i) {
        if (wanted(i)) {
            const Sides pair = sides(i);
            ordered[static_cast<std::size_t>(next[blockOf[pair.second]]++)] = pair;
        }
    });

    growTo(m_second, size, progress);
    growTo(m_places, keepPlaces ? size : 0, progress);
    std::vector<std::vector<Run>> runs(blocks);
    parallelFor(static_cast<std::int64_t>(blocks), 1, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<Sides> spare;
        std::vector<std::uint32_t> counts;
        for (auto block = static_cast<std::size_t>(from); block < static_cast<std::size_t>(to); ++block) {
            const auto first = static_cast<std::size_t>(begin[block]);
            const std::span<Sides> mine(ordered.get() + first, static_cast<std::size_t>(begin[block + 1]) - first);
            sortByFirst(mine, spare, counts, count, progress);
            for (std::size_t i = 0; i < mine.size(); ++i) {
                if (i % (1 << 18) == 0)
                    progress.throwIfCancelled();
                if (i == 0 || mine[i].first != mine[i - 1].first)
                    runs[block].push_back({mine[i].first, static_cast<std::uint32_t>(block), static_cast<std::int64_t>(first + i)});
                m_second[first + i] = mine[i].second;
                if (keepPlaces)
                    m_places[first + i] = mine[i].place;
            }
        }
    });
    // Where short vectors make long blocks nearly every pair is a run of its own, and these weigh more than the pairs.
    ordered.reset();
    std::size_t total = 0;
    for (const std::vector<Run> &block : runs)
        total += block.size();
    m_runs.reserve(total);
    for (std::vector<Run> &block : runs) {
        progress.throwIfCancelled();
        m_runs.insert(m_runs.end(), block.begin(), block.end());
        block = {};
    }
    cutUp();
}

PairPlan PairPlan::subset(std::span<const std::int64_t> places) const
{
    PairPlan part;
    part.m_templates = m_templates;
    part.m_dim = m_dim;
    part.m_second.reserve(places.size());
    std::size_t run = 0;
    for (const std::int64_t place : places) {
        while (endOf(run) <= place)
            ++run;
        if (part.m_runs.empty() || part.m_runs.back().first != m_runs[run].first || part.m_runs.back().block != m_runs[run].block)
            part.m_runs.push_back({m_runs[run].first, m_runs[run].block, part.size()});
        part.m_second.push_back(m_second[static_cast<std::size_t>(place)]);
    }
    part.cutUp();
    return part;
}

void PairPlan::cutUp()
{
    m_pieces.clear();
    std::int64_t due = 0;
    for (std::size_t run = 0; run < m_runs.size(); ++run)
        if (m_runs[run].begin >= due) {
            m_pieces.push_back(static_cast<std::int64_t>(run));
            due = m_runs[run].begin + s_piece;
        }
    m_pieces.push_back(std::ssize(m_runs));
}

std::size_t PairPlan::runOf(std::int64_t place) const
{
    const auto after = std::upper_bound(m_runs.begin(), m_runs.end(), place, [](std::int64_t wanted, const Run &run) { return wanted < run.begin; });
    return static_cast<std::size_t>(after - m_runs.begin()) - 1;
}

std::pair<std::uint32_t, std::uint32_t> PairPlan::pair(std::int64_t i) const
{
    return {m_runs[runOf(i)].first, m_second[static_cast<std::size_t>(i)]};
}

template<typename Skip, typename Put>
std::int64_t PairPlan::scoreRuns(std::int64_t from, std::int64_t to, const float *unit, std::span<const std::uint8_t> enrolled, const Skip &skip,
                                 const Put &put) const
{
    constexpr std::size_t width = 64;
    const auto dim = static_cast<std::size_t>(m_dim);
    // What shares its streamed row with seven others goes at once; the rest waits for company from other runs.
    const float *rows[8];
    std::int64_t places[8];
    const float *alone[2][width] = {};
    std::int64_t lonely[width];
    std::size_t waiting = 0;
    float out[width];
    const auto flush = [&] {
        dotPairs(alone[0], alone[1], waiting, dim, out);
        for (std::size_t i = 0; i < waiting; ++i)
            put(lonely[i], out[i]);
        waiting = 0;
    };
    std::int64_t done = 0;
    for (auto r = static_cast<std::size_t>(from); r < static_cast<std::size_t>(to); ++r) {
        const std::uint32_t first = m_runs[r].first;
        const float *a = unit + first * dim;
        const bool absent = !enrolled.empty() && enrolled[first] == 0;
        std::size_t together = 0;
        const std::int64_t end = endOf(r);
        for (std::int64_t i = m_runs[r].begin; i < end; ++i) {
            const std::uint32_t second = m_second[static_cast<std::size_t>(i)];
            if (skip(first, second))
                continue;
            ++done;
            if (absent || (!enrolled.empty() && enrolled[second] == 0)) {
                put(i, notEnrolled);
                continue;
            }
            rows[together] = unit + second * dim;
            places[together] = i;
            if (++together == 8) {
                dotRows(a, rows, 8, dim, out);
                for (std::size_t k = 0; k < 8; ++k)
                    put(places[k], out[k]);
                together = 0;
            }
        }
        for (std::size_t k = 0; k < together; ++k) {
            alone[0][waiting] = a;
            alone[1][waiting] = rows[k];
            lonely[waiting] = places[k];
            if (++waiting == width)
                flush();
        }
    }
    flush();
    return done;
}

void PairPlan::score(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores, Progress &progress) const
{
    parallelFor(std::ssize(m_pieces) - 1, 1, progress, [&](std::int64_t from, std::int64_t to) {
        scoreRuns(
            m_pieces[static_cast<std::size_t>(from)], m_pieces[static_cast<std::size_t>(to)], unit.data(), enrolled,
            [](std::uint32_t, std::uint32_t) { return false; }, [out = scores.data()](std::int64_t i, float score) { out[i] = score; });
    });
}

void PairPlan::scoreAsGiven(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores, Progress &progress) const
{
    parallelFor(std::ssize(m_pieces) - 1, 1, progress, [&](std::int64_t from, std::int64_t to) {
        scoreRuns(
            m_pieces[static_cast<std::size_t>(from)], m_pieces[static_cast<std::size_t>(to)], unit.data(), enrolled,
            [](std::uint32_t, std::uint32_t) { return false; },
            [out = scores.data(), places = m_places.data()](std::int64_t i, float score) { out[places[i]] = score; });
    });
}

std::int64_t PairPlan::scoreChanged(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<const std::uint8_t> changed,
                                    std::span<float> scores, Progress &progress) const
{
    std::atomic<std::int64_t> done{0};
    parallelFor(std::ssize(m_pieces) - 1, 1, progress, [&](std::int64_t from, std::int64_t to) {
        done += scoreRuns(
            m_pieces[static_cast<std::size_t>(from)], m_pieces[static_cast<std::size_t>(to)], unit.data(), enrolled,
            [&](std::uint32_t first, std::uint32_t second) { return changed[first] == 0 && changed[second] == 0; },
            [out = scores.data()](std::int64_t i, float score) { out[i] = score; });
    });
    return done;
}

std::int64_t PairPlan::bytes() const
{
    return static_cast<std::int64_t>((m_second.size() + m_places.size()) * sizeof(std::uint32_t) + m_runs.size() * sizeof(Run)
                                     + m_pieces.size() * sizeof(std::int64_t));
}

} // namespace dscope
