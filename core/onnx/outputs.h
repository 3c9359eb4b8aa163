// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"
#include "core/onnx/graph.h"

#include <filesystem>
#include <string>
#include <vector>

namespace dscope::onnx {

/// Numbers of each output for one picture as the file declares it; -1: free, or it does not say.
std::vector<std::int64_t> declaredValues(const OnnxGraph &graph);

/// An output and why it is the one.
struct ChosenOutput {
    std::string name;
    std::string notice; ///< what the user should know of the choice; empty: nothing
};

/// The output for a use. The one that is named: by the description (`named`), else by wantedOutputs(), where it fits. Else the only one of floating-point
/// numbers that fits: for an embedding more than one value a picture (of several a single one without height and width), for a score one value.
/// @param values of each output for one picture, all known
/// @throws FileError that lists the outputs with their sizes where none or several fit, or the one that is named does not
ChosenOutput chooseOutput(const OnnxGraph &graph, const std::vector<std::int64_t> &values, const std::string &named, Use use,
                          const std::filesystem::path &path);

/// @param shapes of the outputs for one picture
/// Whether outputs are a face detector's: boxes of four numbers and landmarks of ten, or scores, at hundreds of places.
bool looksLikeDetector(const std::vector<std::vector<std::int64_t>> &shapes);

/// "'embedding' (512 values), 'quality' (1 value)"
std::string listOfOutputs(const OnnxGraph &graph, const std::vector<std::int64_t> &values);

} // namespace dscope::onnx
