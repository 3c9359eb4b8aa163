// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/pictureinput.h"

#include "core/base/error.h"
#include "core/onnx/constants.h"

#include <algorithm>
#include <set>

namespace dscope::onnx {

namespace {

constexpr std::int64_t s_largestSide = 4096;
constexpr std::int64_t s_mostFrames = 1024;
constexpr int s_mostSteps = 32; ///< nodes that are followed from the input

std::string shapeText(const std::vector<std::int64_t> &dims)
{
    std::string text;
    for (const std::int64_t dim : dims)
        text += (text.empty() ? "" : " x ") + (dim > 0 ? std::to_string(dim) : std::string("any"));
    return text.empty() ? "no" : text;
}

/// Which axis of [N, a, b, c] are the channels, by the first convolution behind the input; 0: nothing tells.
int channelAxisByGraph(const OnnxGraph &graph)
{
    static const std::set<std::string> passing{
        "Identity", "Cast",     "CastLike",       "Dropout",          "Sub",   "Add",    "Mul",   "Div",    "Neg", "Clip", "Pad",
        "Resize",   "Upsample", "QuantizeLinear", "DequantizeLinear", "Slice", "Gather", "Split", "Concat", "Relu"};
    const Links links(graph);
    std::vector<std::int64_t> order{0, 1, 2, 3}; // where each axis was
    std::string value = graph.inputs.front().name;
    for (int i = 0; i < s_mostSteps; ++i) {
        const auto takers = links.takers.find(value);
        if (takers == links.takers.end())
            return 0;
        const OnnxNode &node = *takers->second.front();
        if (node.type == "Conv" || node.type == "QLinearConv" || node.type == "ConvInteger" || node.type == "BatchNormalization" || node.type == "PRelu"
            || node.type == "InstanceNormalization")
            return order[1] == 3 ? 3 : order[1] == 1 ? 1 : 0;
        if (node.type == "Transpose") {
            const std::vector<std::int64_t> perm = node.ints("perm");
            std::vector<std::int64_t> turned;
            for (const std::int64_t axis : perm)
                turned.push_back(axis >= 0 && axis < 4 ? order[static_cast<std::size_t>(axis)] : 0);
            if (turned.size() != 4)
                return 0;
            order = turned;
        } else if (passing.count(node.type) == 0) {
            return 0;
        }
        value = node.outputs.front();
    }
    return 0;
}

} // namespace

PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path)
{
    if (graph.inputs.size() != 1)
        throw FileError(path, "takes " + std::to_string(graph.inputs.size()) + " inputs; a network on pictures takes one.");
    const OnnxValue &input = graph.inputs.front();
    const auto side = [](std::int64_t dim) { return dim == -1 || (dim > 0 && dim <= s_largestSide); };
    const std::vector<std::int64_t> dims = input.dims.empty() ? std::vector<std::int64_t>(4, -1) : input.dims; // no shape at all: any
    if (input.type != OnnxType::Bool && dims.size() == 4) {
        const bool first = (dims[1] == 3 || dims[1] == -1) && side(dims[2]) && side(dims[3]);
        const bool last = (dims[3] == 3 || dims[3] == -1) && side(dims[1]) && side(dims[2]);
        bool channelsFirst = first;
        if (first && last && (dims[1] == 3) == (dims[3] == 3))
            channelsFirst = channelAxisByGraph(graph) != 3;
        else if (first && last)
            channelsFirst = dims[1] == 3;
        if (first && channelsFirst)
            return {true, dims[2], dims[3], input.type, 0};
        if (last)
            return {false, dims[1], dims[2], input.type, 0};
    }
    if (input.type != OnnxType::Bool && dims.size() == 5 && (dims[1] == 3 || dims[1] == -1) && (dims[2] == -1 || (dims[2] > 0 && dims[2] <= s_mostFrames))
        && side(dims[3]) && side(dims[4]))
        return {true, dims[3], dims[4], input.type, dims[2]};
    throw FileError(path,
                    "takes an input '" + input.name + "' of " + shapeText(dims) + " (" + nameOf(input.type)
                        + "); a network on pictures takes N x 3 x height x width, or N x height x width x 3, one on clips N x 3 x frames x "
                          "height x width.");
}

} // namespace dscope::onnx
