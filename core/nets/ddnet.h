// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>

#include <array>

namespace dscope {

/// A residual block of the IR kind: conv 3x3, batch-norm, PReLU, conv 3x3 (strided), batch-norm, added to the input (through a strided 1x1
/// convolution with batch-norm where the shape changes). No activation after the addition. Every batch-norm directly follows a
/// convolution, so that all of them fold away at inference. Names: conv1, bn1, prelu, conv2, bn2, downsample.0, downsample.1.
struct IrBlock {
    torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, shortcut{nullptr};
    torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr}, shortcutNorm{nullptr};
    torch::nn::PReLU act{nullptr};

    std::int64_t shortcutStride = 1;

    /// What the 1x1 convolution of the shortcut reads, see dscope::subsampled().
    at::Tensor subsampled(const at::Tensor &x) const { return dscope::subsampled(x, shortcutStride); }

    /// `strideFirst` puts the stride on the first convolution (a quarter of its cost) instead of the second (IResNet's way).
    IrBlock(torch::nn::Module &parent, std::int64_t in, std::int64_t out, std::int64_t stride, bool strideFirst);
};

/// A DDNet for pictures as in section 4.1.1: a ResNet of IR blocks with a 3x3 stem of stride 1, each of the four stages halving the picture,
/// global average pooling, one output through a sigmoid (Eq. 5). The paper's Table 5 compares three: the channel-reduced ResNet-18 (the
/// default; 39.7 M MAC at 112 x 112), the channel-reduced ResNet-34 and the ResNet-18 of full width.
class DdNet : public FaceNet {
public:
    /// @param channels, blocks of each stage; the stem has the first stage's channels
    explicit DdNet(const std::array<std::int64_t, 4> &channels = {8, 16, 32, 48}, const std::array<int, 4> &blocks = {2, 2, 2, 2});
    /// [N, 3, 112, 112] -> [N, 1], the D-score in (0, 1)
    at::Tensor forward(at::Tensor x) override;

private:
    torch::nn::Conv2d m_conv1{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr};
    torch::nn::PReLU m_act{nullptr};
    std::vector<IrBlock> m_blocks;
    torch::nn::Linear m_fc{nullptr};
};

/// PReLU in the precision of `x` (mixed precision keeps the slopes in float32).
at::Tensor activated(const torch::nn::PReLU &act, const at::Tensor &x);

/// Kaiming-normal weights (fan out) for every convolution and linear layer, zero biases.
void initialiseWeights(torch::nn::Module &net);

} // namespace dscope
