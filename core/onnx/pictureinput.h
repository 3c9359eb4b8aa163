// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/onnx/graph.h"

#include <filesystem>

namespace dscope::onnx {

/// How a graph takes pictures.
struct PictureInput {
    bool channelsFirst = true; ///< [N, 3, H, W], else [N, H, W, 3]
    std::int64_t height = -1;  ///< -1: free
    std::int64_t width = -1;
    OnnxType type = OnnxType::Float; ///< whole numbers take the pixels as they are
};

/// Reads it off the only input. Where the dimensions do not tell which are the channels ([?, ?, ?, ?], [?, 3, ?, 3]), the first convolution behind the
/// input does, through whatever turns the axes before it; [?, ?, ?, 3] is channels last. @throws FileError for a network that takes no pictures
PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path);

} // namespace dscope::onnx
