// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/graph.h"

#include "core/base/error.h"

#include <cstring>

namespace dscope {

std::size_t bytesOf(OnnxType type)
{
    switch (type) {
    case OnnxType::Double:
    case OnnxType::Int64: return 8;
    case OnnxType::Float:
    case OnnxType::Int32: return 4;
    case OnnxType::Half:
    case OnnxType::Int16:
    case OnnxType::Uint16: return 2;
    case OnnxType::Int8:
    case OnnxType::Uint8:
    case OnnxType::Bool: return 1;
    }
    return 1;
}

std::string nameOf(OnnxType type)
{
    switch (type) {
    case OnnxType::Float: return "float32";
    case OnnxType::Double: return "float64";
    case OnnxType::Half: return "float16";
    case OnnxType::Int64: return "int64";
    case OnnxType::Int32: return "int32";
    case OnnxType::Int16: return "int16";
    case OnnxType::Int8: return "int8";
    case OnnxType::Uint16: return "uint16";
    case OnnxType::Uint8: return "uint8";
    case OnnxType::Bool: return "bool";
    }
    return {};
}

bool isFloating(OnnxType type)
{
    return type == OnnxType::Float || type == OnnxType::Half || type == OnnxType::Double;
}

std::int64_t OnnxTensor::elements() const
{
    std::int64_t count = 1;
    for (const std::int64_t dim : dims)
        count *= dim;
    return count;
}

OnnxTensor OnnxTensor::floats(std::string name, std::vector<std::int64_t> dims, const std::vector<float> &values)
{
    OnnxTensor tensor{std::move(name), OnnxType::Float, std::move(dims), {}};
    tensor.bytes.assign(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
    return tensor;
}

OnnxTensor OnnxTensor::ints(std::string name, std::vector<std::int64_t> dims, const std::vector<std::int64_t> &values)
{
    OnnxTensor tensor{std::move(name), OnnxType::Int64, std::move(dims), {}};
    tensor.bytes.assign(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(std::int64_t));
    return tensor;
}

std::string OnnxNode::title() const
{
    return "node '" + (!name.empty() ? name : outputs.empty() ? std::string() : outputs.front()) + "' (" + type + ")";
}

const OnnxAttribute *OnnxNode::find(const std::string &attribute, OnnxAttribute::Kind kind) const
{
    const auto found = attributes.find(attribute);
    if (found == attributes.end())
        return nullptr;
    if (found->second.kind != kind)
        throw Error(title() + ": the attribute '" + attribute + "' is of the wrong kind.");
    return &found->second;
}

std::int64_t OnnxNode::i(const std::string &attribute, std::int64_t otherwise) const
{
    const OnnxAttribute *found = find(attribute, OnnxAttribute::Kind::Int);
    return found != nullptr ? found->i : otherwise;
}

float OnnxNode::f(const std::string &attribute, float otherwise) const
{
    const OnnxAttribute *found = find(attribute, OnnxAttribute::Kind::Float);
    return found != nullptr ? found->f : otherwise;
}

std::string OnnxNode::s(const std::string &attribute, const std::string &otherwise) const
{
    const OnnxAttribute *found = find(attribute, OnnxAttribute::Kind::String);
    return found != nullptr ? found->s : otherwise;
}

std::vector<std::int64_t> OnnxNode::ints(const std::string &attribute, const std::vector<std::int64_t> &otherwise) const
{
    const OnnxAttribute *found = find(attribute, OnnxAttribute::Kind::Ints);
    return found != nullptr ? found->ints : otherwise;
}

OnnxNode &OnnxNode::set(const std::string &attribute, std::int64_t value)
{
    OnnxAttribute made;
    made.kind = OnnxAttribute::Kind::Int;
    made.i = value;
    attributes[attribute] = std::move(made);
    return *this;
}

OnnxNode &OnnxNode::set(const std::string &attribute, float value)
{
    OnnxAttribute made;
    made.kind = OnnxAttribute::Kind::Float;
    made.f = value;
    attributes[attribute] = std::move(made);
    return *this;
}

OnnxNode &OnnxNode::set(const std::string &attribute, const std::string &value)
{
    OnnxAttribute made;
    made.kind = OnnxAttribute::Kind::String;
    made.s = value;
    attributes[attribute] = std::move(made);
    return *this;
}

OnnxNode &OnnxNode::set(const std::string &attribute, const std::vector<std::int64_t> &value)
{
    OnnxAttribute made;
    made.kind = OnnxAttribute::Kind::Ints;
    made.ints = value;
    attributes[attribute] = std::move(made);
    return *this;
}

OnnxNode &OnnxNode::set(const std::string &attribute, OnnxTensor value)
{
    OnnxAttribute made;
    made.kind = OnnxAttribute::Kind::Tensor;
    made.tensor = std::move(value);
    attributes[attribute] = std::move(made);
    return *this;
}

} // namespace dscope
