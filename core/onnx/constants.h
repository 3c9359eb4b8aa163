// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dscope::onnx {

/// Who takes and who gives each value.
struct Links {
    std::map<std::string, std::vector<const OnnxNode *>> takers;
    std::map<std::string, const OnnxNode *> giver;

    explicit Links(const OnnxGraph &graph);

    /// The only node that calculates with it, or null.
    const OnnxNode *onlyTaker(const std::string &value) const;
};

/// Small tensors that depend on nothing but constants.
class Constants {
public:
    Constants(const OnnxGraph &graph, const Links &links) : m_graph(graph), m_links(links) {}

    /// Undefined where it depends on the picture, or is large.
    at::Tensor value(const std::string &name, int depth = 0);
    /// The numbers of the only input of a node that is not `from`, or undefined. @param place set to where `from` stands
    at::Tensor beside(const OnnxNode &node, const std::string &from, std::size_t &place);

private:
    at::Tensor calculated(const OnnxNode &node, const std::string &name, int depth);

    const OnnxGraph &m_graph;
    const Links &m_links;
    std::map<std::string, at::Tensor> m_known;
    std::size_t m_bytes = 0; ///< that were calculated
};

} // namespace dscope::onnx
