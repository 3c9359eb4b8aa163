// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <torch/nn/modules/linear.h>

#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// How the parameters of a ResNet-50 are called in state dicts.
enum class ResNetNames {
    Torchvision, ///< conv1, bn1, layer1 to layer4, fc
    Numbered     ///< 0, 1, 4 to 7: the same as a sequence of its children, without the fully connected layer
};

/// ResNet-50 (He et al. 2016) as torchvision has it: a 7x7 stem of stride 2 and a max-pooling, four stages of 3, 4, 6 and 3 bottlenecks (1x1, 3x3, 1x1, four
/// times as wide behind as within; the stride of a stage is on its first 3x3), 23.5 M parameters. Any size of pictures. The features are the mean over the last
/// stage's map: 2,048 values. The usual image network of person re-identification, whose crops are 256 x 128 or 224 x 112.
///
/// Names: conv1, bn1, layer1.0.{conv1, bn1, conv2, bn2, conv3, bn3, downsample.0, downsample.1}, fc.
class ResNet50 : public FaceNet {
public:
    static constexpr std::int64_t featureSize = 2048;
    /// @param classes of a fully connected layer behind the features, for scores(); 0: there is none
    explicit ResNet50(ResNetNames names = ResNetNames::Torchvision, std::int64_t classes = 0);
    /// [N, 3, H, W] -> [N, 2048], in float32 whatever the layers run in
    at::Tensor forward(at::Tensor x) override;
    /// The stages of 1/4, 1/8 and 1/16 (256, 512 and 1,024 channels), and the features.
    std::vector<at::Tensor> stages(const at::Tensor &x) override;
    /// The last stage's map: [N, 3, H, W] -> [N, 2048, ceil(H / 32), ceil(W / 32)]
    at::Tensor map(const at::Tensor &x) const { return pass(x, nullptr); }
    /// Features [N, 2048] -> [N, classes]. @throws Error where there are no classes
    at::Tensor scores(const at::Tensor &features) const;

private:
    struct Block {
        torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr}, shortcut{nullptr};
        torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr}, norm3{nullptr}, shortcutNorm{nullptr};
        std::int64_t stride = 1;
    };
    Block addBlock(torch::nn::Module &parent, std::int64_t in, std::int64_t middle, std::int64_t stride);
    at::Tensor pass(at::Tensor x, std::vector<at::Tensor> *stages) const;

    torch::nn::Conv2d m_conv1{nullptr};
    torch::nn::BatchNorm2d m_norm1{nullptr};
    std::vector<std::vector<Block>> m_layers;
    torch::nn::Linear m_fc{nullptr};
};

/// What stands before the numbers of a ResNet-50 that is a sequence of its children ("base." of "base.0.weight", "base.4.0.conv1.weight"). None where names in
/// torchvision's manner lie beside them.
std::vector<std::string> numberedResNets(const std::vector<std::string_view> &names);
/// A tensor's name in torchvision's manner: "base.layer1.0.conv1.weight" for "base.4.0.conv1.weight". Others stay as they are.
/// @param prefixes numberedResNets()
std::string torchvisionName(const std::string &name, const std::vector<std::string> &prefixes);

} // namespace dscope
