// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// Labelled single faces, each in `versions` + 1 versions (version 0 is the face itself, the others are degraded copies), with everything that
/// an aggregator may ask of them. Version v of face i is row i (versions + 1) + v of every per-picture array.
struct FacePool {
    std::string name; ///< as it stands above a table
    std::int64_t dim = 0;
    std::int64_t versions = 0;
    std::vector<std::int32_t> labels;                  ///< [faces], index into `people`
    std::vector<std::string> people;                   ///< names
    std::vector<std::string> files;                    ///< [faces]; may be empty
    std::vector<std::int32_t> cameras;                 ///< [faces], of crops of people; empty where there are none
    std::vector<float> features;                       ///< [faces (versions + 1), dim], raw
    std::vector<float> dScores;                        ///< [faces (versions + 1)]
    std::vector<float> detector;                       ///< the same, or empty
    std::map<std::string, std::vector<float>> quality; ///< the same by name; NaN: no score

    std::int64_t faces() const { return static_cast<std::int64_t>(labels.size()); }
    std::int64_t pictures() const { return faces() * (versions + 1); }
    /// @throws Error that names the array whose size does not fit
    void check() const;
};

/// The name of the true D-scores among FacePool::quality.
inline constexpr const char *trueScoreName = "true D-score";

/// Pools of different people in one, such as those of the folds of a cross-validation, each scored by a DDNet that was not taught on its people. Further scores
/// that not all have are left out. @throws Error where pools differ in features or versions, or a person is in two
FacePool joined(std::vector<FacePool> pools);

/// How templates are drawn from a pool.
struct DrawOptions {
    std::int64_t size = 3;               ///< pictures per template
    bool degraded = false;               ///< a share of the pictures in a degraded version
    double degradedShare = 0.65;         ///< their probability
    std::int64_t templatesPerPerson = 4; ///< at most
    std::uint64_t seed = 1;
    std::int64_t draws = 0; ///< how many there will be; where the pool has as many degraded versions or more, each draw takes its own
};

/// Templates with the pairs that are compared.
struct ComparedSet {
    TemplateFeatures set;
    TemplatePairs pairs;
};

/// One draw: each person's faces are shuffled and cut into disjoint templates of `size` faces, at most `templatesPerPerson`; where `degraded`, each
/// face is replaced by one of its degraded versions, by lot or that of the draw (`draws`), with probability `degradedShare`. Every template is paired with
/// every other, in order. Template t has the number t. @throws Error where the pool does not fit, or nobody has enough faces
ComparedSet drawTemplates(const FacePool &pool, const DrawOptions &options, std::int64_t draw);

/// One draw of tracklets, where the pool has cameras: as drawTemplates(), but the pictures of a template are of one person and one camera, and there are no
/// pairs: every template is looked for among all. @throws Error as drawTemplates(), and where the pool has no cameras
ComparedSet drawTracklets(const FacePool &pool, const DrawOptions &options, std::int64_t draw);

} // namespace dscope
