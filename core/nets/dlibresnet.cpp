// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/dlibresnet.h"

#include "core/base/error.h"
#include "core/nets/ddnet.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr std::int64_t s_taken = 150; ///< pixels a side that the first convolution sees
constexpr std::array<std::int64_t, 5> s_channels{32, 64, 128, 256, 256};
constexpr std::array<int, 5> s_blocksOfStage{3, 4, 3, 3, 1};

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
{
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(stride > 1 ? 0 : kernel / 2).bias(false));
}

/// Zeros below, to the right and behind, up to such sides.
at::Tensor padded(const at::Tensor &x, std::int64_t channels, std::int64_t height, std::int64_t width)
{
    if (x.size(1) == channels && x.size(2) == height && x.size(3) == width)
        return x;
    return at::constant_pad_nd(x, {0, width - x.size(3), 0, height - x.size(2), 0, channels - x.size(1)});
}

} // namespace

DlibResNet::DlibResNet()
{
    m_conv1 = register_module("conv1", convolution(3, s_channels.front(), 7, 2));
    m_norm1 = register_module("bn1", nn::BatchNorm2d(s_channels.front()));
    pair(m_conv1, m_norm1);
    std::int64_t in = s_channels.front();
    for (std::size_t stage = 0; stage < s_blocksOfStage.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        for (int i = 0; i < s_blocksOfStage[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            Block &block = m_blocks.emplace_back();
            block.halves = stage > 0 && i == 0;
            block.conv1 = parent->register_module("conv1", convolution(in, s_channels[stage], 3, block.halves ? 2 : 1));
            block.norm1 = parent->register_module("bn1", nn::BatchNorm2d(s_channels[stage]));
            block.conv2 = parent->register_module("conv2", convolution(s_channels[stage], s_channels[stage], 3, 1));
            block.norm2 = parent->register_module("bn2", nn::BatchNorm2d(s_channels[stage]));
            pair(block.conv1, block.norm1);
            pair(block.conv2, block.norm2);
            in = s_channels[stage];
        }
    }
    m_fc = register_module("fc", nn::Linear(nn::LinearOptions(in, 128).bias(false)));
    initialiseWeights(*this);
}

at::Tensor DlibResNet::pass(const Block &block, const at::Tensor &x) const
{
    const at::Tensor y = at::relu(unit(block.conv1, block.norm1, x));
    if (!block.halves)
        return at::relu(unitPlus(block.conv2, block.norm2, y, [&x] { return x; }));
    const at::Tensor way = unit(block.conv2, block.norm2, y);
    const at::Tensor shortcut = at::avg_pool2d(x, {2, 2}, {2, 2});
    const std::int64_t height = std::max(way.size(2), shortcut.size(2));
    const std::int64_t width = std::max(way.size(3), shortcut.size(3));
    return at::relu(padded(way, way.size(1), height, width) + padded(shortcut, way.size(1), height, width));
}

at::Tensor DlibResNet::forward(at::Tensor x)
{
    if (x.size(2) != side || x.size(3) != side)
        throw Error("The network dlib-resnet takes pictures of " + std::to_string(side) + " x " + std::to_string(side) + " pixels; its description says "
                    + std::to_string(x.size(3)) + " x " + std::to_string(x.size(2)) + ".");
    // What lies below the aligned picture looks like its last row.
    const std::int64_t left = (x.size(3) - s_taken) / 2;
    x = at::replication_pad2d(x, {0, 0, 0, top + s_taken - x.size(2)});
    x = x.slice(2, top, top + s_taken).slice(3, left, left + s_taken).contiguous(at::MemoryFormat::ChannelsLast);
    x = at::relu(unit(m_conv1, m_norm1, x));
    x = at::max_pool2d(x, {3, 3}, {2, 2});
    for (const Block &block : m_blocks)
        x = pass(block, x);
    return m_fc.ptr()->forward(x.mean({2, 3})).to(at::kFloat);
}

} // namespace dscope
