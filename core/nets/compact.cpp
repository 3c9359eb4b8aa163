// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/compact.h"

#include <ATen/ATen.h>

namespace dscope {

namespace nn = torch::nn;

CompactNet::CompactNet(const CompactShape &shape)
{
    constexpr std::int64_t stem = 24;
    constexpr int blocks[] = {2, 3, 2};
    m_conv1 = register_module("conv1", nn::Conv2d(nn::Conv2dOptions(3, stem, 3).stride(2).padding(1).bias(false)));
    m_norm1 = register_module("bn1", nn::BatchNorm2d(stem));
    m_act = register_module("prelu", nn::PReLU(nn::PReLUOptions().num_parameters(stem)));
    pair(m_conv1, m_norm1);
    std::int64_t in = stem;
    for (std::size_t stage = 0; stage < shape.channels.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        for (int i = 0; i < blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            m_blocks.emplace_back(*parent, in, shape.channels[stage], i == 0 ? 2 : 1, true);
            in = shape.channels[stage];
        }
    }
    for (const IrBlock &block : m_blocks) {
        pair(block.conv1, block.norm1);
        pair(block.conv2, block.norm2);
        if (!block.shortcut.is_empty())
            pair(block.shortcut, block.shortcutNorm);
    }
    m_head = register_module("head", nn::Conv2d(nn::Conv2dOptions(in, in, {shape.headHeight, shape.headWidth}).groups(in).bias(false)));
    m_headNorm = register_module("head_bn", nn::BatchNorm2d(in));
    m_out = register_module("out", nn::Conv2d(nn::Conv2dOptions(in, 128, 1).bias(false)));
    m_outNorm = register_module("out_bn", nn::BatchNorm2d(128));
    pair(m_head, m_headNorm);
    pair(m_out, m_outNorm);
    initialiseWeights(*this);
}

std::vector<at::Tensor> CompactNet::stages(const at::Tensor &x)
{
    std::vector<at::Tensor> outputs;
    const at::Tensor embedding = pass(x, &outputs);
    outputs.push_back(embedding);
    return outputs;
}

at::Tensor CompactNet::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = unit(m_conv1, m_norm1, m_act, x);
    for (const IrBlock &block : m_blocks) {
        // A stage begins with the block that halves the picture.
        if (stages != nullptr && block.shortcutStride > 1 && &block != &m_blocks.front())
            stages->push_back(x);
        const at::Tensor y = unit(block.conv1, block.norm1, block.act, x);
        const auto shortcut = [&] { return block.shortcut.is_empty() ? x : unit(block.shortcut, block.shortcutNorm, block.subsampled(x)); };
        x = unitPlus(block.conv2, block.norm2, y, shortcut);
    }
    if (stages != nullptr)
        stages->push_back(x);
    return unit(m_out, m_outNorm, unit(m_head, m_headNorm, x)).flatten(1).to(at::kFloat);
}

} // namespace dscope
