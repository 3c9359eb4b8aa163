// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/winograd.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
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

/// How a convolution goes over its clip: in time, height and width.
struct SolidWindow {
    std::array<std::int64_t, 3> stride{1, 1, 1};
    std::array<std::int64_t, 3> padding{0, 0, 0};
};

/// A convolution's weights [out, in, t, h, w] in the order in which oneDNN computes with them on inputs of such sizes. libtorch brings them into it anew at
/// every call, and on one thread does without oneDNN, by a matrix product of the unfolded clip. @param sizes [N, in, T, H, W]; others are right, too, but
/// slower
/// @pre haveFusedConv()
at::Tensor packedConv3d(const at::Tensor &weight, const SolidWindow &window, at::IntArrayRef sizes);

/// A convolution of clips [N, C, T, H, W] of float32 on the CPU with such weights, for inference only. The result lies channels last, which is the faster order
/// for every shape of layer measured (dscope-bench-core --clips).
/// @param added like the result, or undefined: it is added in the same pass @param relu whether a ReLU ends it @pre haveFusedConv()
at::Tensor fusedConv3d(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, const SolidWindow &window, bool relu,
                       const at::Tensor &added = {});

/// A prepared 3x3 convolution of stride 1 on [N, C, H, W] of float32 on the CPU, what follows in the same pass. For inference only.
/// @param slopes [out] of a PReLU, undefined for none @param added like the result: a block's shortcut; undefined for nothing
at::Tensor winogradConv(const Winograd &conv, const at::Tensor &x, const at::Tensor &slopes = {}, const at::Tensor &added = {});

} // namespace dscope
