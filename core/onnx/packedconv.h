// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/operators.h"

#include <optional>

namespace dscope::onnx {

/// A convolution of pictures on the CPU with what directly follows it: oneDNN does both in one pass over the output, with weights that are
/// put into the order it wants once instead of at every call.
struct PackedConv {
    at::Tensor weight; ///< float32 [out, in / groups, h, w]
    at::Tensor bias;   ///< may be undefined
    Window window;
    std::int64_t groups = 1;
    bool adds = false;               ///< the second input is added before the activation
    std::string activation = "none"; ///< as oneDNN's fusion in ATen names it: "relu", "leaky_relu", "hardtanh", "sigmoid", "hardswish"
    std::vector<double> parameters;  ///< of the activation
    at::Tensor slopes;               ///< PReLU instead of an activation: one slope a channel
};

/// True where ATen has what a PackedConv needs.
bool canPack();
/// The work on [x] or, with `adds`, [x, other].
Kernel makePacked(PackedConv conv);

} // namespace dscope::onnx
