#pragma once

#include "core/analysis/analysis.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// What one threshold does to all groups together.
struct SweepPoint {
    double threshold = 0;
    std::int64_t kept = 0;      ///< faces above t, plus one for every group in which nothing passes
    double keptShare = 0;       ///< kept / all
    double mac = 0;             ///< mean per face: DDNet on all + base on the kept
    double flop = 0;
    double ms = 0;              ///< the same with measured times; 0 when they are unknown
    double cosine = 0;          ///< mean over groups of the cosine between DDL's representation at t and the plain average of all
    double accuracy = -1;       ///< verification accuracy between groups at the best threshold on their cosine; -1 without labels
    std::int64_t fallbacks = 0; ///< groups in which nothing passed
};

/// Everything the live threshold needs, arranged once so that a move costs no network and no sorting: in each group the faces are
/// sorted by D-score and prefix sums of f and of D f stand ready (sum(R f) = (sum(D f) - min sum(f)) / (max - min), Eq. 8-11).
class Sweep {
public:
    Sweep() = default;
    explicit Sweep(const Analysis &analysis);

    /// One point, exact.
    SweepPoint at(double threshold) const;
    /// `count` points at the quantiles of the D-scores (thresholds ascending), for the curve. `task` may cancel it.
    std::vector<SweepPoint> curve(int count, Task &task) const;
    /// The largest threshold that keeps at least this share of all faces.
    double thresholdForShare(double share) const;
    /// The share below which a D-score lies, 0 to 1.
    double percentile(double dScore) const;
    /// Kept share at which DDNet on all + base on the kept costs as much as the base on all: 1 - cost(DDNet) / cost(base); below 0 when DDNet
    /// costs more than it can save.
    double breakEvenShare() const;
    /// True when the groups' labels allow verification: at least two labels, one of them on two groups.
    bool hasLabels() const { return m_pairs > 0; }
    /// All D-scores, ascending.
    const std::vector<float> &scores() const { return m_scores; }

private:
    struct SortedGroup;
    std::vector<std::shared_ptr<const SortedGroup>> m_groups;
    std::vector<float> m_scores;
    std::int64_t m_pairs = 0;
    double m_ddnetMac = 0, m_baseMac = 0, m_ddnetFlop = 0, m_baseFlop = 0, m_ddnetMs = 0, m_baseMs = 0;
    std::int64_t m_dim = 0;
};

} // namespace dscope
