// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/prefix.h"
#include "core/analysis/analysis.h"
#include "core/analysis/keep.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What one threshold, or one number of faces a group, does to all groups together.
struct SweepPoint {
    Keep keep;
    std::int64_t kept = 0; ///< faces above t, plus one for every group in which nothing passes; or the best K of each
    double keptShare = 0;  ///< kept / all
    double mac = 0;        ///< mean per face: DDNet on all + base (and the second look, where it weighs) on the kept
    double flop = 0;
    double ms = 0;              ///< the same with measured times; 0 when they are unknown
    double cosine = 0;          ///< mean over groups of the cosine between the representation of the kept and the plain average of all
    double accuracy = -1;       ///< verification accuracy between groups: (TAR + 1 - FAR) / 2 at the best threshold on their cosine, as if there
                                ///< were as many genuine pairs as impostors; -1 without labels
    std::int64_t fallbacks = 0; ///< groups in which nothing passed
};

/// Whether a choice is worth making: what it costs and gives beside averaging all faces, for which no DDNet is needed.
struct Worth {
    double costRatio = 0;        ///< DDNet on all + base on the kept over the base on all, in MAC; 0 when prices are unknown
    double accuracy = -1;        ///< of the choice, as SweepPoint::accuracy; -1 without labels
    double averageAccuracy = -1; ///< of the plain average of all faces
    bool savesNothing() const { return costRatio >= 1; }
    bool losesAccuracy() const { return accuracy < averageAccuracy; }
};

/// Everything the live threshold needs, arranged once so that a move costs no network and no sorting: in each group the faces are
/// sorted by D-score and prefix sums of f and of D f stand ready (sum(R f) = (sum(D f) - min sum(f)) / (max - min), Eq. 8-11). Those of other weights than
/// DDL's are made when a choice first asks for them.
///
/// Verification compares every two labelled groups while there are at most 200,000 pairs. Above that it is a fixed stratified sample of
/// 200,000: up to 100,000 genuine pairs (all of them if there are no more), the rest impostors, drawn with a fixed seed, so that the
/// curve does not shake from one call to the next.
class Sweep {
public:
    Sweep() = default;
    explicit Sweep(const Analysis &analysis);

    /// One point, exact.
    SweepPoint at(const Keep &keep) const;
    /// `count` points at the quantiles of the D-scores (thresholds ascending), for the curve. `progress` may cancel it. @param weights as in Keep
    std::vector<SweepPoint> curve(int count, Progress &progress, const Weights &weights = {}) const;
    /// The largest threshold that keeps at least this share of all faces.
    double thresholdForShare(double share) const;
    /// The least sum of D-scores (Keep::until()) that keeps at least this share of all faces, and one of each group.
    double enoughForShare(double share) const;
    /// The share below which a D-score lies, 0 to 1.
    double percentile(double dScore) const;
    /// Kept share at which DDNet on all + base on the kept costs as much as the base on all: 1 - cost(DDNet) / cost(base); below 0 when DDNet
    /// costs more than it can save, and 0 when the base was not run.
    double breakEvenShare() const;
    /// True when the groups' labels allow verification: at least two labels, one of them on two groups.
    bool hasLabels() const { return m_pairs > 0; }
    /// What `point` costs and gives beside averaging all faces.
    Worth worthOf(const SweepPoint &point) const;
    /// Pairs of groups behind `accuracy`, and how many of them are genuine.
    std::int64_t pairs() const { return m_pairs; }
    std::int64_t genuinePairs() const { return m_genuine; }
    /// True when every face has a D-score by the base's second look, so that a choice may weigh by it.
    bool hasSecondLook() const { return m_second.there() && m_dim > 0; }
    /// True when embeddings were there: otherwise `cosine` and `accuracy` say nothing.
    bool hasEmbeddings() const { return m_dim > 0; }
    /// True when what the networks cost is known: otherwise `mac` and `flop` are too low by what is missing.
    bool hasPrices() const { return m_ddnetMac > 0 && (m_baseMac > 0 || !m_withBase); }
    /// All D-scores, ascending.
    const std::vector<float> &scores() const { return m_scores; }

private:
    struct SortedGroup;
    struct OtherWeights;
    struct Pair {
        std::uint32_t first;
        std::uint32_t second;
    };
    void choosePairs();
    /// Balanced accuracy of the groups' representations. @param units unit vectors, row-major [groups, dim]
    double accuracyOf(const std::vector<float> &units) const;
    /// Prefix sums of all groups by DdlNoRescale, DdlPlus, or any of the three by the second look.
    std::shared_ptr<const std::vector<PrefixAggregate>> prefixesOf(const Weights &weights) const;
    std::vector<std::shared_ptr<const SortedGroup>> m_groups;
    std::shared_ptr<OtherWeights> m_others; ///< one at a time: they take the memory that the features do
    UsedModel m_ddnet;
    UsedSecondLook m_second;
    std::vector<float> m_scores;
    std::vector<double> m_sumsBefore;                    ///< of every face, by appendSumsBefore(); ascending
    std::shared_ptr<const std::vector<Pair>> m_pairList; ///< the genuine ones first
    std::int64_t m_pairs = 0;
    std::int64_t m_genuine = 0;
    double m_ddnetMac = 0, m_baseMac = 0, m_ddnetFlop = 0, m_baseFlop = 0, m_ddnetMs = 0, m_baseMs = 0;
    std::int64_t m_dim = 0;
    double m_averageAccuracy = -1;
    bool m_withBase = false;
};

/// (TAR + 1 - FAR) / 2 at the best threshold (accept at score >= threshold), exact, without sorting: only the few histogram bins that can
/// hold the best threshold are looked at score by score. The first `genuine` scores are of genuine pairs. Scores in [-1, 1].
/// @throws Error when one of the two kinds is missing
double bestBalancedAccuracy(std::span<const float> scores, std::size_t genuine);

} // namespace dscope
