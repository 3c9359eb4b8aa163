// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/videoresnet.h"

#include "core/nets/ddnet.h"
#include "core/nets/resnet3d.h"

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <utility>

namespace dscope {

namespace nn = torch::nn;

/// @param middle channels between the halves; 0: the convolution is whole
void VideoResNet::addConvolution(nn::Module &block, const char *name, const SolidShape &shape, std::int64_t middle, std::vector<SolidUnit> &units)
{
    auto parent = block.register_module(name, std::make_shared<nn::Module>());
    if (middle == 0) {
        units.push_back(addUnit(*parent, "0", *parent, "1", shape));
        return;
    }
    auto halves = parent->register_module("0", std::make_shared<nn::Module>());
    units.push_back(addUnit(*halves, "0", *halves, "1", {shape.in, middle, solid(1, shape.kernel[1]), solid(1, shape.stride[1])}));
    units.push_back(addUnit(*halves, "3", *parent, "1", {middle, shape.out, solid(shape.kernel[0], 1), solid(shape.stride[0], 1)}));
}

VideoResNet::VideoResNet(bool split, std::int64_t classes)
{
    constexpr std::array<std::int64_t, 4> channels{64, 128, 256, 512};
    constexpr std::int64_t between = 45; ///< channels between the halves of the stem
    constexpr int blocks = 2;
    auto stem = register_module("stem", std::make_shared<nn::Module>());
    if (split) {
        m_stem.push_back(addUnit(*stem, "0", *stem, "1", {3, between, solid(1, 7), solid(1, 2)}));
        m_stem.push_back(addUnit(*stem, "3", *stem, "4", {between, channels[0], solid(3, 1)}));
    } else {
        m_stem.push_back(addUnit(*stem, "0", *stem, "1", {3, channels[0], solid(3, 7), solid(1, 2)}));
    }
    std::int64_t in = channels[0];
    for (std::size_t stage = 0; stage < channels.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        std::vector<SolidBlock> &made = m_layers.emplace_back();
        const std::int64_t out = channels[stage];
        for (int i = 0; i < blocks; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
            const std::int64_t middle = split ? splitChannels(in, out, 3, 3) : 0;
            SolidBlock &block = made.emplace_back();
            addConvolution(*parent, "conv1", {in, out, solid(3, 3), solid(stride, stride)}, middle, block.units);
            addConvolution(*parent, "conv2", {out, out, solid(3, 3)}, middle, block.units);
            if (stride != 1) {
                auto downsample = parent->register_module("downsample", std::make_shared<nn::Module>());
                block.shortcut = addUnit(*downsample, "0", *downsample, "1", {in, out, solid(1, 1), solid(stride, stride)});
            }
            in = out;
        }
    }
    m_fc = register_module("fc", nn::Linear(in, classes));
    initialiseWeights(*this);
}

/// Of the last stage's map: [N, channels, 1, 1, 1].
at::Tensor VideoResNet::mean(at::Tensor x, Outputs *outputs) const
{
    for (const SolidUnit &unit : m_stem)
        x = unitRelu(unit, x);
    if (outputs != nullptr)
        outputs->emplace_back("stem", x);
    for (std::size_t stage = 0; stage < m_layers.size(); ++stage) {
        for (const SolidBlock &part : m_layers[stage])
            x = block(part, x);
        if (outputs != nullptr)
            outputs->emplace_back("layer" + std::to_string(stage + 1), x);
    }
    const at::Tensor mean = x.mean({2, 3, 4}, /*keepdim=*/true);
    if (outputs != nullptr)
        outputs->emplace_back("avgpool", mean);
    return mean;
}

at::Tensor VideoResNet::pass(at::Tensor x, Outputs *outputs) const
{
    return scores(mean(std::move(x), outputs).flatten(1));
}

at::Tensor VideoResNet::features(const at::Tensor &clips) const
{
    return mean(clips, nullptr).flatten(1).to(at::kFloat);
}

at::Tensor VideoResNet::scores(const at::Tensor &features) const
{
    return m_fc.ptr()->forward(features.to(m_fc->weight.scalar_type())).to(at::kFloat);
}

} // namespace dscope
