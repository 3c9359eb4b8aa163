// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/ddnet.h"

namespace dscope {

/// The compact face embedding that ships with Dscope: 3x3 stem with stride 2, IR blocks of 48, 96 and 160 channels (2, 3, 2 blocks at 28, 14
/// and 7 pixels), depthwise 7x7 head, 128 dimensions. 1.39 M parameters.
class CompactNet : public FaceNet {
public:
    CompactNet();
    /// [N, 3, 112, 112] -> [N, 128]
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
