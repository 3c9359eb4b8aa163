#pragma once

#include "core/aggregation/aggregate.h"

namespace dscope {

/// What kept faces weigh by.
struct Weights {
    Weights() = default;
    /// By DDNet's D-scores. Implicit, because that is what most callers mean.
    Weights(Aggregator aggregator, bool second = false) : by(aggregator), secondLook(second) {}

    Aggregator by = Aggregator::Ddl; ///< Average (they weigh alike), Ddl, DdlNoRescale or DdlPlus
    bool secondLook = false;         ///< by the D-scores of the base's second look (Element::second), while DDNet's say which are kept
    bool operator==(const Weights &) const = default;
};

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
    Weights weights; ///< of the kept
    bool operator==(const Keep &) const = default;

    /// The same with other weights.
    Keep weighed(Weights by) const
    {
        Keep keep = *this;
        keep.weights = by;
        return keep;
    }
};

} // namespace dscope
