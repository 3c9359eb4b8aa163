// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Error versus discard at a fixed threshold (protocols.md, section 8): how fast false non-matches vanish as the pairs of lowest quality
/// are discarded.
struct DiscardCurve {
    double e0 = 0;               ///< the false non-match rate that the threshold was set for
    double threshold = 0;        ///< e0 quantile of the mated scores, linear
    std::vector<double> discard; ///< share of pairs discarded, from 0; one point a distinct pair quality, then 1
    std::vector<double> fnmr;    ///< score < threshold among those left; 0 at the appended (1, 0)
    std::int64_t pairs = 0;
};
/// @param similarity of mated pairs, larger means more alike
/// @param quality row-major [pairs, 2]; a pair's quality is the smaller of its two
/// @throws Error if the sizes differ, there are no pairs, something is NaN, or e0 is outside 0..1
DiscardCurve errorVersusDiscard(std::span<const double> similarity, std::span<const double> quality, double e0);

/// Stepwise area under the curve up to a discard share (each point's value holds until the next), minus the area under the perfect line
/// max(0, e0 - x). @throws Error unless 0 <= limit <= 1
double partialArea(const DiscardCurve &curve, double limit);

/// The alternative, labelled `recomputed`: all pairs, mated or not, are discarded by pair quality at 0, 0.05 ... 0.95 and the threshold is
/// set anew on the rest for a false match rate.
struct RecomputedPoint {
    double discard = 0;  ///< nominal
    double realised = 0; ///< share discarded: equal qualities stay together, so it may fall short of the nominal one
    double fnmr = 0;     ///< at the strict threshold; NaN when the rest lacks mated or non-mated pairs
    double threshold = 0;
    std::int64_t mated = 0;
    std::int64_t nonMated = 0;
};
struct RecomputedCurve {
    double fmr = 0;
    std::vector<RecomputedPoint> points;
    double area = 0; ///< trapezoid over the nominal discard, up to the last point that is defined
};
/// @param genuine 1 for a mated pair @param fmrs targets, such as 1e-2, 1e-3, 1e-4 @throws Error, Cancelled
std::vector<RecomputedCurve> recomputedErrorVersusDiscard(std::span<const double> similarity, std::span<const std::uint8_t> genuine,
                                                          std::span<const double> quality, std::span<const double> fmrs, Progress &progress);

} // namespace dscope
