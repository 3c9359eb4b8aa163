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
    std::int32_t label = -1; ///< the true class; -1: not known
    std::int32_t top = -1;   ///< the class of the largest score; the first of equal ones. -1: no clip could be read, which counts as wrong
    std::int64_t rank = 0;   ///< of the true class by its score, from 1; of equal scores the earlier class stands before. 0: no prediction, or no true class

    bool operator==(const Prediction &) const = default;
};

/// How often a group's class is the one with the largest fused score, or among the five largest (protocols.md, section 7).
///
/// Several draws (random-K by several seeds) are shown by their mean: every share is the mean over the draws, and the confusion is their sum.
struct ClassificationFigures {
    std::int64_t groups = 0;  ///< that have a label
    std::int64_t classes = 0; ///< that there are
    std::int64_t draws = 1;
    double top1 = 0; ///< shares, 0 to 1
    double top5 = 0;
    double meanClass = 0;    ///< mean over classes, of those with groups, of the share of theirs that is right
    Interval top1Interval{}; ///< 95 %, by a bootstrap over groups; no resamples: there is none
    Interval meanInterval{}; ///< of (top1 + top5) / 2
    Interval meanClassInterval{};
    std::uint64_t seed = 1;   ///< of the bootstrap
    double top1Deviation = 0; ///< population deviations over the draws
    double meanDeviation = 0;
    double meanClassDeviation = 0;
    std::vector<double> perClass;        ///< [classes], share right; NaN for a class without groups
    std::vector<std::int64_t> confusion; ///< [classes, classes + 1], row: the true class, column: the predicted one, the last: nothing was predicted
    std::vector<Prediction> predictions; ///< [draws, all groups], in the set's order, those without a label too

    /// Kinetics' figure.
    double mean() const { return (top1 + top5) / 2; }
    /// How many groups of a true class were taken for `predicted` (`classes`: for nothing).
    std::int64_t confused(std::int64_t label, std::int64_t predicted) const { return confusion[static_cast<std::size_t>(label * (classes + 1) + predicted)]; }
};

struct ClassificationOptions {
    int resamples = 1000; ///< of the bootstrap; 0: no intervals
    std::uint64_t seed = 1;
};

/// The class of the largest score and the true one's rank. @param scores of the classes; empty: nothing was predicted
/// @throws Error where a score is not finite, or the label is no class of theirs
Prediction predicted(std::span<const float> scores, std::int32_t label);

/// The figures of predictions. Methods share their draws (they depend on the seed and the number of labelled groups alone), so that differences of two are
/// paired. @param predictions [draws, all groups] @throws Error where no group has a label, draws do not fit, or a class is not below `classes`; Cancelled
ClassificationFigures classificationFigures(std::vector<Prediction> predictions, std::int64_t classes, const ClassificationOptions &options, Progress &progress,
                                            std::int64_t draws = 1);

/// A difference of two methods on the same groups.
struct ClassificationGain {
    double top1 = 0;
    double mean = 0;
    Interval top1Interval{}; ///< 95 %, paired: both methods on the same groups of each resample; no resamples: there is none
    Interval meanInterval{};
};
/// `figures` minus `reference`, from their predictions. @throws Error where they are not of the same groups; Cancelled
ClassificationGain classificationGain(const ClassificationFigures &figures, const ClassificationFigures &reference, const ClassificationOptions &options,
                                      Progress &progress);

} // namespace dscope
