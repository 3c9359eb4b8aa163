// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/resnet3d.h"

#include "core/base/error.h"
#include "core/nets/ddnet.h"
#include "core/nets/resnetlayout.h"

#include <ATen/ATen.h>

#include <array>
#include <utility>

namespace dscope {

namespace nn = torch::nn;

namespace {

std::array<int, 4> blocksOf(int depth)
{
    switch (depth) {
    case 10: return {1, 1, 1, 1};
    case 18: return {2, 2, 2, 2};
    case 34:
    case 50: return resnet50::blocks;
    default: break;
    }
    throw Error("There is no 3D-ResNet of " + std::to_string(depth) + " layers; known are 10, 18, 34 and 50.");
}

} // namespace

std::int64_t splitChannels(std::int64_t in, std::int64_t out, std::int64_t time, std::int64_t side)
{
    return time * side * side * in * out / (side * side * in + time * out);
}

void ResNet3d::addConvolution(nn::Module &parent, int number, const SolidShape &shape, bool split, std::vector<SolidUnit> &units)
{
    const std::string conv = "conv" + std::to_string(number);
    const std::string norm = "bn" + std::to_string(number);
    if (!split) {
        units.push_back(addUnit(parent, conv, parent, norm, shape));
        return;
    }
    const std::int64_t middle = splitChannels(shape.in, shape.out, shape.kernel[0], shape.kernel[1]);
    units.push_back(addUnit(parent, conv + "_s", parent, norm + "_s", {shape.in, middle, solid(1, shape.kernel[1]), solid(1, shape.stride[1])}));
    units.push_back(addUnit(parent, conv + "_t", parent, norm + "_t", {middle, shape.out, solid(shape.kernel[0], 1), solid(shape.stride[0], 1)}));
}

ResNet3d::ResNet3d(const ResNet3dShape &shape)
{
    constexpr std::int64_t narrowest = 16;
    const std::array<int, 4> blocks = blocksOf(shape.depth);
    if (shape.divisor < 1 || shape.divisor > narrowest || resnet50::stem % shape.divisor != 0)
        throw Error("A 3D-ResNet of 1/" + std::to_string(shape.divisor) + " of the channels there is not.");
    const bool bottleneck = shape.depth >= 50;
    std::int64_t in = resnet50::stem / shape.divisor;
    addConvolution(*this, 1, {3, in, solid(7, 7), solid(1, 2)}, shape.split, m_stem);
    std::int64_t middle = in;
    for (std::size_t stage = 0; stage < blocks.size(); ++stage, middle *= 2) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        std::vector<SolidBlock> &made = m_layers.emplace_back();
        for (int i = 0; i < blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
            const std::int64_t out = bottleneck ? resnet50::expansion * middle : middle;
            SolidBlock &block = made.emplace_back();
            if (bottleneck) {
                addConvolution(*parent, 1, {in, middle}, false, block.units);
                addConvolution(*parent, 2, {middle, middle, solid(3, 3), solid(stride, stride)}, shape.split, block.units);
                addConvolution(*parent, 3, {middle, out}, false, block.units);
            } else {
                addConvolution(*parent, 1, {in, middle, solid(3, 3), solid(stride, stride)}, shape.split, block.units);
                addConvolution(*parent, 2, {middle, middle, solid(3, 3)}, shape.split, block.units);
            }
            if (stride != 1 || in != out) {
                auto downsample = parent->register_module("downsample", std::make_shared<nn::Module>());
                block.shortcut = addUnit(*downsample, "0", *downsample, "1", {in, out, solid(1, 1), solid(stride, stride)});
            }
            in = out;
        }
    }
    m_fc = register_module("fc", nn::Linear(in, shape.classes));
    initialiseWeights(*this);
}

at::Tensor ResNet3d::mapped(at::Tensor x, Outputs *outputs) const
{
    for (const SolidUnit &unit : m_stem)
        x = unitRelu(unit, x);
    x = at::max_pool3d(x, {3, 3, 3}, {2, 2, 2}, {1, 1, 1});
    for (std::size_t stage = 0; stage < m_layers.size(); ++stage) {
        for (const SolidBlock &part : m_layers[stage])
            x = block(part, x);
        if (outputs != nullptr)
            outputs->emplace_back("layer" + std::to_string(stage + 1), x);
    }
    return x;
}

at::Tensor ResNet3d::pass(at::Tensor x, Outputs *outputs) const
{
    const at::Tensor mean = mapped(std::move(x), outputs).mean({2, 3, 4}, /*keepdim=*/true);
    if (outputs != nullptr)
        outputs->emplace_back("avgpool", mean);
    return scores(mean.flatten(1));
}

at::Tensor ResNet3d::features(const at::Tensor &clips) const
{
    return mapped(clips, nullptr).mean({2, 3, 4}).to(at::kFloat);
}

at::Tensor ResNet3d::scores(const at::Tensor &features) const
{
    return m_fc.ptr()->forward(features.to(m_fc->weight.scalar_type())).to(at::kFloat);
}

} // namespace dscope
