// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/sets/templates.h"
#include "core/threshold/linearrule.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Prefix sums of every template of a set, from which any linear rule at any threshold follows in O(dim) a template. The elements of a template are sorted by
/// D, largest first, so that a threshold keeps a prefix of them, and Eq. 8-11 are sum((D_i - min) f_i) / sum(D_i - min) over it.
///
/// Features stay where they are; kept beside them are their order by D inside each template and, after every eighth element, S = sum(f) and
/// T = sum(e f) in double, with e_i = D_max - D_i: less than half of what the features take, 0.4 GB at IJB-C size. Weights
/// slope D_i + offset become (slope D_max + offset) - slope e_i. Sums are only ever added to, never taken from: what follows the kept
/// elements cannot cancel what they hold, so near-equal scores stay as exact as in aggregate(). A rule with a score of its own has a T of its
/// own, half as large, made when it is first prepared for. Where weights come from another score than D (LinearRule::weightsFrom) e_i is that score with its
/// sign turned, and its running minimum is kept as well: the order, and so who is kept, stays that of D.
class TemplatePrefixes {
public:
    /// What belongs to one score that stands in weights.
    struct Sums {
        std::string name;
        std::vector<double> scores;         ///< [N], in the order of D
        std::vector<double> lowest;         ///< [N], running minimum of the scores; empty where they fall in the order of D
        std::vector<double> differences;    ///< [N], running sum of e
        std::vector<double> squares;        ///< [N], running sum of squared scores
        std::unique_ptr<double[]> weighted; ///< T, [blocks, dim]
    };

    /// @param normaliseFeatures L2-normalise every feature first
    /// @throws Error as TemplateFeatures::check(), but that a set without features (dim 0) is good enough for counting; for a feature that is not finite;
    /// Cancelled
    TemplatePrefixes(std::shared_ptr<const TemplateFeatures> set, bool normaliseFeatures, Progress &progress);

    const TemplateFeatures &set() const { return *m_set; }
    const std::shared_ptr<const TemplateFeatures> &shared() const { return m_set; }
    bool normalised() const { return m_normalised; }

    /// How many elements of each template take part, [T]; 0 for a template without a face. Where nothing passes t it is 1.
    KeptFigures keptCounts(const Selection &keep, std::span<std::uint32_t> out) const;
    /// The same for one template.
    std::int64_t keptOf(std::int64_t t, const Selection &keep) const { return keep.countOf(scores(t), sumsBefore(t)); }
    /// The sum of those counts alone.
    std::int64_t keptCount(const Selection &keep) const;
    /// What thresholds keep, and which keep a share.
    const KeptShares &shares() const { return m_shares; }

    /// D-scores of a template, largest first, the sum of those before each (appendSumsBefore()), and the place of each inside the template; equal scores stay
    /// in their order.
    std::span<const float> scores(std::int64_t t) const { return ofTemplate(m_scores, t); }
    std::span<const double> sumsBefore(std::int64_t t) const { return ofTemplate(m_sumsBefore, t); }
    std::span<const std::uint32_t> order(std::int64_t t) const { return ofTemplate(m_order, t); }
    /// The sums for a rule, made now if there are none yet; they stay as long as this does. May be called from any thread.
    /// @throws Error when the rule's score is not finite or, of D, falls; when the set has no such score; Cancelled
    const Sums &prepare(const LinearRule &rule, Progress &progress) const;

    KeptSummary summary(std::int64_t t, std::int64_t kept, const Sums &sums) const;
    /// Weights of the `kept` best elements of a template, best first, with sum 1.
    std::vector<double> weights(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums) const;

    /// A template with `kept` elements (at least 1) as a unit vector; all 0 where the sum of its features has no length.
    /// @param sums of prepare() @param scratch, out [dim]
    void unit(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> scratch, float *out) const;
    /// The same not scaled, as aggregate() gives it: the weighted mean of its features.
    void mean(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> out) const;
    /// unit() of all of them, [T, dim]; rows of templates without a face are 0. @param counts of keptCounts() @throws Cancelled
    void units(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, Progress &progress) const;
    /// mean() of all of them, likewise.
    void means(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, Progress &progress) const;

    /// Bytes held beside the set.
    std::int64_t bytes() const;

private:
    template<typename Value>
    std::span<const Value> ofTemplate(const std::vector<Value> &values, std::int64_t t) const
    {
        return std::span(values).subspan(static_cast<std::size_t>(m_set->begin[static_cast<std::size_t>(t)]), static_cast<std::size_t>(m_set->size(t)));
    }
    double largestOf(std::size_t t, const Sums &sums) const;
    std::unique_ptr<const Sums> sumsOf(const LinearRule &rule, double *plain, Progress &progress) const;
    double weightedSum(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> out) const;
    void rows(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, bool asUnits, Progress &progress) const;
    LinearWeights weightsOf(const KeptSummary &kept, const LinearRule &rule, double &first, double &total) const;

    std::shared_ptr<const TemplateFeatures> m_set;
    bool m_normalised = false;
    std::vector<std::uint32_t> m_order; // [N]
    std::vector<float> m_scores;        // [N], in that order
    std::vector<double> m_sumsBefore;   // [N], likewise
    KeptShares m_shares;
    std::vector<double> m_scales;           // [N], 1 / length in the sorted order, where features are normalised; else empty
    std::vector<std::int64_t> m_firstBlock; // [T + 1], where a template's blocks of sums begin
    std::unique_ptr<double[]> m_plain;      // S, [blocks, dim]
    mutable std::mutex m_mutex;
    std::unique_ptr<const Sums> m_own; // of D itself
    mutable std::vector<std::unique_ptr<const Sums>> m_others;
};

} // namespace dscope
