// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/onnx/graph.h"

#include <filesystem>

namespace dscope::onnx {

/// How a graph takes pictures, or clips.
struct PictureInput {
    bool channelsFirst = true; ///< [N, 3, H, W] or [N, 3, T, H, W], else [N, H, W, 3]
    std::int64_t height = -1;  ///< -1: free
    std::int64_t width = -1;
    OnnxType type = OnnxType::Float; ///< whole numbers take the pixels as they are
    std::int64_t frames = 0;         ///< of a clip [N, 3, T, H, W]; -1: free, 0: it takes pictures
};

/// Reads it off the only input. Where the dimensions do not tell which are the channels ([?, ?, ?, ?], [?, 3, ?, 3]), the first convolution behind the
/// input does, through whatever turns the axes before it; [?, ?, ?, 3] is channels last. Clips are [?, 3, ?, ?, ?] alone. @throws FileError for a network that
/// takes no pictures
PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path);

} // namespace dscope::onnx
