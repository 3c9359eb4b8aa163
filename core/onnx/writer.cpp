// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/graph.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <onnx/onnx_pb.h>

namespace dscope {

namespace {

::onnx::TensorProto::DataType typeOf(OnnxType type)
{
    switch (type) {
    case OnnxType::Float: return ::onnx::TensorProto::FLOAT;
    case OnnxType::Double: return ::onnx::TensorProto::DOUBLE;
    case OnnxType::Half: return ::onnx::TensorProto::FLOAT16;
    case OnnxType::Int64: return ::onnx::TensorProto::INT64;
    case OnnxType::Int32: return ::onnx::TensorProto::INT32;
    case OnnxType::Int16: return ::onnx::TensorProto::INT16;
    case OnnxType::Int8: return ::onnx::TensorProto::INT8;
    case OnnxType::Uint16: return ::onnx::TensorProto::UINT16;
    case OnnxType::Uint8: return ::onnx::TensorProto::UINT8;
    case OnnxType::Bool: return ::onnx::TensorProto::BOOL;
    }
    return ::onnx::TensorProto::FLOAT;
}

void fill(::onnx::TensorProto &proto, const OnnxTensor &tensor)
{
    proto.set_name(tensor.name);
    proto.set_data_type(typeOf(tensor.type));
    for (const std::int64_t dim : tensor.dims)
        proto.add_dims(dim);
    proto.set_raw_data(tensor.bytes);
}

void fill(::onnx::ValueInfoProto &proto, const OnnxValue &value)
{
    proto.set_name(value.name);
    auto *tensor = proto.mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(typeOf(value.type));
    for (std::size_t i = 0; i < value.dims.size(); ++i) {
        auto *dim = tensor->mutable_shape()->add_dim();
        if (value.dims[i] > 0)
            dim->set_dim_value(value.dims[i]);
        else
            dim->set_dim_param(i == 0 ? "batch" : "free" + std::to_string(i));
    }
}

void fill(::onnx::AttributeProto &proto, const std::string &name, const OnnxAttribute &attribute)
{
    proto.set_name(name);
    switch (attribute.kind) {
    case OnnxAttribute::Kind::Int:
        proto.set_type(::onnx::AttributeProto::INT);
        proto.set_i(attribute.i);
        break;
    case OnnxAttribute::Kind::Float:
        proto.set_type(::onnx::AttributeProto::FLOAT);
        proto.set_f(attribute.f);
        break;
    case OnnxAttribute::Kind::String:
        proto.set_type(::onnx::AttributeProto::STRING);
        proto.set_s(attribute.s);
        break;
    case OnnxAttribute::Kind::Ints:
        proto.set_type(::onnx::AttributeProto::INTS);
        for (const std::int64_t value : attribute.ints)
            proto.add_ints(value);
        break;
    case OnnxAttribute::Kind::Floats:
        proto.set_type(::onnx::AttributeProto::FLOATS);
        for (const float value : attribute.floats)
            proto.add_floats(value);
        break;
    case OnnxAttribute::Kind::Tensor:
        proto.set_type(::onnx::AttributeProto::TENSOR);
        fill(*proto.mutable_t(), attribute.tensor);
        break;
    case OnnxAttribute::Kind::Graph:
    case OnnxAttribute::Kind::Unused: throw Error("The attribute '" + name + "' cannot be written.");
    }
}

} // namespace

std::string onnxBytes(const OnnxGraph &graph)
{
    ::onnx::ModelProto model;
    model.set_ir_version(6); // the version that came with operator set 11: older readers take it
    model.set_producer_name(graph.producer);
    model.add_opset_import()->set_version(graph.opset);
    for (const auto &[key, value] : graph.metadata) {
        auto *entry = model.add_metadata_props();
        entry->set_key(key);
        entry->set_value(value);
    }
    ::onnx::GraphProto &proto = *model.mutable_graph();
    proto.set_name(graph.name);
    for (const auto &[name, tensor] : graph.tensors)
        fill(*proto.add_initializer(), tensor);
    for (const OnnxValue &value : graph.inputs)
        fill(*proto.add_input(), value);
    for (const OnnxValue &value : graph.outputs)
        fill(*proto.add_output(), value);
    for (const OnnxNode &node : graph.nodes) {
        ::onnx::NodeProto &made = *proto.add_node();
        made.set_name(node.name);
        const std::size_t domain = node.type.find("::");
        if (domain != std::string::npos)
            made.set_domain(node.type.substr(0, domain));
        made.set_op_type(domain != std::string::npos ? node.type.substr(domain + 2) : node.type);
        for (const std::string &input : node.inputs)
            made.add_input(input);
        for (const std::string &output : node.outputs)
            made.add_output(output);
        for (const auto &[name, attribute] : node.attributes)
            fill(*made.add_attribute(), name, attribute);
    }
    std::string bytes;
    if (model.ByteSizeLong() > (std::size_t{1} << 31U) - 1 || !model.SerializeToString(&bytes))
        throw Error("The network is too large for an ONNX file of its own.");
    return bytes;
}

void writeOnnx(const OnnxGraph &graph, const std::filesystem::path &path)
{
    writeAtomically(path, onnxBytes(graph));
}

} // namespace dscope
