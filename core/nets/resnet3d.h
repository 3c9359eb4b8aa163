// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/clipnet.h"

#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// Which of Hara's networks.
struct ResNet3dShape {
    int depth = 50;             ///< 10, 18, 34 (blocks of two 3x3x3) or 50 (bottlenecks 1, 3x3x3, 1)
    bool split = false;         ///< R(2+1)D: every convolution that is wider than one in time and space is one in space and one in time
    std::int64_t divisor = 1;   ///< of all channels: 64, 128, 256 and 512 over it; 1, 2, 4, 8 or 16
    std::int64_t classes = 400; ///< those of Kinetics-400
};

/// 3D-ResNet and R(2+1)D as in Hara et al., "Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs and ImageNet?" (2018), on clips [N, 3, T, H, W]: a 7x7x7
/// stem of stride (1, 2, 2), a max-pooling 3x3x3 of stride 2 in time too, four stages, of which the last three halve all three sides; shortcuts of kind B (a
/// 1x1x1 convolution and its batch-norm); the mean over the last stage's map, a linear layer to the classes' scores, no softmax.
///
/// R(2+1)D (Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", 2018, section 3.5) has in place of a t x d x d convolution from
/// a to b channels a 1 x d x d one to m, batch-norm, ReLU and a t x 1 x 1 one from m to b, with m = floor(t d d a b / (d d a + t b)), about as many weights.
///
/// Names are those of the public state dicts (kenshohara/3D-ResNets-PyTorch): conv1, bn1, layer1.0.{conv1, bn1, conv2, bn2, conv3, bn3, downsample.0,
/// downsample.1}, fc; of a split convolution conv1_s, bn1_s, conv1_t, bn1_t. torchvision's networks of similar names are others, see VideoResNet.
class ResNet3d : public ClipNet {
public:
    /// @throws Error for a depth or a divisor that there is not
    explicit ResNet3d(const ResNet3dShape &shape);
    std::int64_t featureSize() const override { return m_fc->options.in_features(); }
    at::Tensor features(const at::Tensor &clips) const override;
    at::Tensor scores(const at::Tensor &features) const override;
    std::string lastLayer() const override { return "fc"; }

protected:
    at::Tensor pass(at::Tensor x, Outputs *outputs) const override;

private:
    at::Tensor mapped(at::Tensor x, Outputs *outputs) const;
    /// A convolution as it is or split, in `units` one after the other.
    void addConvolution(torch::nn::Module &parent, int number, const SolidShape &shape, bool split, std::vector<SolidUnit> &units);

    std::vector<SolidUnit> m_stem;
    std::vector<std::vector<SolidBlock>> m_layers;
    torch::nn::Linear m_fc{nullptr};
};

/// Channels between the two halves of a convolution that is split into space and time: t d d a b / (d d a + t b), rounded down.
std::int64_t splitChannels(std::int64_t in, std::int64_t out, std::int64_t time, std::int64_t side);

} // namespace dscope
