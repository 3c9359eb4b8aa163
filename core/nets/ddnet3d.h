// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/clipnet.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <vector>

namespace dscope {

/// A DDNet for clips as in section 4.3: the channel-reduced ResNet-18 of DdNet with every 2D convolution a 3D one, of the same kernel and stride in time as in
/// space. A 3x3x3 stem of stride 1, four stages of IR blocks (conv 3x3x3, batch-norm, PReLU, conv 3x3x3, batch-norm, added to the input, which goes through a
/// 1x1x1 convolution with batch-norm where the shape changes) that each halve time, height and width, the mean over all places, one output through a sigmoid
/// (Eq. 5). A clip may have any size: a side of n becomes ceil(n / 2).
///
/// Names are those of DdNet: conv1, bn1, prelu, layer1.0.{conv1, bn1, prelu, conv2, bn2, downsample.0, downsample.1}, fc.
class DdNet3d : public ClipNet {
public:
    /// @param channels of each stage; the stem has the first stage's
    explicit DdNet3d(const std::array<std::int64_t, 4> &channels = {8, 16, 32, 48}, const std::array<int, 4> &blocks = {2, 2, 2, 2});

protected:
    /// [N, 3, T, H, W] -> [N, 1], the D-score in (0, 1)
    at::Tensor pass(at::Tensor x, Outputs *outputs) const override;

private:
    struct Block {
        SolidUnit first, second, shortcut;
        torch::nn::PReLU act{nullptr};
    };

    SolidUnit m_stem;
    torch::nn::PReLU m_act{nullptr};
    std::vector<std::vector<Block>> m_layers;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace dscope
