// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/nets/model.h"

#include <filesystem>

namespace dscope {

/// How far two ways of running the same weights lie apart, relative to the largest value.
struct ExportCheck {
    double executor = 0; ///< Dscope's executor, several pictures at once, beside the network itself
    double opencv = 0;   ///< OpenCV DNN, one picture at a time, beside the network itself
    /// OpenCV DNN with its layers fused, as it runs when nothing is set. Larger than the others where OpenCV's own fusion goes wrong.
    double opencvFused = 0;
};
/// Files whose results lie further apart than this are not written.
constexpr double s_exportTolerance = 1e-4;

/// Writes one of the program's own networks (see faceNetArchitectures()) as an ONNX file of operator set 10, batch-norm folded into the convolutions,
/// any number of pictures at once. Its input is the prepared picture, float32 [N, 3, H, W] (colour order, mean and scale as in the description), its
/// output "embedding" or, of a DDNet, "d_score". The description goes into the file's metadata under "dscope.model" and beside it as FILE.json.
///
/// The graph is what the network was seen to run, operator by operator. Before anything is written it is run on pictures of noise by Dscope's executor
/// and by OpenCV DNN and compared with the network. Atomic.
/// @throws FileError for weights that do not fit, Error for a model that is not of the program's own architectures or whose results differ
ExportCheck exportOnnx(const ModelSpec &model, const std::filesystem::path &out, Progress &progress);

/// Writes the model's weights (such as a public PyTorch state dict) as safetensors with its description inside, which is read back and compared. Atomic.
/// @throws as exportOnnx
void exportSafetensors(const ModelSpec &model, const std::filesystem::path &out, Progress &progress);

} // namespace dscope
