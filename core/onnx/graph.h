#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Types of tensors that ONNX files of networks hold.
enum class OnnxType { Float, Double, Half, Int64, Int32, Uint8, Bool };
/// Bytes of one element.
std::size_t bytesOf(OnnxType type);

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
    enum class Kind { Int, Float, String, Ints, Floats, Tensor, Unused };
    Kind kind = Kind::Unused;
    std::int64_t i = 0;
    float f = 0;
    std::string s;
    std::vector<std::int64_t> ints;
    std::vector<float> floats;
    OnnxTensor tensor;
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
};

/// Reads an ONNX file of the operator sets 7 to 17. Bounded by the file's size: at most 512 MiB, a million parts.
/// @throws FileError for what is no ONNX file, for tensors in external files, of an unknown type or whose bytes do not fit their dimensions, and for
/// graphs whose nodes are out of order or take what nothing gives; each is named
OnnxGraph readOnnx(const std::filesystem::path &path);
/// The same from bytes in hand. @param path for messages
OnnxGraph parseOnnx(std::string_view bytes, const std::filesystem::path &path);
/// Writes a graph as an ONNX file, atomically. A free first dimension is called "batch". @throws FileError
void writeOnnx(const OnnxGraph &graph, const std::filesystem::path &path);
/// The bytes that writeOnnx writes.
std::string onnxBytes(const OnnxGraph &graph);

} // namespace dscope
