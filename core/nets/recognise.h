// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/nets/tensorlist.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// What a weights file holds, and how it was found in it.
struct WeightsReport : WeightsInfo {
    std::string kind;                 ///< "safetensors", "PyTorch", "PyTorch before 1.6"
    std::string chosen;               ///< as Checkpoint's
    std::vector<std::string> notes;   ///< as Checkpoint's
    std::vector<std::string> skipped; ///< as Checkpoint's
    std::vector<std::string> sets;    ///< names for `--weights`, where the file holds several sets of weights
};
/// As readWeightsInfo(). @throws FileError
WeightsReport readWeightsReport(const std::filesystem::path &path);

/// Whether a file is an ONNX network: by its ending, else by how it begins.
bool isOnnxFile(const std::filesystem::path &file);
/// Whether a file begins as safetensors or as torch.save's zip form does, whatever its name.
bool isWeightsFile(const std::filesystem::path &file);

/// A known network among the tensors of a file.
struct RecognisedWeights {
    std::string architecture;
    std::string prefix;                ///< what stands before all its names: "", "module.", "features.module."
    std::vector<std::string> prefixes; ///< all that it stands behind, where the file holds it several times
    std::int64_t classes = 0;          ///< that it tells apart, for a network whose output is their scores; 0 for others
};
/// Looks for it under anything that names have in front; nothing where there is none of those known. A ResNet-50 that is a sequence of its children
/// (numberedResNets()) is found as if it had torchvision's names. It looks at the tensors that tell the
/// architectures apart; loading compares every one.
std::optional<RecognisedWeights> recogniseWeights(const WeightsInfo &weights);
/// Layers to one value beside a known base network's tensors, each a matrix [1, embedding] with or without a bias: CR-FIQA's "qs". By name, without the
/// network's prefix.
std::vector<std::string> qualityHeads(const WeightsInfo &weights);
/// How many classes the tensors of a network on clips have scores for; 0 for another architecture than theirs, and for one whose output is no classes'.
std::int64_t classesIn(const WeightsInfo &weights, const std::string &architecture);
/// For a file of which nothing is known, in sentences: the first tensors found, and the nearest known network with what it differs by.
std::string whyNotRecognised(const WeightsInfo &weights);

/// For scoring pictures by a base network that was trained with a quality head (CR-FIQA's "qs"): makes that layer the output, of one value.
/// @return false where there is none, or the description names an output already @throws FileError where there are several
bool useQualityHead(ModelSpec &spec);

} // namespace dscope
