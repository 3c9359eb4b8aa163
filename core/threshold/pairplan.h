// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace dscope {

/// Pairs of templates in the order in which their vectors stay in cache, arranged once for many passes.
///
/// One side of each pair, the one that takes part in more pairs (a gallery's template), is streamed; the other sides are cut into blocks of as
/// many rows as half the second-level cache holds. Inside a block pairs are sorted by their streamed side, so that each of its rows is fetched
/// once a block and multiplied with all its partners there. Scores come out in the plan's own order; pair() tells which is which.
class PairPlan {
public:
    /// @param a, b places of templates, below `templates` @param dim of the vectors that will be compared
    /// @param kinds one a pair; where given, only pairs whose kind is `kind` (0, or anything else for 1) are arranged
    /// @param keepPlaces remember where each pair stood in what was given
    /// @throws Error when a place is out of range or the sides differ in number, Cancelled
    PairPlan(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, std::int64_t templates, std::int64_t dim, Progress &progress,
             std::span<const std::uint8_t> kinds = {}, bool kind = false, bool keepPlaces = false);

    /// Some of the pairs, in the same order. @param places of this plan, ascending
    PairPlan subset(std::span<const std::int64_t> places) const;

    std::int64_t size() const { return static_cast<std::int64_t>(m_second.size()); }
    std::int64_t templates() const { return m_templates; }
    /// The templates of the plan's i-th pair: the streamed one, then the other.
    std::pair<std::uint32_t, std::uint32_t> pair(std::int64_t i) const;

    /// Where each pair of the plan stood in what was given; empty unless that was asked for.
    std::span<const std::uint32_t> places() const { return m_places; }

    /// Calls `visit(place, streamed, other)` for the pairs [begin, end) of the plan, in order.
    template<typename Visit>
    void forEach(std::int64_t begin, std::int64_t end, const Visit &visit) const
    {
        for (std::size_t run = runOf(begin); begin < end; ++run)
            for (const std::int64_t last = std::min(end, endOf(run)); begin < last; ++begin)
                visit(begin, m_runs[run].first, m_second[static_cast<std::size_t>(begin)]);
    }

    /// Dot products of all pairs, in the plan's order; notEnrolled where a side is not.
    /// @param unit [templates, dim] @param enrolled [templates]; empty: all are @throws Cancelled
    void score(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores, Progress &progress) const;
    /// The same, but each score where its pair stood in what was given: for a plan that kept the places.
    void scoreAsGiven(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores, Progress &progress) const;
    /// The same, but only pairs one side of which has changed; the other scores stay as they are. @return how many were scored
    std::int64_t scoreChanged(std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<const std::uint8_t> changed,
                              std::span<float> scores, Progress &progress) const;
    /// Bytes held.
    std::int64_t bytes() const;

private:
    /// Pairs that share the streamed template, inside one block.
    struct Run {
        std::uint32_t first;
        std::uint32_t block;
        std::int64_t begin;
    };
    PairPlan() = default;
    void cutUp();
    template<typename Skip, typename Put>
    std::int64_t scoreRuns(std::int64_t from, std::int64_t to, const float *unit, std::span<const std::uint8_t> enrolled, const Skip &skip,
                           const Put &put) const;
    std::size_t runOf(std::int64_t place) const;
    std::int64_t endOf(std::size_t run) const { return run + 1 < m_runs.size() ? m_runs[run + 1].begin : size(); }

    std::int64_t m_templates = 0;
    std::int64_t m_dim = 0;
    std::vector<std::uint32_t> m_second; ///< [pairs], the side in the block
    std::vector<std::uint32_t> m_places; ///< [pairs] or empty
    std::vector<Run> m_runs;
    std::vector<std::int64_t> m_pieces; ///< runs at which a piece of work begins, and their number last
};

} // namespace dscope
