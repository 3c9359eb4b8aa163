// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/ddnet.h"

#include <torch/nn/init.h>

#include <ATen/ATen.h>

namespace dscope {

namespace nn = torch::nn;

namespace {
} // namespace

IrBlock::IrBlock(nn::Module &parent, std::int64_t in, std::int64_t out, std::int64_t stride, bool strideFirst)
{
    conv1 = parent.register_module("conv1", plainConv(in, out, 3, strideFirst ? stride : 1));
    norm1 = parent.register_module("bn1", nn::BatchNorm2d(out));
    act = parent.register_module("prelu", nn::PReLU(nn::PReLUOptions().num_parameters(out)));
    conv2 = parent.register_module("conv2", plainConv(out, out, 3, strideFirst ? 1 : stride));
    norm2 = parent.register_module("bn2", nn::BatchNorm2d(out));
    if (stride != 1 || in != out) {
        auto downsample = parent.register_module("downsample", std::make_shared<nn::Module>());
        shortcutStride = stride;
        shortcut = downsample->register_module("0", plainConv(in, out, 1, 1));
        shortcutNorm = downsample->register_module("1", nn::BatchNorm2d(out));
    }
}

at::Tensor activated(const nn::PReLU &act, const at::Tensor &x)
{
    return at::prelu(x, act.ptr()->weight.to(x.scalar_type()));
}

void initialiseWeights(nn::Module &net)
{
    const at::NoGradGuard guard;
    for (const auto &module : net.modules(false)) {
        if (auto *c = module->as<nn::Conv2d>())
            nn::init::kaiming_normal_(c->weight, 0, torch::kFanOut, torch::kReLU);
        else if (auto *solid = module->as<nn::Conv3d>())
            nn::init::kaiming_normal_(solid->weight, 0, torch::kFanOut, torch::kReLU);
        else if (auto *l = module->as<nn::Linear>()) {
            nn::init::normal_(l->weight, 0, 0.01);
            if (l->bias.defined())
                nn::init::zeros_(l->bias);
        }
    }
}

DdNet::DdNet(const std::array<std::int64_t, 4> &channels, const std::array<int, 4> &blocks)
{
    m_conv1 = register_module("conv1", plainConv(3, channels[0], 3, 1));
    m_norm1 = register_module("bn1", nn::BatchNorm2d(channels[0]));
    m_act = register_module("prelu", nn::PReLU(nn::PReLUOptions().num_parameters(channels[0])));
    pair(m_conv1, m_norm1);
    std::int64_t in = channels[0];
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        for (int i = 0; i < blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            m_blocks.emplace_back(*parent, in, channels[stage], i == 0 ? 2 : 1, false);
            in = channels[stage];
        }
    }
    for (const IrBlock &block : m_blocks) {
        pair(block.conv1, block.norm1);
        pair(block.conv2, block.norm2);
        if (!block.shortcut.is_empty())
            pair(block.shortcut, block.shortcutNorm);
    }
    m_fc = register_module("fc", nn::Linear(in, 1));
    initialiseWeights(*this);
}

at::Tensor DdNet::forward(at::Tensor x)
{
    x = unit(m_conv1, m_norm1, m_act, x);
    for (const IrBlock &block : m_blocks) {
        const at::Tensor y = unit(block.conv1, block.norm1, block.act, x);
        const auto shortcut = [&] { return block.shortcut.is_empty() ? x : unit(block.shortcut, block.shortcutNorm, block.subsampled(x)); };
        x = unitPlus(block.conv2, block.norm2, y, shortcut);
    }
    return at::sigmoid(m_fc->forward(x.mean({2, 3})).to(at::kFloat));
}

} // namespace dscope
