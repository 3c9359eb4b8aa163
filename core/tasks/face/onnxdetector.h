// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/face/face.h"

#include <memory>

namespace dscope {

/// CenterFace (Xu et al., 2019) as an ONNX file through OpenCV DNN, always on the CPU. Input RGB 0..255, any multiple of 32; outputs at
/// a quarter of the resolution: heat map of centres, log sizes, offsets, and five landmarks relative to the box.
/// @throws FileError if the file is no such network or its SHA-256 differs from the manifest's
std::unique_ptr<FaceDetector> loadOnnxDetector(const ModelSpec &spec, const DetectorOptions &options);

} // namespace dscope
