// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>

#include <array>

namespace dscope {

/// IResNet for faces (Duta et al. 2020, in the form in which ArcFace's public checkpoints come): 3x3 stem of 64 channels with stride 1, four
/// stages of 64, 128, 256 and 512 channels that each halve the picture, and a linear layer to 512 dimensions. The paper's modified
/// ResNet-101 is of this kind, and the channel-reduced one ("iresnet18cd": 8, 16, 32, 48 channels as the paper's DDNet has, 128 dimensions) is a
/// base small enough to be trained from scratch on a CPU. A block is batch-norm, conv 3x3, batch-norm, PReLU, conv 3x3 (strided), batch-norm, added to the
/// input.
///
/// Parameter names are those of the public state dicts: conv1, bn1, prelu, layer1.0.{bn1, conv1, bn2, prelu, conv2, bn3, downsample.0,
/// downsample.1}, bn2, fc, features. `features` normalises the embedding; its weight stays 1 and is not trained.
class IResNet : public FaceNet {
public:
    /// @param blocks of each stage: {2, 2, 2, 2} (18 layers), {3, 4, 6, 3} (34), {3, 4, 14, 3} (50), {3, 13, 30, 3} (100)
    /// @param channels of each stage @param dimensions of the embedding
    explicit IResNet(const std::array<int, 4> &blocks, const std::array<std::int64_t, 4> &channels = {64, 128, 256, 512}, std::int64_t dimensions = 512);
    /// [N, 3, 112, 112] -> [N, dimensions], in float32 whatever the layers before the last run in
    at::Tensor forward(at::Tensor x) override { return pass(std::move(x), nullptr); }
    std::vector<at::Tensor> stages(const at::Tensor &x) override;

protected:
    void foldFurther() override;

private:
    struct Block {
        torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr}, norm3{nullptr}, shortcutNorm{nullptr};
        torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, shortcut{nullptr};
        torch::nn::PReLU act{nullptr};
        std::int64_t stride = 1;
    };
    Block addBlock(torch::nn::Module &parent, std::int64_t in, std::int64_t out, std::int64_t stride);
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;

    torch::nn::Conv2d m_conv1{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr}, m_norm2{nullptr};
    torch::nn::PReLU m_act{nullptr};
    std::vector<Block> m_blocks;
    torch::nn::Linear m_fc{nullptr};
    torch::nn::BatchNorm1d m_features{nullptr};
};

} // namespace dscope
