// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/aggregation/selection.h"

namespace dscope {

/// What kept faces weigh by.
struct Weights {
    Weights() = default;
    /// By DDNet's D-scores. Implicit, because that is what most callers mean.
    Weights(Aggregator aggregator, bool second = false) : by(aggregator), secondLook(second) {}

    Aggregator by = Aggregator::Ddl; ///< Average (they weigh alike), Ddl, DdlNoRescale or DdlPlus
    bool secondLook = false;         ///< by the D-scores of the base's second look, while DDNet's say which are kept
    bool operator==(const Weights &) const = default;
};

/// What a page's threshold says: which faces of a group are kept, and how they are weighed.
struct Keep : Selection {
    Keep() = default;
    /// By threshold. Implicit, because a threshold is what almost every caller has.
    Keep(double t) { threshold = t; }
    /// The `count` best of each group; equal D-scores in input order.
    static Keep best(int count)
    {
        Keep keep;
        keep.setBest(count);
        return keep;
    }
    /// The best of each group until their D-scores sum to `sum`.
    static Keep until(double sum)
    {
        Keep keep;
        keep.setEnough(sum);
        return keep;
    }

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
