// The only file besides writer.cpp that sees protobuf: libtorch's headers and protobuf's define the same macros.
#include "core/onnx/graph.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t s_largestFile = std::uint64_t{512} << 20;
constexpr std::int64_t s_mostParts = 1'000'000;
constexpr std::int64_t s_mostDims = 8;
constexpr int s_firstOpset = 7;
constexpr int s_lastOpset = 17;
constexpr int s_deepest = 32;

/// The messages of an ONNX file that hold lists; everything else counts as one part.
enum class Message { Leaf, Model, Graph, Node, Attribute, Tensor, Value, Type, TensorType, Shape };

Message inside(Message outer, std::uint64_t field)
{
    switch (outer) {
    case Message::Model: return field == 7 ? Message::Graph : Message::Leaf;
    case Message::Graph: return field == 1 ? Message::Node : field == 5 ? Message::Tensor : field >= 11 && field <= 13 ? Message::Value : Message::Leaf;
    case Message::Node: return field == 5 ? Message::Attribute : Message::Leaf;
    case Message::Attribute: return field == 5 || field == 10 ? Message::Tensor : field == 6 || field == 11 ? Message::Graph : Message::Leaf;
    case Message::Value: return field == 2 ? Message::Type : Message::Leaf;
    case Message::Type: return field == 1 ? Message::TensorType : Message::Leaf;
    case Message::TensorType: return field == 2 ? Message::Shape : Message::Leaf;
    default: return Message::Leaf;
    }
}

/// Counts the parts of a file before protobuf builds them: an empty node takes two bytes in the file and two hundred in memory.
class PartCounter {
public:
    /// @return false where the bytes are no protobuf message or have too many parts
    bool walk(std::string_view bytes, Message message, int depth)
    {
        if (depth > s_deepest)
            return false;
        std::size_t at = 0;
        while (at < bytes.size()) {
            std::uint64_t key = 0;
            if (!varint(bytes, at, key))
                return false;
            std::uint64_t length = 0;
            switch (key & 7U) {
            case 0:
                if (!varint(bytes, at, length))
                    return false;
                continue;
            case 1: length = 8; break;
            case 5: length = 4; break;
            case 2:
                if (!varint(bytes, at, length) || ++m_parts > s_mostParts)
                    return false;
                break;
            default: return false;
            }
            if (length > bytes.size() - at)
                return false;
            const Message next = (key & 7U) == 2 ? inside(message, key >> 3U) : Message::Leaf;
            if (next != Message::Leaf && !walk(bytes.substr(at, length), next, depth + 1))
                return false;
            at += length;
        }
        return true;
    }
    bool tooMany() const { return m_parts > s_mostParts; }

private:
    static bool varint(std::string_view bytes, std::size_t &at, std::uint64_t &value)
    {
        value = 0;
        for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(bytes[at++]);
            value |= static_cast<std::uint64_t>(byte & 127U) << shift;
            if (byte < 128)
                return true;
        }
        return false;
    }

    std::int64_t m_parts = 0;
};

class Reader {
public:
    explicit Reader(const fs::path &path) : m_path(path) {}

    OnnxGraph read(::onnx::ModelProto &model)
    {
        if (!model.has_graph() || model.opset_import_size() == 0)
            throw FileError(m_path, "is no ONNX network: it holds no graph.");
        OnnxGraph graph;
        for (const auto &set : model.opset_import())
            if (set.domain().empty() || set.domain() == "ai.onnx")
                graph.opset = set.version() > 1000 || set.version() < 0 ? 1000 : static_cast<int>(set.version());
        if (graph.opset < s_firstOpset || graph.opset > s_lastOpset)
            throw FileError(m_path,
                            "is of ONNX operator set " + std::to_string(graph.opset) + "; " + std::to_string(s_firstOpset) + " to "
                                + std::to_string(s_lastOpset) + " are understood. Export it again with one of these.");
        graph.producer = model.producer_name();
        for (const auto &entry : model.metadata_props())
            graph.metadata[entry.key()] = entry.value();
        ::onnx::GraphProto &proto = *model.mutable_graph();
        graph.name = proto.name();
        if (proto.sparse_initializer_size() > 0)
            throw FileError(m_path, "holds sparse tensors, which are not understood.");
        for (::onnx::TensorProto &tensor : *proto.mutable_initializer()) {
            OnnxTensor read = this->tensor(tensor, "the tensor '" + tensor.name() + "'");
            if (read.name.empty() || graph.tensors.count(read.name) > 0)
                throw FileError(m_path, "holds two tensors of the name '" + read.name + "', or one without a name.");
            std::string name = read.name;
            graph.tensors.emplace(std::move(name), std::move(read));
        }
        for (const auto &value : proto.input())
            if (graph.tensors.count(value.name()) == 0)
                graph.inputs.push_back(this->value(value, "input"));
        for (const auto &value : proto.output())
            graph.outputs.push_back(this->value(value, "output"));
        for (::onnx::NodeProto &node : *proto.mutable_node())
            graph.nodes.push_back(this->node(node));
        checkOrder(graph);
        return graph;
    }

private:
    OnnxType type(int type, const std::string &what) const
    {
        switch (type) {
        case ::onnx::TensorProto::FLOAT: return OnnxType::Float;
        case ::onnx::TensorProto::DOUBLE: return OnnxType::Double;
        case ::onnx::TensorProto::FLOAT16: return OnnxType::Half;
        case ::onnx::TensorProto::INT64: return OnnxType::Int64;
        case ::onnx::TensorProto::INT32: return OnnxType::Int32;
        case ::onnx::TensorProto::UINT8: return OnnxType::Uint8;
        case ::onnx::TensorProto::BOOL: return OnnxType::Bool;
        default:
            throw FileError(m_path,
                            what + " is of the type "
                                + (::onnx::TensorProto::DataType_IsValid(type) ? ::onnx::TensorProto::DataType_Name(type) : std::to_string(type))
                                + ", which is not understood.");
        }
    }

    template<typename To, typename List>
    static void append(std::string &bytes, const List &values)
    {
        bytes.reserve(static_cast<std::size_t>(values.size()) * sizeof(To));
        for (const auto value : values) {
            const To element = static_cast<To>(value);
            bytes.append(reinterpret_cast<const char *>(&element), sizeof(To));
        }
    }

    OnnxTensor tensor(::onnx::TensorProto &proto, const std::string &what) const
    {
        if (proto.data_location() == ::onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0)
            throw FileError(m_path, what + " lies in an external file, which is not read. Save the network as a single file.");
        if (proto.has_segment())
            throw FileError(m_path, what + " is split into segments, which is not understood.");
        OnnxTensor tensor;
        tensor.name = proto.name();
        tensor.type = type(proto.data_type(), what);
        if (proto.dims_size() > s_mostDims)
            throw FileError(m_path, what + " has " + std::to_string(proto.dims_size()) + " dimensions; at most 8 are understood.");
        std::int64_t elements = 1;
        for (const std::int64_t dim : proto.dims()) {
            if (dim < 0)
                throw FileError(m_path, what + " has the negative dimension " + std::to_string(dim) + ".");
            if (dim > 0 && elements > static_cast<std::int64_t>(s_largestFile) / dim)
                throw FileError(m_path, what + " claims more elements than a file may hold.");
            elements *= dim;
            tensor.dims.push_back(dim);
        }
        if (proto.has_raw_data()) {
            tensor.bytes = std::move(*proto.mutable_raw_data());
        } else {
            switch (tensor.type) {
            case OnnxType::Float: append<float>(tensor.bytes, proto.float_data()); break;
            case OnnxType::Double: append<double>(tensor.bytes, proto.double_data()); break;
            case OnnxType::Int64: append<std::int64_t>(tensor.bytes, proto.int64_data()); break;
            case OnnxType::Int32: append<std::int32_t>(tensor.bytes, proto.int32_data()); break;
            case OnnxType::Half: append<std::uint16_t>(tensor.bytes, proto.int32_data()); break;
            case OnnxType::Uint8:
            case OnnxType::Bool: append<std::uint8_t>(tensor.bytes, proto.int32_data()); break;
            }
        }
        const std::uint64_t wanted = static_cast<std::uint64_t>(elements) * bytesOf(tensor.type);
        if (tensor.bytes.size() != wanted)
            throw FileError(m_path, what + " holds " + std::to_string(tensor.bytes.size()) + " bytes, its dimensions ask for " + std::to_string(wanted) + ".");
        if (tensor.type == OnnxType::Bool)
            for (char &byte : tensor.bytes)
                byte = byte != 0 ? 1 : 0;
        return tensor;
    }

    OnnxValue value(const ::onnx::ValueInfoProto &proto, const std::string &what) const
    {
        OnnxValue value;
        value.name = proto.name();
        if (!proto.type().has_tensor_type())
            throw FileError(m_path, "the " + what + " '" + value.name + "' is no tensor.");
        const auto &tensor = proto.type().tensor_type();
        value.type = type(tensor.elem_type(), "the " + what + " '" + value.name + "'");
        if (tensor.shape().dim_size() > s_mostDims)
            throw FileError(m_path, "the " + what + " '" + value.name + "' has more than 8 dimensions.");
        for (const auto &dim : tensor.shape().dim())
            value.dims.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : -1);
        return value;
    }

    OnnxNode node(::onnx::NodeProto &proto) const
    {
        OnnxNode node;
        node.name = proto.name();
        node.type = proto.domain().empty() || proto.domain() == "ai.onnx" ? proto.op_type() : proto.domain() + "::" + proto.op_type();
        node.inputs.assign(proto.input().begin(), proto.input().end());
        node.outputs.assign(proto.output().begin(), proto.output().end());
        for (::onnx::AttributeProto &attribute : *proto.mutable_attribute()) {
            OnnxAttribute read;
            using Kind = OnnxAttribute::Kind;
            switch (attribute.type()) {
            case ::onnx::AttributeProto::INT: read.kind = Kind::Int; break;
            case ::onnx::AttributeProto::FLOAT: read.kind = Kind::Float; break;
            case ::onnx::AttributeProto::STRING: read.kind = Kind::String; break;
            case ::onnx::AttributeProto::INTS: read.kind = Kind::Ints; break;
            case ::onnx::AttributeProto::FLOATS: read.kind = Kind::Floats; break;
            case ::onnx::AttributeProto::TENSOR:
                read.kind = Kind::Tensor;
                read.tensor = tensor(*attribute.mutable_t(), node.title() + ": the tensor '" + attribute.name() + "'");
                break;
            default: break; // nothing that is understood has graphs, lists of texts or the like
            }
            read.i = attribute.i();
            read.f = attribute.f();
            read.s = attribute.s();
            read.ints.assign(attribute.ints().begin(), attribute.ints().end());
            read.floats.assign(attribute.floats().begin(), attribute.floats().end());
            node.attributes[attribute.name()] = std::move(read);
        }
        return node;
    }

    void checkOrder(const OnnxGraph &graph) const
    {
        std::set<std::string> given;
        std::set<std::string> later;
        for (const auto &[name, tensor] : graph.tensors)
            given.insert(name);
        for (const OnnxValue &input : graph.inputs)
            if (!given.insert(input.name).second)
                throw FileError(m_path, "gives '" + input.name + "' twice.");
        for (const OnnxNode &node : graph.nodes)
            later.insert(node.outputs.begin(), node.outputs.end());
        for (const OnnxNode &node : graph.nodes) {
            for (const std::string &input : node.inputs)
                if (!input.empty() && given.count(input) == 0)
                    throw FileError(m_path,
                                    node.title() + " takes '" + input + "', which " + (later.count(input) > 0 ? "only a later node gives." : "nothing gives."));
            if (node.outputs.empty())
                throw FileError(m_path, node.title() + " gives nothing.");
            for (const std::string &output : node.outputs)
                if (!output.empty() && !given.insert(output).second)
                    throw FileError(m_path, node.title() + " gives '" + output + "', which is there already.");
        }
        if (graph.outputs.empty())
            throw FileError(m_path, "has no output.");
        for (const OnnxValue &output : graph.outputs)
            if (given.count(output.name) == 0)
                throw FileError(m_path, "has the output '" + output.name + "', which nothing gives.");
    }

    fs::path m_path;
};

} // namespace

OnnxGraph parseOnnx(std::string_view bytes, const fs::path &path)
{
    PartCounter counter;
    const bool sound = bytes.size() <= s_largestFile && counter.walk(bytes, Message::Model, 0);
    if (counter.tooMany())
        throw FileError(path, "has more than " + std::to_string(s_mostParts) + " parts, too many for a network.");
    ::onnx::ModelProto model;
    bool parsed = false;
    if (sound && !bytes.empty()) {
        google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t *>(bytes.data()), static_cast<int>(bytes.size()));
        stream.SetRecursionLimit(s_deepest);
        parsed = model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
    }
    if (!parsed)
        throw FileError(path, "is no ONNX file, or damaged.");
    return Reader(path).read(model);
}

OnnxGraph readOnnx(const fs::path &path)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, s_largestFile);
    return parseOnnx({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, path);
}

} // namespace dscope
