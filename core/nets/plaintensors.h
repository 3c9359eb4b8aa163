// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/nets/pickle.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

// What a pickle holds in place of plain tensors: numpy's arrays, and whole numbers with scales.

namespace dscope::detail {

/// The type of the numbers of an array; nothing where they are no plain numbers, or the array was never built.
std::optional<at::ScalarType> arrayType(const Pickle &pickle, const Pickle::Tensor &array);
/// Bytes of an array of such a shape; nothing where its data have more or fewer.
std::optional<std::uint64_t> arrayBytes(const Pickle &pickle, const Pickle::Tensor &array, const std::vector<std::int64_t> &sizes, at::ScalarType type);
/// Its numbers in a tensor of their own, little-endian; in Fortran order by strides. @param sizes, type that the two above have taken
at::Tensor arrayTensor(const Pickle &pickle, const Pickle::Tensor &array, const std::vector<std::int64_t> &sizes, at::ScalarType type);

/// Of a quantised tensor: one for all, or one for each channel.
struct Scales {
    std::vector<double> scale;
    std::vector<double> zeroPoint;
    std::int64_t axis = -1; ///< of the channels
};
/// (number - zero point) x scale, in float32. @param numbers int8, uint8 or int32
at::Tensor dequantised(const at::Tensor &numbers, const Scales &scales);
/// A vector's numbers.
std::vector<double> doublesOf(const at::Tensor &vector);

} // namespace dscope::detail
