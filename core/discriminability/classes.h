#pragma once

#include "core/discriminability/dscore.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// The classes of a training set, numbered by ascending label.
struct ClassIndex {
    /// @throws Error when there are fewer than two classes, or every class has one sample only
    explicit ClassIndex(std::span<const std::int32_t> labels);

    std::vector<std::int32_t> labels; ///< the distinct ones, ascending
    std::vector<std::int32_t> of;     ///< each sample's class
    std::vector<std::int64_t> count;  ///< samples a class
};

/// Throws unless epsilon is above 0.
void checkDScoreOptions(const DScoreOptions &options);

/// What is left once `own`, `hardest` and `hardestClass` of every sample are known: the raw D of Eq. 3, who is a target, mu, sigma, the
/// normalised D of Eq. 4, the counts and the warnings, which the task hears too.
void finishDScores(DScores &scores, ClassIndex classes, const DScoreOptions &options, Task &task);

/// One row of features in double, of unit length where the options ask for it.
void loadFeature(std::span<const float> row, const DScoreOptions &options, std::span<double> out);

/// Similarity (cosine) or distance of a sample to its own class's centroid. `sample` is of unit length for the cosine; `feature` is the same
/// sample as loaded (needed to leave it out); `sum` of the `count` features of its class.
double ownCentroid(std::span<const double> sample, std::span<const double> feature, std::span<const double> sum, std::int64_t count,
                   const DScoreOptions &options, std::span<double> scratch);

/// Euclidean distance.
double distance(std::span<const double> a, std::span<const double> b);

} // namespace dscope
