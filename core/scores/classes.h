// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/dscore.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// The classes of a training set, numbered by ascending label.
struct ClassIndex {
    /// @throws Error when the options are out of range, the copies of a picture do not lie together, there are fewer than two classes, or none gives targets
    ClassIndex(std::span<const std::int32_t> labels, const DScoreOptions &options);

    /// Whether a class has the pictures that it needs: two samples or more, `atLeastOthers` pictures beside each, and at least one where that is left out.
    bool givesTargets(std::size_t k) const;
    /// Features in the centroid of class k.
    std::int64_t inCentroid(std::size_t k) const { return m_clean ? pictures(k) : count[k]; }
    std::int64_t pictures(std::size_t k) const { return count[k] / m_copies; }

    std::vector<std::int32_t> labels; ///< the distinct ones, ascending
    std::vector<std::int32_t> of;     ///< each sample's class
    std::vector<std::int64_t> count;  ///< samples of each class

private:
    std::int64_t m_copies;
    std::int64_t m_others;
    bool m_clean;
};

/// Whether a sample's feature is one of those that its class's centroid is the mean of. @param i its place
inline bool isInCentroid(std::size_t i, const DScoreOptions &options)
{
    return options.centroids == DScoreOptions::Centroids::All || i % static_cast<std::size_t>(options.copies) == 0;
}

/// What is left once `own`, `hardest` and `hardestClass` of every sample are known: the raw D of Eq. 3, who is a target, mu, sigma, the
/// normalised D of Eq. 4, the counts and the warnings, which also go out as notices. @param otherOwn see OwnCentroid::Found::other
void finishDScores(DScores &scores, const std::vector<double> &otherOwn, ClassIndex classes, const DScoreOptions &options, Progress &progress);

/// What Eq. 4 standardises: D of Eq. 3, or what the options have in its place.
double rawDScore(double own, double hardest, const DScoreOptions &options);
/// sigmoid((raw - mu) / sigma), Eq. 4; 0.5 where sigma is 0.
double standardisedDScore(double raw, double mu, double sigma);

/// One row of features in double, of unit length where the options ask for it.
void loadFeature(std::span<const float> row, const DScoreOptions &options, std::span<double> out);

/// Compares samples with the centroids of their own classes, those of one picture behind each other.
class OwnCentroid {
public:
    OwnCentroid(const DScoreOptions &options, std::size_t dim);

    /// Begins with another picture. @param features of all its copies, as loaded, row-major [copies, dim]
    void setPicture(std::span<const double> features);

    struct Found {
        double own;   ///< cosine or distance by the options
        double other; ///< with the picture left out, or left in where `own` leaves it out
    };
    /// Copy `copy` of the picture. @param sample as it is compared: of unit length for the cosine @param feature the same as loaded
    /// @param sum of the `count` features in its class's centroid
    Found compare(std::size_t copy, std::span<const double> sample, std::span<const double> feature, std::span<const double> sum, std::int64_t count);

private:
    /// @param out sum of the `taken` features that are left out
    double to(std::span<const double> sample, std::span<const double> sum, std::int64_t count, std::span<const double> out, std::int64_t taken);

    const DScoreOptions &m_options;
    std::vector<double> m_picture; ///< sum of the picture's features in the centroid
    std::int64_t m_inPicture;      ///< how many those are
    std::vector<double> m_scratch;
};

/// Euclidean distance.
double distance(std::span<const double> a, std::span<const double> b);

} // namespace dscope
