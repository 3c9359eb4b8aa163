// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/base/json.h"
#include "core/damage/damageset.h"
#include "core/evaluation/draws.h"
#include "core/metrics/statistics.h"
#include "core/nets/network.h"
#include "core/scores/dscore.h"
#include "core/training/augment.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// The true D-scores of a study (Eq. 2-4): compared with centroids of the undamaged faces, without the one that a picture was made from.
/// @param copies of each face, the undamaged one first
DScoreOptions truthOptions(std::int64_t copies);

/// How predicted D-scores follow the severity of one kind of damage.
struct SeverityResult {
    Degradation kind;
    double spearman = 0;            ///< mean over faces of the correlation between severity and D-score, within the face
    std::vector<double> meanDScore; ///< at each severity
    std::int64_t faces = 0;
};

/// Degrades `count` faces of the list (one a person in turn) at six severities (0, 0.2, ... 1) for every kind, and correlates.
std::vector<SeverityResult> severityStudy(Network &ddnet, FaceList faces, std::int64_t count, std::uint64_t seed, Progress &progress);

/// One row of the template study.
struct TemplateRow {
    std::int64_t pictures = 0; ///< a template
    bool degraded = false;
    std::string method;
    double far = 0;
    double tar = 0;               ///< mean over the draws, strict rule
    Interval interval;            ///< by-person bootstrap of that mean
    double realisedFar = 0;       ///< mean
    double impostorsAccepted = 0; ///< mean
    double genuine = 0;           ///< pairs, mean over the draws
    double impostor = 0;
    double keptShare = 0; ///< of the pictures, by DDL's threshold
    /// Spearman's correlation of predicted and true D-score over the study's pictures: the clean ones, or all versions where `degraded`.
    double correlation = 0;
};

struct TemplateStudy {
    int draws = 20;
    int versions = 4; ///< degraded versions made of every face, one of which is drawn
    double degradedShare = 0.65;
    DamageSet families;         ///< what the degraded versions are made by
    int templatesPerPerson = 4; ///< at most, disjoint
    double threshold = 0.15;
    int resamples = 200;
    std::uint64_t seed = 1;
    std::vector<std::int64_t> sizes{3, 5, 10};
    std::vector<double> fars{1e-2, 1e-3};
};

/// Verification between templates of unseen people: in every draw each person's faces are shuffled and cut into disjoint templates; every template
/// is compared with every other by the cosine of their representations, for average, top-1, DDL, DDL without re-scale, and the oracle: DDL that is
/// given the true D-scores (truthOptions(), over the study's own pictures, every version a picture, a person a class) instead of DDNet's.
std::vector<TemplateRow> templateStudy(Network &base, Network &ddnet, FaceList faces, const TemplateStudy &options, Progress &progress);

/// A further score of every picture of a study, such as another network's or a detector's.
struct PictureScorer {
    std::string name; ///< "detector" fills FacePool::detector, any other name FacePool::quality
    std::function<std::vector<float>(std::span<const Picture> pictures, Progress &progress)> score; ///< one value a picture; NaN: none
};

/// The faces and their degraded versions (those that templateStudy() makes with the same options), embedded and scored once, for drawTemplates().
/// Faces that cannot be read are left out. @param ddnet where null, all D-scores are 0 @param truth adds the true D-scores of these pictures
/// (truthOptions(), over the pool) as the quality "true D-score"
/// @throws Error, Cancelled
FacePool facePool(Network &base, Network *ddnet, FaceList faces, const TemplateStudy &options, const std::vector<PictureScorer> &scorers, bool truth,
                  Progress &progress);

/// The true D-scores of a pool's pictures: truthOptions() over all of them, every version a picture. @throws Error, Cancelled
std::vector<float> trueScores(const FacePool &pool, Progress &progress);

/// The people of a list who have at least `least` faces. @throws Error where nobody has
FaceList peopleWith(const FaceList &faces, std::int64_t least);

/// What a template study needs of the base alone: the same for every DDNet that is studied with it.
struct StudiedBase {
    std::int64_t dim = 0;
    std::vector<float> features; ///< [faces (versions + 1), dim]; version 0 of a face is the face itself
    std::vector<float> truth;    ///< the true D-scores of these pictures
};
StudiedBase studyBase(Network &base, const FaceList &faces, const TemplateStudy &options, Progress &progress);
/// The same study on what studyBase() gave for the same faces and options.
std::vector<TemplateRow> templateStudy(const StudiedBase &base, Network &ddnet, const FaceList &faces, const TemplateStudy &options, Progress &progress);

/// How much of the way from average to oracle DDL goes: (DDL - average) / (oracle - average). NaN where the oracle is not better than average.
double gapClosed(double average, double ddl, double oracle);

/// The study as a Markdown table, with the protocol above it.
std::string templateTable(const std::vector<TemplateRow> &rows, const TemplateStudy &options, const std::string &base, const std::string &ddnet);

} // namespace dscope
