// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/extract.h"
#include "core/datasets/benchmark.h"
#include "core/sets/clipstore.h"

#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// Divides every video of a benchmark into clips, gives each its D-score, its motion energy and the base's class scores, once: into a store named by benchmark,
/// base and a digest of everything that decides about its content. A finished store of that name is used as it is; one that was interrupted, even by kill, is
/// resumed and ends with the same bytes. Videos that cannot be read are in it as such.
/// @return the store @throws FileError, Error when the networks are not there, Cancelled: what is done stays
std::filesystem::path extractClips(const Benchmark &benchmark, const ExtractOptions &options, const ModelStore &store, Progress &progress);

/// A store's clips as a set to be evaluated: a template per video, the true class as its subject, by the base's classes; `motion` among the qualities.
/// @throws Error when the store is of other videos, or the base does not know one of the benchmark's classes; FileError, Cancelled
TemplateFeatures arrangeClips(const Benchmark &benchmark, const ClipStore &store, std::vector<std::string> &warnings, Progress &progress);

/// The quality by which `motion` is asked for.
inline constexpr const char *motionName = "motion";

} // namespace dscope
