// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/pairplan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// The impostor pairs behind an estimate and what each of them stands for.
///
/// All pairs are ranked by a score from exact passes. The `hardest` first ones are all taken; the rest is cut into strata, each twice as large
/// as what lies above it, that share the sample evenly. Inside a stratum the pairs, in the plan's order, are cut into as many cells as pairs
/// are to be drawn, and one pair is drawn from each cell, at random, to stand for all of it: each pair's weight is one over the chance
/// that it was drawn, so that a weighted count is without bias whatever has become of the scores.
class LiveSample {
public:
    /// @param earlier, last scores a pair in the plan's order; a pair is ranked by the larger one. `earlier` may be empty
    /// @throws Cancelled
    LiveSample(const PairPlan &plan, std::span<const float> earlier, std::span<const float> last, const LiveOptions &options, Progress &progress);

    const PairPlan &plan() const { return m_plan; }
    std::int64_t size() const { return m_plan.size(); }
    /// Pairs that the sample stands for.
    std::int64_t all() const { return m_all; }
    /// True when nothing was left out: what is estimated is exact then.
    bool complete() const { return size() == all(); }
    /// What each pair stands for, in the order of plan().
    std::span<const float> weights() const { return m_weights; }

    /// TAR at each FAR target by the strict rule, with its interval.
    ///
    /// The estimated count of impostors above a score is a weighted sum over strata, with the variance sum_h w_h^2 n_h p_h (1 - p_h) (1 - n_h / N_h).
    /// The interval is Woodruff's: the scores at which that count is z deviations below and above what the target allows, and the TARs there,
    /// which are exact because no genuine pair is left out.
    /// @param scores of the sample, in the order of plan() @param genuine descending
    std::vector<LivePoint> points(std::span<const float> scores, std::span<const float> genuine, std::span<const double> fars, double level) const;

private:
    struct Stratum {
        std::int64_t all = 0;
        std::int64_t drawn = 0;
    };
    double deviation(std::span<const std::int64_t> beyond) const;

    PairPlan m_plan;
    std::int64_t m_all = 0;
    std::vector<Stratum> m_strata;       ///< the first one is of the pairs that are all taken
    std::vector<float> m_weights;        ///< [sample]
    std::vector<std::uint8_t> m_stratum; ///< [sample]
};

/// Half the width of a two-sided normal interval, in deviations: 1.96 for .95.
double normalDeviations(double level);

} // namespace dscope
