// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/extract.h"
#include "core/nets/network.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// A network that gives one value a picture: a DDNet by name, or a file such as an ONNX quality model (eDifFIQA, CR-FIQA).
/// @throws Error where there is none
ModelSpec scorerSpec(const ModelStore &store, const std::string &nameOrPath);
/// The same, loaded. @throws Error also where it gives more than one value
std::shared_ptr<Network> loadScorer(const ModelStore &store, const std::string &nameOrPath, const Device &device);

/// Scores every picture of a benchmark by such a network, on the faces that extractFeatures() embeds: aligned by the same landmarks, found by the same
/// detector. Into a store of its own, where the scores are both its D-scores and its only feature; kept, and gone on with, as a store of features is.
/// @return the store @throws as extractFeatures()
std::filesystem::path extractScores(const Benchmark &benchmark, const std::string &scorer, const ExtractOptions &options, const ModelStore &store,
                                    Progress &progress);

/// Whether a file is a network that scores pictures, and not a text of scores; by its extension.
bool isScorer(const std::filesystem::path &file);

/// Scores of the pictures by `name` (TemplateFeatures::quality): read from a text (readQualityFile()), or computed by a network (isScorer(), or a
/// model's name). What became of them is added to `warnings`. The benchmark's list of pictures must still be there.
/// @throws FileError, Error where not one picture gets a score, Cancelled
void addQuality(TemplateFeatures &set, const Benchmark &benchmark, const std::string &name, const std::filesystem::path &source, const ExtractOptions &options,
                const ModelStore &store, std::vector<std::string> &warnings, Progress &progress);

} // namespace dscope
