// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>

namespace dscope::onnx {

/// Runs `forward` on `input` in this thread and writes down the operators it calls as nodes of operator set 10. What it reads besides the input
/// becomes a weight under its name in `named`, else a constant. Both dimensions 0 (of input and output) are free in the graph.
/// @throws Error that names an operator for which there is no node
OnnxGraph recordGraph(const at::Tensor &input, const std::map<std::string, at::Tensor> &named, const std::function<at::Tensor(const at::Tensor &)> &forward,
                      const std::string &outputName);

} // namespace dscope::onnx
