// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/ddnet.h"

#include <array>
#include <cstdint>

namespace dscope {

/// The sizes of a CompactNet.
struct CompactShape {
    std::array<std::int64_t, 3> channels; ///< of the three stages
    std::int64_t headHeight;              ///< of the last stage's output: the input's, divided by 16
    std::int64_t headWidth;

    /// Aligned faces of 112 x 112: 1.39 M parameters.
    static constexpr CompactShape faces() { return {{48, 96, 160}, 7, 7}; }
    /// Crops of people, 128 high x 64 wide.
    static constexpr CompactShape people() { return {{32, 64, 128}, 8, 4}; }
};

/// The compact embeddings that ship with Dscope, of faces and of people: 3x3 stem with stride 2, three stages of 2, 3 and 2 IR blocks that halve the picture
/// each, depthwise head as large as what is left of it, 128 dimensions.
class CompactNet : public FaceNet {
public:
    explicit CompactNet(const CompactShape &shape = CompactShape::faces());
    /// [N, 3, H, W] -> [N, 128]
    at::Tensor forward(at::Tensor x) override { return pass(std::move(x), nullptr); }
    std::vector<at::Tensor> stages(const at::Tensor &x) override;

private:
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;

    torch::nn::Conv2d m_conv1{nullptr}, m_head{nullptr}, m_out{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr}, m_headNorm{nullptr}, m_outNorm{nullptr};
    torch::nn::PReLU m_act{nullptr};
    std::vector<IrBlock> m_blocks;
};

} // namespace dscope
