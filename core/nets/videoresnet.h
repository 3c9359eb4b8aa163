// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/clipnet.h"

#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <vector>

namespace dscope {

/// torchvision's r3d_18 and r2plus1d_18 (Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", 2018) on clips [N, 3, T, H, W]: a
/// stem 3x7x7 of stride (1, 2, 2), split into 1x7x7 to 45 channels and 3x1x1; no max-pooling; four stages of two blocks of two 3x3x3 convolutions, of which the
/// last three halve all three sides; shortcuts of kind B; the mean, a linear layer to the classes' scores, no softmax. At five times the cost of ResNet3d it is
/// another network, though tensors of theirs have names in common.
///
/// Both convolutions of a split block have as many channels between their halves as its first needs: floor(27 a b / (9 a + 3 b)).
///
/// Names: stem.{0, 1, 3, 4}, layer1.0.conv1.{0, 1}, of a split convolution layer1.0.conv1.{0.0, 0.1, 0.3, 1}; layer2.0.downsample.{0, 1}, fc.
class VideoResNet : public ClipNet {
public:
    /// @param split r2plus1d_18; else r3d_18 @param classes 400 are Kinetics-400's
    explicit VideoResNet(bool split, std::int64_t classes = 400);
    std::int64_t featureSize() const override { return m_fc->options.in_features(); }
    at::Tensor features(const at::Tensor &clips) const override;
    at::Tensor scores(const at::Tensor &features) const override;
    std::string lastLayer() const override { return "fc"; }

protected:
    at::Tensor pass(at::Tensor x, Outputs *outputs) const override;

private:
    at::Tensor mean(at::Tensor x, Outputs *outputs) const;
    void addConvolution(torch::nn::Module &block, const char *name, const SolidShape &shape, std::int64_t middle, std::vector<SolidUnit> &units);

    std::vector<SolidUnit> m_stem;
    std::vector<std::vector<SolidBlock>> m_layers;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace dscope
