// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>

namespace dscope {

/// MobileFaceNet (Chen et al. 2018) as in the public CASIA-WebFace checkpoint: PReLU, input 112 high x 96 wide, global depthwise 7x6,
/// 128 dimensions. Submodule names are those of the checkpoint (conv1.conv, blocks.0.conv.0, linear7, linear1).
class MobileFaceNetPRelu : public FaceNet {
public:
    MobileFaceNetPRelu();
    /// [N, 3, 112, 96] -> [N, 128]
    at::Tensor forward(at::Tensor x) override { return pass(std::move(x), nullptr); }
    std::vector<at::Tensor> stages(const at::Tensor &x) override;

private:
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;
    struct Block {
        std::vector<torch::nn::Conv2d> convs;
        std::vector<torch::nn::BatchNorm2d> norms;
        std::vector<torch::nn::PReLU> acts;
        bool residual = false;
    };
    struct Unit {
        torch::nn::Conv2d conv{nullptr};
        torch::nn::BatchNorm2d norm{nullptr};
        torch::nn::PReLU act{nullptr};
    };
    Unit addUnit(const std::string &name, std::int64_t in, std::int64_t out, torch::ExpandingArray<2> kernel, std::int64_t stride, std::int64_t padding,
                 bool depthwise, bool linear);
    at::Tensor run(const Unit &unitOf, const at::Tensor &x) const;

    Unit m_conv1, m_depthwise, m_conv2, m_linear7, m_linear1;
    std::vector<Block> m_blocks;
};

/// MobileFaceNet as in the public checkpoint trained on refined MS-Celeb-1M: ReLU6, input 112 x 112, separable second layer, global
/// depthwise 7x7, 1x1 convolution with bias and a batch-norm at the end, 128 dimensions.
class MobileFaceNetRelu6 : public FaceNet {
public:
    MobileFaceNetRelu6();
    /// [N, 3, 112, 112] -> [N, 128]
    at::Tensor forward(at::Tensor x) override { return pass(std::move(x), nullptr); }
    std::vector<at::Tensor> stages(const at::Tensor &x) override;

private:
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;
    struct Block {
        std::vector<torch::nn::Conv2d> convs;
        std::vector<torch::nn::BatchNorm2d> norms;
        bool residual = false;
    };
    torch::nn::Conv2d m_conv1{nullptr}, m_depthwise{nullptr}, m_pointwise{nullptr}, m_conv2{nullptr}, m_global{nullptr}, m_conv3{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr}, m_depthwiseNorm{nullptr}, m_pointwiseNorm{nullptr}, m_norm2{nullptr}, m_globalNorm{nullptr}, m_norm{nullptr};
    std::vector<Block> m_blocks;
};

} // namespace dscope
