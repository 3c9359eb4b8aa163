// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/ddnet3d.h"

#include "core/nets/ddnet.h"

#include <ATen/ATen.h>

#include <string>

namespace dscope {

namespace nn = torch::nn;

namespace {

nn::PReLU slopesOf(std::int64_t channels)
{
    return nn::PReLU(nn::PReLUOptions().num_parameters(channels));
}

} // namespace

DdNet3d::DdNet3d(const std::array<std::int64_t, 4> &channels, const std::array<int, 4> &blocks)
{
    std::int64_t in = channels[0];
    m_stem = addUnit(*this, "conv1", *this, "bn1", {3, in, solid(3, 3)});
    m_act = register_module("prelu", slopesOf(in));
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        std::vector<Block> &made = m_layers.emplace_back();
        const std::int64_t out = channels[stage];
        for (int i = 0; i < blocks[stage]; ++i, in = out) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            const std::int64_t stride = i == 0 ? 2 : 1;
            Block &block = made.emplace_back();
            block.first = addUnit(*parent, "conv1", *parent, "bn1", {in, out, solid(3, 3)});
            block.act = parent->register_module("prelu", slopesOf(out));
            block.second = addUnit(*parent, "conv2", *parent, "bn2", {out, out, solid(3, 3), solid(stride, stride)});
            if (stride != 1 || in != out) {
                auto downsample = parent->register_module("downsample", std::make_shared<nn::Module>());
                block.shortcut = addUnit(*downsample, "0", *downsample, "1", {in, out, solid(1, 1), solid(stride, stride)});
            }
        }
    }
    m_fc = register_module("fc", nn::Linear(in, 1));
    initialiseWeights(*this);
}

at::Tensor DdNet3d::pass(at::Tensor x, Outputs *outputs) const
{
    x = unitPRelu(m_stem, m_act, x);
    for (std::size_t stage = 0; stage < m_layers.size(); ++stage) {
        for (const Block &block : m_layers[stage]) {
            const at::Tensor y = unitPRelu(block.first, block.act, x);
            x = unitPlus(block.second, y, block.shortcut.exists() ? unit(block.shortcut, x) : x, false);
        }
        if (outputs != nullptr)
            outputs->emplace_back("layer" + std::to_string(stage + 1), x);
    }
    const at::Tensor score = at::sigmoid(m_fc.ptr()->forward(x.mean({2, 3, 4})));
    return score.scalar_type() == at::kDouble ? score : score.to(at::kFloat);
}

} // namespace dscope
