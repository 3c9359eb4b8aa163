// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/damage/damageset.h"
#include "core/scores/labeler.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace dscope {

/// Which families went into a copy: bit k for the k-th of `families`. @param drawn by faceCopy()
std::uint64_t drawnFamilies(const DamageSet &families, const std::vector<const DamageFamily *> &drawn);

/// Fills in what is not known of the copies of some faces: they are made again, and what was drawn is looked at. A face that cannot be read may have them all:
/// it is left out with any.
/// @param places of the faces in the list that was labelled (Targets::places) @param known a face each @param damage [faces * copies]
/// @param strict a face that cannot be read is an error @throws FileError also for a record file or pack that cannot be used, Cancelled
void findDrawnFamilies(const FaceList &faces, const std::vector<std::int64_t> &places, const LabelOptions &options, const std::vector<bool> &known,
                       std::vector<std::uint64_t> &damage, bool strict, Progress &progress);

/// Which pictures of a target file a scorer may be shown that is to know nothing of some damage: those with a target for which no family of `without` was
/// drawn. Where the file does not say what was drawn (Targets::damage), every copy is made again to see it.
/// @param facesRoot where the faces lie now; empty: where the targets say
/// @throws UsageError for targets of the five old kinds, which are no families, and where none of the families is in the targets; FileError for a face that
/// cannot be read any more; Cancelled
std::vector<std::uint8_t> targetsWithout(const Targets &targets, const DamageSet &without, const std::filesystem::path &facesRoot, Progress &progress);

} // namespace dscope
