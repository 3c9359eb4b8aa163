// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/scores/dscore.h"
#include "core/scores/features.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace dscope {

/// How D-scores of a set that does not fit into memory are computed. No choice here changes a result by a single bit.
struct StreamOptions {
    DScoreOptions dscore;
    Device device;                  ///< where features and centroids are multiplied
    std::int64_t rows = 0;          ///< features a block; 0: what suits the device
    std::int64_t centroids = 0;     ///< centroids a block; 0: what suits the device
    std::int64_t part = 0;          ///< centroids of which the nearest stands for all until it comes near the best; 0: what suits the device
    std::filesystem::path progress; ///< the work done is kept here and taken up by a later call; removed by nobody but its owner. Empty: nowhere
};

/// Eq. 2-4 as computeDScores() gives them, for millions of pictures of tens of thousands of classes. The features are read twice, block by
/// block: once for the centroids, once to compare. Memory holds one block of features times one block of centroids, the centroids
/// themselves (12 bytes a value on the CPU) and 45 bytes per picture, never pictures times classes.
///
/// The search for the hardest centroid multiplies in float32 on `device`; every centroid within twice the rounding error of the best is then
/// compared in double, so that the answer is the double one, ties included. Out of GPU memory halves the blocks, then goes on with the CPU,
/// each with a notice.
/// @param labels one per row of `features`, any integers
/// @throws Error as computeDScores(), FileError, Cancelled
DScores streamDScores(const FeatureRows &features, std::span<const std::int32_t> labels, const StreamOptions &options, Progress &task);

/// Floating-point operations of the search: 2 N K dim.
double searchFlop(std::int64_t pictures, std::int64_t classes, std::int64_t dim);

} // namespace dscope
