// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"

#include <filesystem>

namespace dscope::cli {

/// What an ONNX file holds (inputs, outputs, operator set, operators with their counts), how pictures are prepared for it and who says so, and what it
/// costs. A network that cannot be used says why. @throws FileError for what is no ONNX file
Json onnxInfo(const std::filesystem::path &path, Progress &progress);

} // namespace dscope::cli
