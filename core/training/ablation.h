// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/training/evaluate.h"
#include "core/training/options.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The base network of a variant: a model that is there, or one that is trained for the study.
struct AblationBase {
    std::string model;        ///< a model's name or file; of a trained one the name that the table gives it
    bool trained = false;     ///< on the study's training people
    std::string architecture; ///< of a trained one, as is what follows
    std::string loss;
    double learningRate = 0.1;
    int epochs = 20;
    double margin = -1; ///< below 0: the loss's own paper's
    double scale = 64;  ///< of ArcFace and CosFace
};

/// One row of the study.
struct AblationVariant {
    std::string architecture = "ddnet"; ///< of the DDNet
    AblationBase base;
    double degraded = 0.65; ///< share of the copies that are degraded for its training
    double people = 1;      ///< share of the training people that teach the DDNet
};

/// What `dscope ablate` reads: schema "dscope.ablation/1", see docs/formats.md.
struct Ablation {
    std::filesystem::path faces;
    SplitFilter train;
    SplitFilter test;
    TrainOptions loop; ///< of every DDNet
    int copies = 3;
    TemplateStudy study;
    std::vector<AblationVariant> variants;
};

/// Reads and multiplies out. Relative paths are taken from the configuration's folder. @throws FileError that names the field; with the known ones for one that
/// is not known
Ablation readAblation(const std::filesystem::path &path);
/// The same out of bytes in hand. @param path what they are called
Ablation parseAblation(std::string_view text, const std::filesystem::path &path);

/// Carries out every variant that `work` holds no result of: train the base if asked for, label the training people with it, teach a DDNet, study the
/// test people (templateStudy with the oracle). Results lie in `work`, one JSON each, written atomically and named by what defines them, so that a call
/// that was stopped, or a configuration with further variants, goes on from there (the running training from its checkpoint). A variant that fails is
/// told of in the table and the others go on; it is tried again the next time. `out` holds the table after every variant.
/// @param models folders with further models. @return how many failed. @throws Cancelled, FileError
int runAblation(const Ablation &ablation, const std::vector<std::filesystem::path> &models, const std::filesystem::path &work, const std::filesystem::path &out,
                Progress &progress);

/// The variant in words, as its row begins.
std::string describe(const AblationVariant &variant);

} // namespace dscope
