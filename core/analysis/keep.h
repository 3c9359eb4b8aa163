// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"

#include <cstdint>
#include <span>
#include <string>

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

/// Which faces of a group are kept, and how they are weighed: those above a threshold (D > t strictly, and the best one where nothing passes), a fixed number
/// of the best, or the best until their D-scores sum to what is enough (core/aggregation/enough.h).
struct Keep {
    enum class Mode { Threshold, TopK, Enough };

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

    /// The best of each group until their D-scores sum to `sum`.
    static Keep until(double sum)
    {
        Keep keep;
        keep.mode = Mode::Enough;
        keep.enough = sum;
        return keep;
    }

    Mode mode = Mode::Threshold;
    double threshold = 0.15;
    int k = 5;
    double enough = 2; ///< from leastEnough to mostEnough
    static constexpr double leastEnough = 0.01;
    static constexpr double mostEnough = 1e6;
    Weights weights; ///< of the kept
    bool operator==(const Keep &) const = default;

    /// How many faces of a group are kept, at least one. @param descending its D-scores, from the largest
    std::int64_t countOf(std::span<const float> descending) const;
    /// Whether the face kept of such a group is its best alone, because nothing passes the threshold.
    bool fallsBack(std::span<const float> descending) const;
    /// Which elements aggregate() is to keep: its threshold, keepBest, keepEnough and k.
    void applyTo(AggregateOptions &options) const;
    /// In words: "t = 0.1500", "best 5", "enough 2".
    std::string words() const;

    /// The same with other weights.
    Keep weighed(Weights by) const
    {
        Keep keep = *this;
        keep.weights = by;
        return keep;
    }
};

} // namespace dscope
