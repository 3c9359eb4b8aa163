// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/constants.h"

#include "core/onnx/operators.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>

#include <exception>

namespace dscope::onnx {

namespace {

constexpr int s_deepest = 32;
constexpr std::size_t s_mostOfFile = std::size_t{1} << 22;   ///< bytes of a weight that is looked at, such as a mean picture
constexpr std::size_t s_mostBytes = std::size_t{1} << 18;    ///< of one that is calculated
constexpr std::size_t s_mostTogether = std::size_t{1} << 22; ///< of all that are: a node takes a few bytes in the file

} // namespace

Links::Links(const OnnxGraph &graph)
{
    for (const OnnxNode &node : graph.nodes) {
        if (node.type == "Shape" || node.type == "Size")
            for (const std::string &output : node.outputs)
                giver[output] = &node;
        else
            for (const std::string &input : node.inputs)
                takers[input].push_back(&node);
        for (const std::string &output : node.outputs)
            giver[output] = &node;
    }
}

const OnnxNode *Links::onlyTaker(const std::string &value) const
{
    const auto found = takers.find(value);
    return found != takers.end() && found->second.size() == 1 ? found->second.front() : nullptr;
}

at::Tensor Constants::value(const std::string &name, int depth)
{
    const auto known = m_known.find(name);
    if (known != m_known.end())
        return known->second;
    m_known[name] = at::Tensor();
    const auto tensor = m_graph.tensors.find(name);
    if (tensor != m_graph.tensors.end()) {
        if (tensor->second.bytes.size() <= s_mostOfFile)
            m_known[name] = tensorOf(tensor->second);
    } else if (const auto node = m_links.giver.find(name); node != m_links.giver.end() && depth < s_deepest && m_bytes < s_mostTogether) {
        m_known[name] = calculated(*node->second, name, depth);
    }
    return m_known[name];
}

at::Tensor Constants::beside(const OnnxNode &node, const std::string &from, std::size_t &place)
{
    if (node.inputs.size() != 2)
        return {};
    place = node.inputs[0] == from ? 0 : 1;
    return value(node.inputs[1 - place]);
}

at::Tensor Constants::calculated(const OnnxNode &node, const std::string &name, int depth)
{
    const Operator *what = findOperator(node.type);
    if (what == nullptr || static_cast<int>(node.inputs.size()) < what->fewestInputs || static_cast<int>(node.inputs.size()) > what->mostInputs)
        return {};
    Tensors in;
    for (const std::string &input : node.inputs) {
        in.push_back(input.empty() ? at::Tensor() : value(input, depth + 1));
        if (!input.empty() && !in.back().defined())
            return {};
    }
    try {
        const Bounds bounds(s_mostBytes, s_mostBytes * 16, 1e8, nullptr);
        const Tensors out = what->make(node, m_graph.opset)(in, Run{});
        for (std::size_t i = 0; i < out.size() && i < node.outputs.size(); ++i)
            if (node.outputs[i] == name && out[i].defined() && (m_bytes += out[i].nbytes()) <= s_mostTogether)
                return out[i];
    } catch (const std::exception &) {
        // Running the network will say what is wrong with it.
    }
    return {};
}

} // namespace dscope::onnx
