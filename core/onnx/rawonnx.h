// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/rawnetwork.h"

namespace dscope::onnx {

/// An ONNX file of which all outputs are wanted. @throws FileError for what is no network of one picture in floating-point numbers
std::unique_ptr<RawNetwork> loadRaw(const std::filesystem::path &path, const Device &device);

} // namespace dscope::onnx
