// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the wire format itself: protobuf's classes would build everything that a file holds, fields that nobody knows among it, at up to a hundred
// times its size.
#include "core/onnx/graph.h"

#include "core/base/error.h"
#include "core/onnx/datatype.h"
#include "core/onnx/tensorparser.h"
#include "core/onnx/wire.h"

#include <cstring>
#include <optional>
#include <set>

namespace dscope {

namespace fs = std::filesystem;
using namespace onnx;

namespace {

constexpr std::int64_t s_mostParts = 120'000;
constexpr std::size_t s_mostDims = 8;
constexpr int s_firstOpset = 7;
constexpr int s_lastOpset = 23;
constexpr int s_deepest = 8; ///< branches inside branches

class Reader {
public:
    Reader(const fs::path &path, const OnnxExternal &external) : m_path(path), m_tensors(path, external) {}

    OnnxGraph read(std::string_view bytes)
    {
        OnnxGraph graph;
        std::string_view inside;
        bool hasGraph = false;
        bool hasOpset = false;
        WireReader in(bytes);
        while (in.next())
            switch (in.field()) {
            case 2: graph.producer = in.bytes(); break;
            case 7:
                inside = in.bytes();
                hasGraph = in.isBytes();
                break;
            case 8: hasOpset = operatorSet(in.bytes(), graph.opset) || hasOpset; break;
            case 14: {
                count();
                const auto [key, value] = m_tensors.entry(in.bytes());
                graph.metadata[key] = value;
                break;
            }
            default: break;
            }
        if (bytes.empty() || !in.sound())
            damaged();
        if (!hasGraph || !hasOpset)
            throw FileError(m_path, "is no ONNX network: it holds no graph.");
        if (graph.opset < s_firstOpset || graph.opset > s_lastOpset)
            throw FileError(m_path,
                            "is of ONNX operator set " + std::to_string(graph.opset) + "; " + std::to_string(s_firstOpset) + " to "
                                + std::to_string(s_lastOpset) + " are understood. Export it again with one of these.");
        this->graph(inside, graph, 0);
        checkOrder(graph);
        graph.bytes = bytes.size() + m_tensors.externalBytes();
        graph.externalFiles.assign(m_tensors.externalFiles().begin(), m_tensors.externalFiles().end());
        return graph;
    }

private:
    [[noreturn]] void damaged() const { throw FileError(m_path, "is no ONNX file, or damaged."); }

    /// Every part takes a few bytes in the file and a few hundred in memory.
    void count()
    {
        if (++m_parts > s_mostParts)
            throw FileError(m_path, "has more than " + std::to_string(s_mostParts) + " parts, too many for a network.");
    }

    /// @return whether it is ONNX's own
    bool operatorSet(std::string_view bytes, int &version) const
    {
        std::string_view domain;
        std::int64_t number = 0;
        WireReader in(bytes);
        while (in.next()) {
            if (in.field() == 1)
                domain = in.bytes();
            else if (in.field() == 2)
                number = in.integer();
        }
        if (!in.sound())
            damaged();
        if (domain.empty() || domain == "ai.onnx")
            version = number > 1000 || number < 0 ? 1000 : static_cast<int>(number);
        return true;
    }

    /// Weights before inputs, whatever their order in the file: an input that is a weight as well is none.
    void graph(std::string_view bytes, OnnxGraph &graph, int depth)
    {
        if (depth > s_deepest)
            throw FileError(m_path, "has more than " + std::to_string(s_deepest) + " branches inside one another.");
        WireReader in(bytes);
        while (in.next()) {
            if (in.field() == 2)
                graph.name = in.bytes();
            if (in.field() == 15)
                throw FileError(m_path, "holds sparse tensors, which are not understood.");
            if (in.field() != 5)
                continue;
            count();
            OnnxTensor read = m_tensors.read(in.bytes(), {});
            if (read.name.empty() || graph.tensors.count(read.name) > 0)
                throw FileError(m_path, "holds two tensors of the name '" + read.name + "', or one without a name.");
            std::string name = read.name;
            graph.tensors.emplace(std::move(name), std::move(read));
        }
        if (!in.sound())
            damaged();
        WireReader again(bytes);
        while (again.next()) {
            if (again.field() == 1) {
                graph.nodes.push_back(node(again.bytes(), depth));
            } else if (again.field() == 11) {
                OnnxValue read = value(again.bytes(), depth == 0 ? "input" : "");
                if (graph.tensors.count(read.name) == 0)
                    graph.inputs.push_back(std::move(read));
            } else if (again.field() == 12) {
                graph.outputs.push_back(value(again.bytes(), depth == 0 ? "output" : ""));
            }
        }
    }

    /// @param what "input" or "output"; empty: of a branch, of which the name alone counts
    OnnxValue value(std::string_view bytes, const std::string &what)
    {
        count();
        OnnxValue value;
        std::string_view type;
        WireReader in(bytes);
        while (in.next()) {
            if (in.field() == 1)
                value.name = in.bytes();
            else if (in.field() == 2)
                type = in.bytes();
        }
        std::string_view tensorType;
        bool isTensor = false;
        WireReader kinds(type);
        while (kinds.next())
            if (kinds.field() == 1) {
                tensorType = kinds.bytes();
                isTensor = true;
            }
        if (!in.sound() || !kinds.sound())
            damaged();
        if (what.empty())
            return value;
        if (!isTensor)
            throw FileError(m_path, "the " + what + " '" + value.name + "' is no tensor.");
        std::uint64_t element = 0;
        WireReader tensor(tensorType);
        while (tensor.next()) {
            if (tensor.field() == 1)
                element = tensor.number();
            else if (tensor.field() == 2)
                value.dims = shape(tensor.bytes(), what + " '" + value.name + "'");
        }
        if (!tensor.sound())
            damaged();
        const std::optional<Layout> layout = layoutOf(element);
        if (!layout || layout->raw == 0)
            throw FileError(m_path, "the " + what + " '" + value.name + "' is of the type " + nameOfType(element) + ", which is not understood.");
        value.type = layout->type;
        return value;
    }

    std::vector<std::int64_t> shape(std::string_view bytes, const std::string &what) const
    {
        std::vector<std::int64_t> dims;
        WireReader in(bytes);
        while (in.next()) {
            if (in.field() != 1)
                continue;
            std::int64_t dim = -1;
            WireReader one(in.bytes());
            while (one.next())
                if (one.field() == 1)
                    dim = one.integer() > 0 ? one.integer() : -1;
            if (!one.sound())
                damaged();
            dims.push_back(dim);
            if (dims.size() > s_mostDims)
                throw FileError(m_path, "the " + what + " has more than 8 dimensions.");
        }
        if (!in.sound())
            damaged();
        return dims;
    }

    OnnxNode node(std::string_view bytes, int depth)
    {
        count();
        OnnxNode node;
        std::string domain;
        WireReader in(bytes);
        while (in.next())
            switch (in.field()) {
            case 1:
                count();
                node.inputs.emplace_back(in.bytes());
                break;
            case 2:
                count();
                node.outputs.emplace_back(in.bytes());
                break;
            case 3: node.name = in.bytes(); break;
            case 4: node.type = in.bytes(); break;
            case 7: domain = in.bytes(); break;
            default: break;
            }
        if (!in.sound())
            damaged();
        if (!domain.empty() && domain != "ai.onnx")
            node.type = domain + "::" + node.type;
        if (node.outputs.empty())
            throw FileError(m_path, node.title() + " gives nothing.");
        WireReader again(bytes);
        while (again.next())
            if (again.field() == 5)
                attribute(again.bytes(), node, depth);
        return node;
    }

    void attribute(std::string_view bytes, OnnxNode &node, int depth)
    {
        count();
        using Kind = OnnxAttribute::Kind;
        static const std::map<std::uint64_t, Kind> kinds{{1, Kind::Float}, {2, Kind::Int},    {3, Kind::String}, {4, Kind::Tensor},
                                                         {5, Kind::Graph}, {6, Kind::Floats}, {7, Kind::Ints}};
        OnnxAttribute read;
        std::string name;
        std::string_view inner;
        std::uint64_t type = 0;
        Kind seen = Kind::Unused; // old files do not name the kind
        WireReader in(bytes);
        while (in.next())
            switch (in.field()) {
            case 1: name = in.bytes(); break;
            case 2:
                read.f = in.real();
                seen = Kind::Float;
                break;
            case 3:
                read.i = in.integer();
                seen = Kind::Int;
                break;
            case 4:
                read.s = in.bytes();
                seen = Kind::String;
                break;
            case 5:
            case 6:
                inner = in.bytes();
                seen = in.field() == 5 ? Kind::Tensor : Kind::Graph;
                break;
            case 7:
                in.numbers(4, [&](std::uint64_t bits) {
                    const auto low = static_cast<std::uint32_t>(bits);
                    float value = 0;
                    std::memcpy(&value, &low, sizeof value);
                    read.floats.push_back(value);
                });
                seen = Kind::Floats;
                break;
            case 8:
                in.numbers(0, [&](std::uint64_t bits) { read.ints.push_back(static_cast<std::int64_t>(bits)); });
                seen = Kind::Ints;
                break;
            case 20: type = in.number(); break;
            default: break;
            }
        if (!in.sound())
            damaged();
        const auto known = kinds.find(type);
        read.kind = type == 0 ? seen : known != kinds.end() ? known->second : Kind::Unused; // nothing that is understood has lists of texts or the like
        if (read.kind == Kind::Tensor)
            read.tensor = m_tensors.read(inner, node.title() + ": the tensor '" + name + "'");
        if (read.kind == Kind::Graph) {
            read.graph = std::make_shared<OnnxGraph>();
            graph(inner, *read.graph, depth + 1);
        }
        node.attributes[name] = std::move(read);
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
    TensorReader m_tensors;
    std::int64_t m_parts = 0;
};

} // namespace

OnnxGraph parseOnnx(std::string_view bytes, const fs::path &path, const OnnxExternal &external)
{
    return Reader(path, external).read(bytes);
}

} // namespace dscope
