// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/dscore.h"
#include "core/scores/features.h"

#include <cstdint>
#include <span>

namespace dscope {

/// Adds the D-scores of samples that no centroid is made of, such as clips outside of the segments of an untrimmed video: Eq. 2 and 3 against the centroids of
/// the others, standardised by the others' mu and sigma (Eq. 4), which stay as they are. Such a sample has nothing to leave out. It is a target where its class
/// has a centroid; else its D-score is 0.5 and says nothing.
/// @param features row-major [N, dim], of all samples @param labels [N]; an outsider's is the class it is compared with as its own
/// @param inside [N], 0 for an outsider
/// @param scores of those inside alone, in their order @return of all N samples
/// @throws Error if the sizes do not fit or a value is not finite, FileError, Cancelled
DScores withOutsiders(const FeatureRows &features, std::span<const std::int32_t> labels, std::span<const std::uint8_t> inside, const DScoreOptions &options,
                      const DScores &scores, Progress &progress);

} // namespace dscope
