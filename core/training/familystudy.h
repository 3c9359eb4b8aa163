// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/damage/damageset.h"
#include "core/scores/secondlook.h"
#include "core/training/evaluate.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// What is damaged, and how, to see whether a scorer knows the damage.
struct FamilyStudy {
    DamageSet families;       ///< not "paper"
    std::int64_t faces = 200; ///< damaged ones, one of each person in turn; all of the others are in the centroids
    std::vector<double> severities{0.25, 0.5, 0.75, 1};
    std::uint64_t seed = 1;
    std::shared_ptr<const SecondLook> second; ///< a further scorer, of the base's embeddings; may be null
    double mu = 0;                            ///< of Eq. 4: those that the DDNet was taught with
    double sigma = 0;                         ///< 0: of the study's own undamaged pictures
};

/// Figures of one family; of the undamaged faces where `family` is null.
struct FamilyRow {
    const DamageFamily *family = nullptr;
    std::vector<double> truth;                  ///< mean true D-score, at each severity (one entry for the undamaged)
    std::vector<std::vector<double>> predicted; ///< of each scorer: mean score, likewise
    std::vector<double> spearman;               ///< of each scorer: with the true D-scores, over all faces and severities of the row
};

struct FamilyResult {
    std::vector<std::string> scorers; ///< those asked for, "second" where there is one, and "norm", of the base's embedding
    std::vector<double> severities;
    std::vector<FamilyRow> rows;  ///< undamaged first, then the families in their order
    std::vector<double> spearman; ///< of each scorer: over all of these pictures
    std::int64_t faces = 0;       ///< damaged
    std::int64_t pictures = 0;    ///< undamaged ones behind the centroids
    std::int64_t people = 0;
    double mu = 0;
    double sigma = 0;
};

/// Damages faces by each family at each severity, and compares their true D-scores (Eq. 2-4 with `base`, from centroids of undamaged
/// pictures without the one that was damaged) with what scorers say. Only people with three
/// pictures or more take part. The same face draws the same numbers at every severity. @throws Error, Cancelled
FamilyResult familyStudy(Network &base, const std::vector<PictureScorer> &scorers, const FaceList &faces, const FamilyStudy &options, Progress &progress);

/// As a Markdown table with the protocol above it; as csv, a line per family and severity; as JSON (schema dscope.families/1).
std::string familiesMarkdown(const FamilyResult &result, const std::string &base);
std::string familiesCsv(const FamilyResult &result);
Json familiesJson(const FamilyResult &result, const std::string &base);

} // namespace dscope
