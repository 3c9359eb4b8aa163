// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/evaluation/compare.h"
#include "core/evaluation/comparetracks.h"
#include "core/training/evaluate.h"

#include <cstdint>
#include <vector>

namespace dscope::cli {

/// Crops of people, and by which camera each was taken.
struct Tracklets {
    FaceList elements;
    std::vector<std::int32_t> cameras;
};
/// Those of the set that the command names. @throws UsageError for options that are of faces, FileError
Tracklets readTrackletsOf(const Arguments &arguments, Progress &progress);
/// Tells a pool of these crops their cameras; it may lack some that could not be read.
void takeCameras(FacePool &pool, const Tracklets &tracklets);

/// What the command line says of how tracklets are compared. @throws UsageError
CompareTracksOptions tracksOptions(const Arguments &arguments, const CompareOptions &options);

/// `dscope compare` of tracklets: draws, compares by retrieval, and writes the tables to every --out. @throws UsageError, Error, Cancelled
void compareTrackletsOf(const Arguments &arguments, const FacePool &pool, const TemplateStudy &study, const CompareOptions &options, const Cost &secondCost,
                        CompareHeading heading, Progress &progress);

} // namespace dscope::cli
