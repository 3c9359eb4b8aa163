// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sets/templates.h"
#include "core/threshold/keep.h"
#include "core/threshold/livethreshold.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace dscope {

class TemplatePrefixes;

/// What one choice does to all groups together.
struct LiveGroupsPoint : KeptFigures {
    Keep keep;
    LiveCost cost;     ///< mean per face: DDNet on all + base (and the second look, where it weighs) on the kept
    double ms = 0;     ///< the same with measured times, without the second look; 0 when they are unknown
    double cosine = 0; ///< mean over groups of the cosine between the representation of the kept (Eq. 8-11) and the plain average of all
    /// Of a classification top-1, the share of the groups with a class whose largest fused score is its own; else verification accuracy between groups,
    /// bestBalancedAccuracy() of the cosines of labelledPairs(). -1 without labels
    double accuracy = -1;
};

/// Whether a choice is worth making: what it costs and gives beside averaging all faces, for which no DDNet is needed.
struct Worth {
    double costRatio = 0;        ///< DDNet on all + base on the kept over the base on all, in MAC; 0 when prices are unknown
    double accuracy = -1;        ///< of the choice, as LiveGroupsPoint::accuracy; -1 without labels
    double averageAccuracy = -1; ///< of the plain average of all faces
    bool savesNothing() const { return costRatio >= 1; }
    bool losesAccuracy() const { return accuracy < averageAccuracy; }
};

struct LiveGroupsOptions {
    LivePrices prices;                            ///< of DDNet and base; 0 where they are unknown
    Cost look;                                    ///< of the second look, for every face that goes through the base, where it weighs
    double ddnetMs = 0, baseMs = 0;               ///< measured, a face; 0: unknown
    bool withBase = true;                         ///< whether a base was run at all
    bool classification = false;                  ///< features are class scores by the number of the class, and so are the groups' subjects
    std::function<LinearRule(const Keep &)> rule; ///< of a choice; weights of a second look are asked for only where the set has one
};

/// The live threshold of groups that come without a benchmark, such as what a user has opened: LiveThreshold's prefix sums and pairs, so that a move costs no
/// network and no sorting, and figures that say something of few groups. Whatever is asked is answered exactly.
class LiveGroups {
public:
    LiveGroups() = default;
    /// Arranges the set, which is kept, not copied. Without features (dim 0) `cosine` and `accuracy` say nothing.
    /// @throws Error as TemplatePrefixes
    LiveGroups(std::shared_ptr<const TemplateFeatures> set, LiveGroupsOptions options);

    /// One point. From any thread.
    LiveGroupsPoint at(const Keep &keep) const;
    /// Points at even kept shares, at most `count`, from all kept to the best of each group (thresholds ascending). `progress` may cancel it.
    /// @param weights as in Keep
    std::vector<LiveGroupsPoint> curve(int count, Progress &progress, const Weights &weights = {}) const;
    /// What `point` costs and gives beside averaging all faces.
    Worth worthOf(const LiveGroupsPoint &point) const;

    /// Its D-scores by template and all together. Not of an empty one.
    const TemplatePrefixes &prefixes() const { return *m_prefixes; }
    /// All D-scores, ascending.
    const std::vector<float> &scores() const { return shares().scores(); }
    /// What thresholds keep, and which keep a share.
    const KeptShares &shares() const;
    /// LiveCost::breakEvenShare; below 0 when DDNet costs more than it can save, and 0 when the base was not run.
    double breakEvenShare() const { return costOf(m_options.prices, 1).breakEvenShare; }
    /// Pairs of groups behind `accuracy`, and how many of them are genuine.
    std::int64_t pairs() const;
    std::int64_t genuinePairs() const;
    /// Groups whose class is known, behind the `accuracy` of a classification.
    std::int64_t classified() const { return m_classified; }
    bool classifies() const { return m_options.classification; }
    /// True when the groups' labels allow an `accuracy`: a class of one at least; for verification two labels, one of them on two groups.
    bool hasLabels() const { return pairs() > 0 || m_classified > 0; }
    /// True when embeddings were there: otherwise `cosine` and `accuracy` say nothing.
    bool hasEmbeddings() const;
    /// True when every face has a D-score by the base's second look, so that a choice may weigh by it.
    bool hasSecondLook() const { return hasEmbeddings() && looksTwice(); }
    /// True when what the networks cost is known: otherwise `cost` is too low by what is missing.
    bool hasPrices() const { return m_options.prices.ddnet.mac > 0 && (m_options.prices.base.mac > 0 || !m_options.withBase); }

private:
    struct Pairs;
    bool looksTwice() const;
    /// Whether the largest of a group's fused scores, of equal ones the first, is that of its class.
    bool right(std::int64_t group, std::span<const double> scores) const;
    /// @param units of all groups, row-major [groups, dim]
    double accuracyOf(const std::vector<float> &units) const;

    LiveGroupsOptions m_options;
    std::shared_ptr<const TemplatePrefixes> m_prefixes;
    std::shared_ptr<const Pairs> m_pairs;                 ///< none without labels
    std::shared_ptr<const std::vector<double>> m_average; ///< plain means of all features as unit vectors, [groups, dim]
    std::int64_t m_groups = 0;                            ///< that have a face
    std::int64_t m_classified = 0;
    double m_averageAccuracy = -1;
};

} // namespace dscope
