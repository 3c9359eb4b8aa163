// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/metrics/descending.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// One corner of a ROC curve: what is accepted at "score >= threshold".
struct RocVertex {
    double threshold = 0; ///< the score reached; +infinity at (0, 0)
    std::int64_t fp = 0;  ///< impostor pairs accepted
    std::int64_t tp = 0;  ///< genuine pairs accepted
};

/// The full ROC (protocols.md, section 2): (0, 0), then the cumulative counts after each distinct score in descending order. Scores are
/// equal by value, so -0.0 equals 0.0.
struct Roc {
    std::vector<RocVertex> vertices;
    std::int64_t impostors = 0;
    std::int64_t genuines = 0;

    double far(const RocVertex &vertex) const { return static_cast<double>(vertex.fp) / static_cast<double>(impostors); }
    double tar(const RocVertex &vertex) const { return static_cast<double>(vertex.tp) / static_cast<double>(genuines); }
};

/// @param scores larger means more alike
/// @param genuine 1 for a pair of one person, 0 for two
/// @throws Error if the sizes differ, a score is NaN, or one of the two kinds is missing
Roc fullRoc(std::span<const float> scores, std::span<const std::uint8_t> genuine);
Roc fullRoc(std::span<const double> scores, std::span<const std::uint8_t> genuine);
/// The same from the two kinds apart.
Roc fullRoc(std::vector<double> genuineScores, std::vector<double> impostorScores);
/// The same from scores that are in order already. @param genuine by the input's places @throws Error, Cancelled
Roc fullRoc(const Descending &scores, std::span<const std::uint8_t> genuine, Progress &progress);

/// How the corner for a FAR target is chosen (protocols.md, section 2). Neither interpolates.
enum class FarRule {
    Strict,     ///< the last vertex of the full ROC whose FAR does not exceed the target
    InsightFace ///< the vertex of scikit-learn's pruned ROC closest to the target; it may lie above it
};
std::string name(FarRule rule);
/// "strict" or "insightface". @throws UsageError
FarRule farRule(const std::string &name);

/// TAR at a FAR target with everything that must stand beside it.
struct FarPoint {
    double target = 0;
    FarRule rule = FarRule::Strict;
    double tar = 0;
    double realisedFar = 0;
    double threshold = 0; ///< accept at score >= threshold
    std::int64_t impostorsAccepted = 0;
    std::int64_t genuineAccepted = 0;
    std::int64_t impostors = 0;
    std::int64_t genuines = 0;
};
/// Whether the set has the impostor pairs to tell this FAR: ten that may be let in, so that one more or less moves it by a tenth at most.
bool isResolved(const FarPoint &point);
/// Whether two targets are one, however they were computed.
bool sameFar(double a, double b);
FarPoint tarAtFar(const Roc &roc, double target, FarRule rule);
/// Several targets at once; the ROC is pruned only once.
std::vector<FarPoint> tarAtFar(const Roc &roc, std::span<const double> targets, FarRule rule);

/// The vertices that scikit-learn's roc_curve(drop_intermediate=True) keeps, with (0, 0) put in front.
Roc prunedRoc(const Roc &roc);

/// Equal error rate: the full-ROC vertex, (0, 0) included, that minimises |FAR - FRR|, the highest score on a tie (protocols.md, section 8).
struct Eer {
    double value = 0; ///< (FAR + FRR) / 2
    double far = 0;
    double frr = 0;
    double threshold = 0;
};
Eer equalErrorRate(const Roc &roc);

/// The best accuracy that one threshold reaches, the highest threshold on a tie.
struct BestAccuracy {
    double accuracy = 0;
    double threshold = 0; ///< accept at score >= threshold
};
/// @param balanced weigh genuine and impostor pairs alike, (TAR + 1 - FAR) / 2, as if there were as many of each; otherwise the plain share
/// of right decisions
BestAccuracy bestAccuracy(const Roc &roc, bool balanced);
/// The balanced one of cosines, in [-1, 1], or one half where all of them lie below that: exact, without sorting, because only the few histogram bins that can
/// hold the best threshold are looked at score by score. @throws Error when one of the two kinds is missing
double bestBalancedAccuracy(std::span<const float> genuine, std::span<const float> impostor);

/// Ten-fold accuracy of LFW and YTF (protocols.md, section 4).
struct TenFold {
    std::vector<double> accuracy;  ///< of each fold
    std::vector<double> threshold; ///< chosen on the other nine
    double mean = 0;
    double deviation = 0; ///< population
    /// Of the mean, standardError() of the ten accuracies: what stands behind "mean ± standard error" in tables on LFW and YTF.
    double error = 0;
};
/// Unshuffled: folds are consecutive tenths in file order (the first ones longer by one where ten does not divide the count); thresholds
/// i * 0.01 for i = 0..399; the first maximum on nine folds is applied to the tenth; same if and only if distance < threshold.
/// @param distances squared L2 between unit embeddings
/// @throws Error with fewer than ten pairs, none of one kind, differing sizes, or NaN
TenFold tenFoldAccuracy(std::span<const double> distances, std::span<const std::uint8_t> same);

} // namespace dscope
