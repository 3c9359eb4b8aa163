// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/resnet3d.h"

#include "core/nets/ddnet.h"
#include "core/nets/resnetlayout.h"

#include <ATen/ATen.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace dscope {

namespace nn = torch::nn;

namespace {

nn::Conv3d conv3d(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
{
    return nn::Conv3d(nn::Conv3dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

at::Tensor unit3d(const nn::Conv3d &conv, const nn::BatchNorm3d &norm, const at::Tensor &x)
{
    return norm.ptr()->forward(conv.ptr()->forward(x));
}

/// What a strided 1x1x1 convolution reads; taken apart from it as subsampled() does, for the same reason.
at::Tensor everyOther(const at::Tensor &x, std::int64_t stride)
{
    if (stride == 1)
        return x;
    return x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride).slice(4, 0, x.size(4), stride).contiguous(x.suggest_memory_format());
}

} // namespace

ResNet3d50::Block ResNet3d50::addBlock(nn::Module &parent, std::int64_t in, std::int64_t middle, std::int64_t stride)
{
    const std::int64_t out = resnet50::expansion * middle;
    Block block;
    block.stride = stride;
    block.conv1 = parent.register_module("conv1", conv3d(in, middle, 1, 1));
    block.norm1 = parent.register_module("bn1", nn::BatchNorm3d(middle));
    block.conv2 = parent.register_module("conv2", conv3d(middle, middle, 3, stride));
    block.norm2 = parent.register_module("bn2", nn::BatchNorm3d(middle));
    block.conv3 = parent.register_module("conv3", conv3d(middle, out, 1, 1));
    block.norm3 = parent.register_module("bn3", nn::BatchNorm3d(out));
    if (stride != 1 || in != out) {
        auto downsample = parent.register_module("downsample", std::make_shared<nn::Module>());
        block.shortcut = downsample->register_module("0", conv3d(in, out, 1, 1));
        block.shortcutNorm = downsample->register_module("1", nn::BatchNorm3d(out));
    }
    return block;
}

ResNet3d50::ResNet3d50(std::int64_t classes)
{
    m_conv1 = register_module("conv1", nn::Conv3d(nn::Conv3dOptions(3, resnet50::stem, 7).stride({1, 2, 2}).padding(3).bias(false)));
    m_norm1 = register_module("bn1", nn::BatchNorm3d(resnet50::stem));
    std::int64_t in = resnet50::stem;
    std::int64_t middle = resnet50::stem;
    for (std::size_t stage = 0; stage < resnet50::blocks.size(); ++stage, middle *= 2) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        std::vector<Block> &blocks = m_layers.emplace_back();
        for (int i = 0; i < resnet50::blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            blocks.push_back(addBlock(*parent, in, middle, stage > 0 && i == 0 ? 2 : 1));
            in = resnet50::expansion * middle;
        }
    }
    m_fc = register_module("fc", nn::Linear(featureSize, classes));
    initialiseWeights(*this);
}

at::Tensor ResNet3d50::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = at::relu(unit3d(m_conv1, m_norm1, x));
    x = at::max_pool3d(x, {3, 3, 3}, {2, 2, 2}, {1, 1, 1});
    for (const std::vector<Block> &layer : m_layers) {
        for (const Block &block : layer) {
            at::Tensor y = at::relu(unit3d(block.conv1, block.norm1, x));
            y = at::relu(unit3d(block.conv2, block.norm2, y));
            y = unit3d(block.conv3, block.norm3, y);
            x = at::relu(y + (block.shortcut.is_empty() ? x : unit3d(block.shortcut, block.shortcutNorm, everyOther(x, block.stride))));
        }
        if (stages != nullptr)
            stages->push_back(x);
    }
    return x;
}

at::Tensor ResNet3d50::features(const at::Tensor &clips) const
{
    return pass(clips, nullptr).mean({2, 3, 4}).to(at::kFloat);
}

at::Tensor ResNet3d50::scores(const at::Tensor &features) const
{
    return m_fc.ptr()->forward(features.to(m_fc->weight.scalar_type()));
}

std::vector<at::Tensor> ResNet3d50::stages(const at::Tensor &clips) const
{
    std::vector<at::Tensor> outputs;
    pass(clips, &outputs);
    return outputs;
}

} // namespace dscope
