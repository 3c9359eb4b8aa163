// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// DDL's sum for any number of kept elements of one group in O(dim), for a threshold that is dragged.
///
/// The elements are sorted by D, largest first, so a threshold keeps a prefix. With e_i = D_max - D_i, prefix sums S = sum(f_i) and
/// T = sum(e_i f_i) give Eq. 8-11 as sum((e_low - e_i) f_i) = e_low S - T over its sum of weights. Differences to the largest score rather
/// than scores keep this exact when the kept scores are nearly equal: e_i is then as small as the result. Sums are stored for every
/// eighth element only; the rest is added on demand.
///
/// In two stages (aggregateTwoStage()) D sorts, and so keeps, while another score weighs: e_i is then that score with its sign turned, and e_low the running
/// maximum of e_i.
///
/// DDL without re-scale and DDL+ weigh an element by a function g of its own D alone, so T = sum(g(D_i) f_i) over sum(g(D_i)) is all they need.
class PrefixAggregate {
public:
    PrefixAggregate() = default;
    /// @param features row-major [n, dim] @param dScores [n], finite
    /// @param normaliseFeatures, rescaleOverWhole as in AggregateOptions
    /// @throws Error as aggregate() does
    PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, bool normaliseFeatures = false,
                    bool rescaleOverWhole = false);
    /// The same for the method of `options`: Ddl, DdlNoRescale or DdlPlus; of the rest normaliseFeatures, rescaleOverWhole and the constants
    /// of DDL+ count. @throws Error for another method, and as aggregate() does
    PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options);
    /// The same with weights of a second score, as aggregateTwoStage() gives them without a second threshold. @param second [n], finite
    /// @throws Error also for rescaleOverWhole
    PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, std::span<const float> second,
                    const AggregateOptions &options);

    std::int64_t size() const { return static_cast<std::int64_t>(m_scores.size()); }
    std::int64_t dim() const { return static_cast<std::int64_t>(m_dim); }
    /// D-scores, largest first.
    std::span<const float> scores() const { return m_scores; }
    /// The features as they were given, row-major [n, dim], in the order of scores().
    std::span<const float> features() const { return m_features; }
    /// The input index of each of scores(); equal scores stay in input order.
    std::span<const std::int64_t> order() const { return m_order; }

    /// How many elements have D > t (strictly, in double); 0 when nothing passes.
    std::int64_t keptCount(double threshold) const;
    /// The representation by Ddl (or the method asked for) of the `kept` elements of largest D; `kept` 0 means the fallback, the first element of the largest
    /// D. When equal scores are cut in the middle the earlier ones are taken. @param out [dim]
    void feature(std::int64_t kept, std::span<double> out) const;
    std::vector<double> feature(std::int64_t kept) const;
    /// The same at a threshold: equal to aggregate().
    std::vector<double> featureAt(double threshold) const { return feature(keptCount(threshold)); }
    /// The plain mean of the `kept` elements of largest D (all of them: the average). @param kept 1 to size()
    std::vector<double> meanFeature(std::int64_t kept) const;

private:
    void sums(std::size_t kept, std::span<double> plain, std::span<double> weighted) const;

    std::size_t m_dim = 0;
    bool m_rescaleOverWhole = false;
    bool m_relative = true; // e_i = D_max - D_i; otherwise e_i = g(D_i)
    std::vector<float> m_scores;
    std::vector<std::int64_t> m_order;
    std::vector<float> m_features;    // [n, dim] in the sorted order
    std::vector<double> m_lengths;    // of the features where they are normalised, else empty
    std::vector<double> m_plain;      // S after every s_stride elements, [n / s_stride + 1, dim]
    std::vector<double> m_weighted;   // T likewise
    std::vector<double> m_factors;    // e_i, [n]
    std::vector<double> m_lows;       // in two stages the running maximum of e_i, else empty
    std::vector<double> m_factorSums; // running sum of e_i, [n + 1]
};

} // namespace dscope
