// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Types of tensors that ONNX files of networks hold. What a file has as bfloat16 is read as Float, 4-bit numbers as 8-bit ones, uint32 and uint64
/// as Int64.
enum class OnnxType { Float, Double, Half, Int64, Int32, Int16, Int8, Uint16, Uint8, Bool };
/// Bytes of one element.
std::size_t bytesOf(OnnxType type);
/// Such as "float32".
std::string nameOf(OnnxType type);
bool isFloating(OnnxType type);

struct OnnxGraph;

/// A tensor of a file: its elements lie row after row in `bytes`, in the machine's order.
struct OnnxTensor {
    std::string name;
    OnnxType type = OnnxType::Float;
    std::vector<std::int64_t> dims;
    std::string bytes;

    std::int64_t elements() const;
    static OnnxTensor floats(std::string name, std::vector<std::int64_t> dims, const std::vector<float> &values);
    static OnnxTensor ints(std::string name, std::vector<std::int64_t> dims, const std::vector<std::int64_t> &values);
};

/// One attribute of a node; which member counts follows from the kind.
struct OnnxAttribute {
    enum class Kind { Int, Float, String, Ints, Floats, Tensor, Graph, Unused };
    Kind kind = Kind::Unused;
    std::int64_t i = 0;
    float f = 0;
    std::string s;
    std::vector<std::int64_t> ints;
    std::vector<float> floats;
    OnnxTensor tensor;
    std::shared_ptr<OnnxGraph> graph; ///< a branch of an If
};

/// One node: an operator with the names of what it takes and gives. An empty input name is an optional input left out.
struct OnnxNode {
    std::string name;
    std::string type; ///< such as "Conv"; "domain::Type" outside ONNX's own domain
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::map<std::string, OnnxAttribute> attributes;

    /// "node 'name' (Type)", or by its first output where it has no name.
    std::string title() const;
    bool has(const std::string &attribute) const { return attributes.count(attribute) > 0; }
    /// The attribute's value, or `otherwise` where it is not given. @throws Error naming node and attribute if it is of another kind
    std::int64_t i(const std::string &attribute, std::int64_t otherwise) const;
    float f(const std::string &attribute, float otherwise) const;
    std::string s(const std::string &attribute, const std::string &otherwise) const;
    std::vector<std::int64_t> ints(const std::string &attribute, const std::vector<std::int64_t> &otherwise = {}) const;

    OnnxNode &set(const std::string &attribute, std::int64_t value);
    OnnxNode &set(const std::string &attribute, float value);
    OnnxNode &set(const std::string &attribute, const std::string &value);
    OnnxNode &set(const std::string &attribute, const std::vector<std::int64_t> &value);
    OnnxNode &set(const std::string &attribute, OnnxTensor value);

private:
    const OnnxAttribute *find(const std::string &attribute, OnnxAttribute::Kind kind) const;
};

/// An input or output of the whole graph.
struct OnnxValue {
    std::string name;
    OnnxType type = OnnxType::Float;
    std::vector<std::int64_t> dims; ///< -1: free
};

/// A network as an ONNX file describes it, without protobuf's types.
struct OnnxGraph {
    int opset = 0;
    std::string name;
    std::string producer;
    std::vector<OnnxNode> nodes;
    std::map<std::string, OnnxTensor> tensors; ///< weights, by name
    std::vector<OnnxValue> inputs;             ///< without those that are weights
    std::vector<OnnxValue> outputs;
    std::map<std::string, std::string> metadata;
    std::vector<std::string> externalFiles; ///< names of the files beside it that hold weights
    std::uint64_t bytes = 0;                ///< of the file and of what was read of those beside it; 0: made in memory
};

/// The bytes of a weight that lies in a file beside the network. @throws Error
using OnnxExternal = std::function<std::string(const std::string &location, std::uint64_t offset, std::uint64_t length)>;

/// Reads an ONNX file of the operator sets 7 to 23, and the files of weights beside it: regular files of the same folder, named without a path, no
/// links; every piece lies inside its file. What is in memory is bounded by the size of the files (at most 2 GiB each).
/// @param sha256 the digest of what was read: of the file, and where weights lie beside it of the file and all those pieces
/// @throws FileError for what is no ONNX file, for tensors of an unknown type or whose bytes do not fit their dimensions, and for
/// graphs whose nodes are out of order or take what nothing gives; each is named
OnnxGraph readOnnx(const std::filesystem::path &path, std::string *sha256 = nullptr);
/// The same from bytes in hand: a pure function of them, but for `external`. Functions and training information in the file are passed over.
/// @param path for messages @param external reads weights that lie elsewhere; without it they are refused
OnnxGraph parseOnnx(std::string_view bytes, const std::filesystem::path &path, const OnnxExternal &external = {});
/// Writes a graph as an ONNX file, atomically. A free first dimension is called "batch". @throws FileError
void writeOnnx(const OnnxGraph &graph, const std::filesystem::path &path);
/// The bytes that writeOnnx writes.
std::string onnxBytes(const OnnxGraph &graph);

} // namespace dscope
