// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

namespace dscope::onnx {

/// libtorch's type for a file's.
at::ScalarType typeOf(OnnxType type);

/// A file's tensor for ATen, on the CPU. Everything that is not whole becomes float32, which is what is calculated in.
at::Tensor tensorOf(const OnnxTensor &tensor);
/// A tensor for a file: float32 or int64. @throws Error for another type
OnnxTensor fileTensor(const std::string &name, const at::Tensor &tensor);

} // namespace dscope::onnx
