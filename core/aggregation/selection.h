// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Which elements of a group take part, at least one of each: those above a threshold (Eq. 7: D > t strictly, in double, and the first of the largest D where
/// nothing passes), a fixed number of the best (earlier ones first on ties), the best until their D-scores sum to what is enough (core/aggregation/enough.h),
/// or all. What keeps a share of all groups' elements is one of the first three, see KeptShares. The fields that a mode does not name are remembered, not
/// heeded.
struct Selection {
    enum class Mode { Threshold, TopK, Enough, All };

    Mode mode = Mode::Threshold;
    double threshold = 0.15; ///< t of Eq. 7; the paper's (section 4)
    int k = 5;               ///< above 0
    double enough = 2;       ///< above 0
    static constexpr double leastEnough = 0.01;
    static constexpr double mostEnough = 1e6;
    bool operator==(const Selection &) const = default;

    /// True when a threshold changes what is kept.
    bool moves() const { return mode == Mode::Threshold; }
    /// The same at another threshold; where moves() is false that changes nothing.
    Selection at(double t) const
    {
        Selection moved = *this;
        moved.threshold = t;
        return moved;
    }
    void setBest(std::int64_t count);
    void setEnough(double sum);

    /// How many elements of a group are kept, at least one of those there are; no more than a bisection. @param descending its D-scores, from the largest
    /// @param sumsBefore of these, by appendSumsBefore(); empty: they are summed when they are asked for
    std::int64_t countOf(std::span<const float> descending, std::span<const double> sumsBefore = {}) const;
    /// Whether the element kept of such a group is its best alone, because nothing passes the threshold.
    bool fallsBack(std::span<const float> descending) const;
    /// In words: "t = 0.1500", "best 5", "enough 2", "all".
    std::string words() const;
};

/// What a selection comes to over all groups.
struct KeptFigures {
    std::int64_t kept = 0;      ///< elements that take part, the fallbacks' among them
    double keptShare = 1;       ///< kept / all
    std::int64_t fallbacks = 0; ///< groups of which nothing passed t, so that their best stands in
};

/// The D-scores of all groups, sorted once, so that the share a threshold keeps, and the threshold that keeps a share, are a few bisections. A group in which
/// nothing passes counts with the one element that stands in for it, as everywhere: the share cannot fall below one element a group.
class KeptShares {
public:
    /// @param descending a group's D-scores, from the largest @param sumsBefore of these, by appendSumsBefore()
    void add(std::span<const float> descending, std::span<const double> sumsBefore);
    /// After the last group.
    void sort();

    /// All D-scores, ascending.
    const std::vector<float> &scores() const { return m_scores; }
    /// How many elements take part at t.
    std::int64_t keptAt(double t) const;
    /// The largest threshold at which at least this share of all elements takes part ("keep best N %"); 0 without elements.
    double thresholdForShare(double share) const;
    /// The least sum of D-scores (Selection::enough) that keeps at least this share of all elements; 0 without elements.
    double enoughForShare(double share) const;
    /// The share below which a D-score lies, 0 to 1.
    double percentile(double dScore) const;
    /// Bytes held.
    std::int64_t bytes() const;

private:
    std::vector<float> m_scores;
    std::vector<float> m_best;  ///< of each group
    std::vector<double> m_sums; ///< before each element
};

} // namespace dscope
