// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace dscope::onnx {

/// Numbers of TensorProto.DataType.
enum DataType : std::uint64_t {
    Float = 1,
    Uint8,
    Int8,
    Uint16,
    Int16,
    Int32,
    Int64,
    Text,
    Bool,
    Half,
    Double,
    Uint32,
    Uint64,
    Complex64,
    Complex128,
    BFloat16,
    Float8First,
    Uint4 = 21,
    Int4
};

/// Such as "FLOAT8E5M2", or the number of one that nobody knows.
std::string nameOfType(std::uint64_t type);

/// How the elements of a type stand in the file.
struct Layout {
    OnnxType type = OnnxType::Float; ///< as which they are read
    std::size_t raw = 4;             ///< bytes of one in raw_data; 0: two in a byte
    int list = 4;                    ///< the field of typed data
};

/// Nothing for a type that is not understood.
std::optional<Layout> layoutOf(std::uint64_t type);
/// Adds one element, given as the bits in which the file has it. @param type one that layoutOf() knows
void appendElement(std::string &bytes, std::uint64_t type, std::uint64_t bits);

} // namespace dscope::onnx
