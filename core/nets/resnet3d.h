// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <vector>

namespace dscope {

/// 3D-ResNet-50 (Hara et al. 2018, "Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs and ImageNet?") on clips [N, 3, T, H, W]: a 7x7x7 stem of stride
/// (1, 2, 2), a max-pooling 3x3x3 of stride 2 in time too, four stages of 3, 4, 6 and 3 bottlenecks (1, 3x3x3, 1), of which the last three halve all three
/// sides; shortcuts of kind B (a 1x1x1 convolution and its batch-norm). The features are the mean over the last stage's map: 2,048 values.
///
/// Names are those of the public state dicts: conv1, bn1, layer1.0.{conv1, bn1, conv2, bn2, conv3, bn3, downsample.0, downsample.1}, fc.
class ResNet3d50 : public torch::nn::Module {
public:
    static constexpr std::int64_t featureSize = 2048;
    /// @param classes of the fully connected layer, at least 1
    explicit ResNet3d50(std::int64_t classes);
    /// [N, 3, T, H, W] -> [N, 2048]
    at::Tensor features(const at::Tensor &clips) const;
    /// Features [N, 2048] -> [N, classes]
    at::Tensor scores(const at::Tensor &features) const;
    /// What the four stages put out.
    std::vector<at::Tensor> stages(const at::Tensor &clips) const;

private:
    struct Block {
        torch::nn::Conv3d conv1{nullptr}, conv2{nullptr}, conv3{nullptr}, shortcut{nullptr};
        torch::nn::BatchNorm3d norm1{nullptr}, norm2{nullptr}, norm3{nullptr}, shortcutNorm{nullptr};
        std::int64_t stride = 1;
    };
    static Block addBlock(torch::nn::Module &parent, std::int64_t in, std::int64_t middle, std::int64_t stride);
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;

    torch::nn::Conv3d m_conv1{nullptr};
    torch::nn::BatchNorm3d m_norm1{nullptr};
    std::vector<std::vector<Block>> m_layers;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace dscope
