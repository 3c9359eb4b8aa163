// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/statistics.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// What is predicted of one group (a video).
struct Prediction {
    std::int32_t label = -1; ///< the true class
    std::int32_t top = -1;   ///< the class of the largest score; the first of equal ones. -1: no clip could be read, which counts as wrong
    std::int64_t rank = 0;   ///< of the true class by its score, from 1; classes of the same score stand before it. 0: nothing was predicted

    bool operator==(const Prediction &) const = default;
};

/// How often a group's class is the one with the largest fused score, or among the five largest (protocols.md, section 7).
struct ClassificationFigures {
    std::int64_t groups = 0;  ///< that have a label
    std::int64_t classes = 0; ///< that there are
    double top1 = 0;          ///< shares, 0 to 1
    double top5 = 0;
    double meanClass = 0;    ///< mean over classes, of those with groups, of the share of theirs that is right
    Interval top1Interval{}; ///< 95 %, by a bootstrap over groups
    Interval meanInterval{}; ///< of (top1 + top5) / 2
    Interval meanClassInterval{};
    std::vector<double> perClass;        ///< [classes], share right; NaN for a class without groups
    std::vector<std::int64_t> confusion; ///< [classes, classes + 1], row: the true class, column: the predicted one, the last: nothing was predicted
    std::vector<Prediction> predictions; ///< a group each, in the set's order, those without a label too

    /// Kinetics' figure.
    double mean() const { return (top1 + top5) / 2; }
};

struct ClassificationOptions {
    int resamples = 1000; ///< of the bootstrap; 0: no intervals
    std::uint64_t seed = 1;
};

/// The class of the largest score and the true one's rank. @param scores of the classes, finite; empty: nothing was predicted
Prediction predicted(std::span<const float> scores, std::int32_t label);

/// The figures of predictions. Methods share their draws, so that differences of two are paired. @throws Error where no group has a label, or one is not below
/// `classes`; Cancelled
ClassificationFigures classificationFigures(std::vector<Prediction> predictions, std::int64_t classes, const ClassificationOptions &options,
                                            Progress &progress);

} // namespace dscope
