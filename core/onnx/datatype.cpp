// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/datatype.h"

#include <iterator>

namespace dscope::onnx {

namespace {

template<typename To>
void append(std::string &bytes, To value)
{
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
}

} // namespace

std::string nameOfType(std::uint64_t type)
{
    static const char *const names[] = {"undefined", "FLOAT",        "UINT8",          "INT8",       "UINT16",         "INT16",  "INT32",     "INT64",
                                        "STRING",    "BOOL",         "FLOAT16",        "DOUBLE",     "UINT32",         "UINT64", "COMPLEX64", "COMPLEX128",
                                        "BFLOAT16",  "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4",  "INT4",      "FLOAT4E2M1"};
    return type < std::size(names) ? names[type] : std::to_string(type);
}

std::optional<Layout> layoutOf(std::uint64_t type)
{
    switch (type) {
    case Float: return Layout{OnnxType::Float, 4, 4};
    case Double: return Layout{OnnxType::Double, 8, 10};
    case Half: return Layout{OnnxType::Half, 2, 5};
    case BFloat16: return Layout{OnnxType::Float, 2, 5};
    case Int64: return Layout{OnnxType::Int64, 8, 7};
    case Uint64: return Layout{OnnxType::Int64, 8, 11};
    case Uint32: return Layout{OnnxType::Int64, 4, 11};
    case Int32: return Layout{OnnxType::Int32, 4, 5};
    case Int16: return Layout{OnnxType::Int16, 2, 5};
    case Uint16: return Layout{OnnxType::Uint16, 2, 5};
    case Int8: return Layout{OnnxType::Int8, 1, 5};
    case Uint8: return Layout{OnnxType::Uint8, 1, 5};
    case Bool: return Layout{OnnxType::Bool, 1, 5};
    case Int4: return Layout{OnnxType::Int8, 0, 5};
    case Uint4: return Layout{OnnxType::Uint8, 0, 5};
    default: return std::nullopt;
    }
}

void appendElement(std::string &bytes, std::uint64_t type, std::uint64_t bits)
{
    switch (type) {
    case BFloat16: return append(bytes, static_cast<std::uint32_t>(bits << 16U));
    case Uint32: return append(bytes, static_cast<std::int64_t>(bits & 0xFFFFFFFFU));
    case Int4: return append(bytes, static_cast<std::int8_t>((bits & 15U) > 7 ? static_cast<int>(bits & 15U) - 16 : static_cast<int>(bits & 15U)));
    case Uint4: return append(bytes, static_cast<std::uint8_t>(bits & 15U));
    case Bool: return append(bytes, static_cast<std::uint8_t>(bits != 0 ? 1 : 0));
    default: bytes.append(reinterpret_cast<const char *>(&bits), bytesOf(layoutOf(type)->type)); // little endian, as the machines that are built for
    }
}

} // namespace dscope::onnx
