// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/compare.h"
#include "core/evaluation/draws.h"
#include "core/scores/dscore.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// One way to make targets: a row of the study.
struct TargetVariant {
    std::string title;
    DScoreOptions options; ///< `copies` is taken from the pool
};

/// How targets are compared.
struct TargetStudy {
    int folds = 5;               ///< of people: who is judged was not seen by the rule that predicts their targets
    double ridge = 3000;         ///< of that rule, SecondLookSums
    std::int64_t judgedWith = 6; ///< clean pictures that a person needs to be judged
    std::int64_t size = 5;       ///< pictures per template
    double degradedShare = 0.65; ///< of those
    std::int64_t templatesPerPerson = 4;
    double threshold = 0.15; ///< t of Eq. 7
    double far = 1e-3;
    int draws = 20;
    int resamples = 200;
    std::uint64_t seed = 1;
};

/// What one way to make targets is worth.
struct TargetRow {
    std::string title;
    std::int64_t people = 0;   ///< who gave targets
    std::int64_t pictures = 0; ///< theirs, every version one
    /// Spearman's correlation of the predicted target with the true D-score, over clean pictures and over all versions.
    double clean = 0;
    double all = 0;
    double cleanOwn = 0;   ///< with the true cosine to the own centroid alone, over clean pictures
    ComparedRow predicted; ///< DDL by the predicted target; gains are over the first variant's
    ComparedRow itself;    ///< DDL by the target itself, which knows the person: what the prediction is a stand-in for
};

/// Compares ways to make targets by what can be made of them. A closed-form rule on the raw embeddings (SecondLookSums) stands in for a DDNet, which takes
/// hours: for each variant it is fitted to the targets of all people but a fold's, and predicts those of that fold. People of `judgedWith` clean pictures or
/// more are judged, by
/// - the correlation of prediction and true D-score: Eq. 3 with centroids of the person's clean pictures without the picture itself;
/// - TAR of degraded templates weighed by the prediction (Eq. 7-11), and by the target itself.
/// Every version of a face is one sample; degraded versions are never part of a centroid unless the variant says so.
/// @throws Error where the pool has no degraded versions, or too few people; Cancelled
std::vector<TargetRow> compareTargets(const FacePool &pool, const std::vector<TargetVariant> &variants, const TargetStudy &study, Progress &progress);

/// The four targets; then Eq. 3's with other centroids; then with other numbers of pictures beside the one that is compared, as far as the largest of the
/// pool's people goes.
std::vector<TargetVariant> usualTargetVariants(const FacePool &pool);

/// The study as a Markdown table, with what was done above it.
std::string targetTable(const std::vector<TargetRow> &rows, const FacePool &pool, const TargetStudy &study, const std::string &base);

} // namespace dscope
