// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/tensors.h"

#include "core/base/error.h"

#include <ATen/ATen.h>

#include <cstring>

namespace dscope::onnx {

at::ScalarType typeOf(OnnxType type)
{
    switch (type) {
    case OnnxType::Float: return at::kFloat;
    case OnnxType::Double: return at::kDouble;
    case OnnxType::Half: return at::kHalf;
    case OnnxType::Int64: return at::kLong;
    case OnnxType::Int32: return at::kInt;
    case OnnxType::Int16: return at::kShort;
    case OnnxType::Int8: return at::kChar;
    case OnnxType::Uint16: return at::kUInt16;
    case OnnxType::Uint8: return at::kByte;
    case OnnxType::Bool: return at::kBool;
    }
    return at::kFloat;
}

at::Tensor tensorOf(const OnnxTensor &tensor)
{
    const at::ScalarType type = typeOf(tensor.type);
    at::Tensor made = at::empty(tensor.dims, at::TensorOptions().dtype(type));
    if (static_cast<std::size_t>(made.nbytes()) != tensor.bytes.size())
        throw Error("The tensor '" + tensor.name + "' has another number of bytes than its dimensions ask for.");
    if (!tensor.bytes.empty())
        std::memcpy(made.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
    return made.is_floating_point() ? made.to(at::kFloat) : made;
}

OnnxTensor fileTensor(const std::string &name, const at::Tensor &tensor)
{
    const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
    OnnxTensor made;
    made.name = name;
    made.dims = plain.sizes().vec();
    if (plain.scalar_type() == at::kFloat)
        made.type = OnnxType::Float;
    else if (plain.scalar_type() == at::kLong)
        made.type = OnnxType::Int64;
    else
        throw Error("The tensor '" + name + "' is neither float32 nor int64.");
    made.bytes.assign(static_cast<const char *>(plain.data_ptr()), static_cast<std::size_t>(plain.nbytes()));
    return made;
}

} // namespace dscope::onnx
