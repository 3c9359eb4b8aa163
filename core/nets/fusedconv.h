// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/winograd.h"

#include <ATen/core/Tensor.h>

#include <optional>

namespace dscope {

/// While it lives, networks of this thread go through libtorch's own operators alone: whoever writes down what a network does (the ONNX export) sees each.
class PlainOperators {
public:
    PlainOperators() { ++s_depth; }
    ~PlainOperators() { --s_depth; }
    PlainOperators(const PlainOperators &) = delete;
    PlainOperators &operator=(const PlainOperators &) = delete;

    static bool wanted() { return s_depth > 0; }

private:
    static inline thread_local int s_depth = 0;
};

/// Whether libtorch's oneDNN convolution with the activation inside is there, and may be used in this thread.
bool haveFusedConv();

/// How a convolution goes over its picture.
struct ConvWindow {
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t groups = 1;
};

/// A convolution of float32 on the CPU by oneDNN, whatever libtorch itself would choose: on one thread it hands 1x1 convolutions to a matrix product
/// with copies before and after, a fifth slower. For inference only: it has no gradient.
/// @param slope of a leaky ReLU (0: a ReLU) that is done in the same pass; nothing for none @pre haveFusedConv()
at::Tensor fusedConv(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const ConvWindow &window, std::optional<double> slope = {});

/// A prepared 3x3 convolution of stride 1 on [N, C, H, W] of float32 on the CPU, what follows in the same pass. For inference only.
/// @param slopes [out] of a PReLU, undefined for none @param added like the result: a block's shortcut; undefined for nothing
at::Tensor winogradConv(const Winograd &conv, const at::Tensor &x, const at::Tensor &slopes = {}, const at::Tensor &added = {});

} // namespace dscope
