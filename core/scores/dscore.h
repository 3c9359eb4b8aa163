// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/words.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// How D-scores are computed. The defaults are the paper's, by the rules of protocols.md, section 0.
struct DScoreOptions {
    /// Distance of a sample to a class centroid (Eq. 2). Cosine: larger is closer, D = own / hardest. Euclidean: smaller is closer, so
    /// D = nearest other centroid / own.
    enum class Metric { Cosine, Euclidean };
    /// Whose features a class's centroid is the mean of: all samples, or the clean one of each picture alone.
    enum class Centroids { All, Clean };
    /// What is left out of the centroid of its own class that a sample is compared with: nothing, the sample, or its picture with all that was made of it.
    /// What is not in the centroid cannot be left out; where nothing would be left, everything stays in.
    enum class LeaveOut { None, Sample, Picture };
    /// What is standardised by Eq. 4: own and hardest are the cosines of Eq. 2. With distances Own and Margin are taken with the other sign, and there is no
    /// CrFiqa.
    enum class Target {
        Ratio,  ///< own / max(hardest, epsilon), Eq. 3
        Own,    ///< own
        Margin, ///< own - hardest
        CrFiqa  ///< own / (hardest + 1), the certainty ratio of CR-FIQA without its epsilon
    };
    Metric metric = Metric::Cosine;
    double epsilon = 1e-3;          ///< floor of the denominator of Eq. 3; above 0
    bool normaliseFeatures = false; ///< L2-normalise every feature before the centroids are taken
    Centroids centroids = Centroids::All;
    LeaveOut leaveOut = LeaveOut::None;
    Target target = Target::Ratio;
    std::int64_t copies = 1;        ///< samples of each picture: they lie behind each other, the clean one first
    std::int64_t atLeastOthers = 0; ///< other pictures that a class needs for its samples to be targets
};

inline constexpr Words<DScoreOptions::Metric, 2> metricWords{"no metric",
                                                             {{DScoreOptions::Metric::Cosine, "cosine"}, {DScoreOptions::Metric::Euclidean, "euclidean"}}};
inline constexpr Words<DScoreOptions::Centroids, 2> centroidWords{"no choice of centroids",
                                                                  {{DScoreOptions::Centroids::All, "all"}, {DScoreOptions::Centroids::Clean, "clean"}}};
inline constexpr Words<DScoreOptions::LeaveOut, 3> leaveOutWords{
    "nothing that can be left out",
    {{DScoreOptions::LeaveOut::None, "none"}, {DScoreOptions::LeaveOut::Sample, "sample"}, {DScoreOptions::LeaveOut::Picture, "picture"}}};
inline constexpr Words<DScoreOptions::Target, 4> targetWords{"no target",
                                                             {{DScoreOptions::Target::Ratio, "ratio"},
                                                              {DScoreOptions::Target::Own, "own"},
                                                              {DScoreOptions::Target::Margin, "margin"},
                                                              {DScoreOptions::Target::CrFiqa, "crfiqa"}}};

/// What it does to the D-scores of a set that a picture is part of the centroid it is compared with. Over the clean samples whose class has another picture.
struct SelfBias {
    std::int64_t pictures = 0;
    double inside = 0;      ///< mean of own with the picture in its centroid (where the sample alone is left out: without that)
    double outside = 0;     ///< with the picture, and all that was made of it, left out
    double correlation = 0; ///< Spearman's, of the two D-scores; NaN where one does not vary
};

/// D-scores of a training set, one entry a sample in input order.
struct DScores {
    std::vector<double> raw;                ///< D of Eq. 3, or what DScoreOptions::target has in its place
    std::vector<double> normalised;         ///< sigmoid((D - mu) / sigma), Eq. 4
    std::vector<double> own;                ///< cosine (or distance) to the own class's centroid
    std::vector<double> hardest;            ///< to the closest other centroid, before the floor
    std::vector<std::int32_t> hardestClass; ///< which one: index into `classes`, the lowest on a tie
    std::vector<std::int32_t> classes;      ///< the distinct labels, ascending; for labels 0..K-1 the index is the label
    std::vector<std::uint8_t> target;  ///< 1 where the sample takes part in mu and sigma: its class has two samples or more, and the other pictures it needs
    double mu = 0;                     ///< mean of the raw D of the targets
    double sigma = 0;                  ///< their population deviation
    std::int64_t floored = 0;          ///< samples (all of them) whose denominator was strictly below epsilon
    std::int64_t singleSample = 0;     ///< samples that are no targets, because their class is too small: still listed
    SelfBias bias;                     ///< not known (no pictures) of targets that were read from an older file
    std::vector<std::string> warnings; ///< for the user, also sent out as notices
};

/// Classes of fewer pictures than this are small: a picture that is part of its own centroid moves it so far that its D-score says more about the class's
/// size than about the picture. docs/targets.md says why.
constexpr std::int64_t smallClass()
{
    return 20;
}
/// Other pictures that a class needs to give targets where the picture itself is left out. docs/targets.md says why.
constexpr std::int64_t usualOthers()
{
    return 2;
}

/// Whether most classes are small. @param labels one per picture; classes of one picture, which have nothing to be compared with, do not count
bool mostAreSmall(std::span<const std::int32_t> labels);
/// What somebody chose of what suitedTo() chooses.
struct CentroidChoice {
    std::optional<DScoreOptions::Centroids> centroids;
    std::optional<DScoreOptions::LeaveOut> leaveOut;
    std::optional<std::int64_t> atLeastOthers;
};

/// The options with what suits a set: where most classes are small, or somebody chose to leave pictures out, centroids of clean pictures that leave out the
/// picture, and classes of at least usualOthers() other pictures (fewer where no class has as many); else, or where somebody chose to leave out less, the
/// paper's. @param labels one per picture
DScoreOptions suitedTo(std::span<const std::int32_t> labels, DScoreOptions options, const CentroidChoice &chosen = {});
/// What to say where most classes are small and pictures are part of the centroids they are compared with: what that does to this very set. Empty: nothing.
std::string selfWarning(const DScores &scores, std::span<const std::int32_t> labels, const DScoreOptions &options);

/// Eq. 2-4 over a whole training set. A centroid is the mean of its class's raw features (not of unit vectors); cosines are taken
/// afterwards in double; sigma is the population deviation. A vector of length 0 has cosine 0 with everything. When more than 0.1 % of the
/// samples hit the floor, mu and sigma are inflated by them: a warning says so and names a larger epsilon.
/// @param features row-major [N, dim]
/// @param labels [N], any integers; the copies of a picture have the same
/// @throws Error if the sizes do not fit, a value is not finite, an option is out of range, there are fewer than two classes, or no class has the pictures
/// that it needs to give targets; Cancelled
DScores computeDScores(std::span<const float> features, std::int64_t dim, std::span<const std::int32_t> labels, const DScoreOptions &options,
                       Progress &progress);

} // namespace dscope
