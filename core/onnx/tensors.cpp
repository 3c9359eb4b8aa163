#include "core/onnx/tensors.h"

#include "core/base/error.h"

#include <ATen/ATen.h>

#include <cstring>

namespace dscope::onnx {

at::Tensor tensorOf(const OnnxTensor &tensor)
{
    at::ScalarType type = at::kFloat;
    switch (tensor.type) {
    case OnnxType::Float: type = at::kFloat; break;
    case OnnxType::Double: type = at::kDouble; break;
    case OnnxType::Half: type = at::kHalf; break;
    case OnnxType::Int64: type = at::kLong; break;
    case OnnxType::Int32: type = at::kInt; break;
    case OnnxType::Uint8: type = at::kByte; break;
    case OnnxType::Bool: type = at::kBool; break;
    }
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
