#pragma once

#include "core/base/task.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// How D-scores are computed. The defaults are the rules of protocols.md, section 0.
struct DScoreOptions {
    /// Distance of a sample to a class centroid (Eq. 2). Cosine: larger is closer, D = own / hardest. Euclidean: smaller is closer, so
    /// D = nearest other centroid / own.
    enum class Metric { Cosine, Euclidean };
    Metric metric = Metric::Cosine;
    double epsilon = 1e-3;          ///< floor of the denominator of Eq. 3; above 0
    bool normaliseFeatures = false; ///< L2-normalise every feature before the centroids are taken
    bool leaveOneOut = false;       ///< a sample is left out of the centroid it is compared with (its own class only)
};

/// D-scores of a training set, one entry a sample in input order.
struct DScores {
    std::vector<double> raw;                ///< D of Eq. 3
    std::vector<double> normalised;         ///< sigmoid((D - mu) / sigma), Eq. 4
    std::vector<double> own;                ///< cosine (or distance) to the own class's centroid
    std::vector<double> hardest;            ///< to the closest other centroid, before the floor
    std::vector<std::int32_t> hardestClass; ///< which one: index into `classes`, the lowest on a tie
    std::vector<std::int32_t> classes;      ///< the distinct labels, ascending; for labels 0..K-1 the index is the label
    std::vector<std::uint8_t> target;       ///< 1 where the sample takes part in mu and sigma (its class has two samples or more)
    double mu = 0;                          ///< mean of the raw D of the targets
    double sigma = 0;                       ///< their population deviation
    std::int64_t floored = 0;               ///< samples (all of them) whose denominator was strictly below epsilon
    std::int64_t singleSample = 0;          ///< samples alone in their class: left out of mu and sigma, still listed
    std::vector<std::string> warnings;      ///< for the user, also sent to the task as notices
};

/// Eq. 2-4 over a whole training set. A centroid is the mean of its class's raw features (not of unit vectors); cosines are taken
/// afterwards in double; sigma is the population deviation. A vector of length 0 has cosine 0 with everything. When more than 0.1 % of the
/// samples hit the floor, mu and sigma are inflated by them: a warning says so and names a larger epsilon.
/// @param features row-major [N, dim]
/// @param labels [N], any integers
/// @throws Error if the sizes do not fit, a value is not finite, epsilon is not above 0, there are fewer than two classes, or every class
/// has one sample only; Cancelled
DScores computeDScores(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options, Task &task);

} // namespace dscope
