#pragma once

#include "core/aggregation/aggregate.h"

namespace dscope {

/// Which faces of a group are kept, and how they are weighed: those above a threshold (D > t strictly, and the best one where nothing passes), or a fixed
/// number of the best.
struct Keep {
    enum class Mode { Threshold, TopK };

    Keep() = default;
    /// By threshold. Implicit, because a threshold is what almost every caller has.
    Keep(double t) : threshold(t) {}
    /// The `count` best of each group; equal D-scores in input order.
    static Keep best(int count)
    {
        Keep keep;
        keep.mode = Mode::TopK;
        keep.k = count;
        return keep;
    }

    Mode mode = Mode::Threshold;
    double threshold = 0.15;
    int k = 5;
    Aggregator weights = Aggregator::Ddl; ///< of the kept: Average (they weigh alike), Ddl, DdlNoRescale or DdlPlus
    bool operator==(const Keep &) const = default;

    /// The same with other weights.
    Keep weighed(Aggregator by) const
    {
        Keep keep = *this;
        keep.weights = by;
        return keep;
    }
};

} // namespace dscope
