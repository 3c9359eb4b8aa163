// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/iresnet.h"

#include "core/nets/ddnet.h"

#include <ATen/ATen.h>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr std::int64_t s_side = 7; ///< of the last stage's output, for the input of an aligned face

nn::PReLU slopes(std::int64_t channels)
{
    return nn::PReLU(nn::PReLUOptions().num_parameters(channels));
}

} // namespace

IResNet::Block IResNet::addBlock(nn::Module &parent, std::int64_t in, std::int64_t out, std::int64_t stride)
{
    Block block;
    block.stride = stride;
    block.norm1 = parent.register_module("bn1", nn::BatchNorm2d(in));
    block.conv1 = parent.register_module("conv1", plainConv(in, out, 3, 1));
    block.norm2 = parent.register_module("bn2", nn::BatchNorm2d(out));
    block.act = parent.register_module("prelu", slopes(out));
    block.conv2 = parent.register_module("conv2", plainConv(out, out, 3, stride));
    block.norm3 = parent.register_module("bn3", nn::BatchNorm2d(out));
    pair(block.conv1, block.norm2);
    pair(block.conv2, block.norm3);
    if (stride != 1 || in != out) {
        auto downsample = parent.register_module("downsample", std::make_shared<nn::Module>());
        // The stride is taken apart from the convolution, see subsampled().
        block.shortcut = downsample->register_module("0", plainConv(in, out, 1, 1));
        block.shortcutNorm = downsample->register_module("1", nn::BatchNorm2d(out));
        pair(block.shortcut, block.shortcutNorm);
    }
    return block;
}

IResNet::IResNet(const std::array<int, 4> &blocks, const std::array<std::int64_t, 4> &channels, std::int64_t dimensions)
{
    m_conv1 = register_module("conv1", plainConv(3, channels[0], 3, 1));
    m_norm1 = register_module("bn1", nn::BatchNorm2d(channels[0]));
    m_act = register_module("prelu", slopes(channels[0]));
    pair(m_conv1, m_norm1);
    std::int64_t in = channels[0];
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
        auto layer = register_module("layer" + std::to_string(stage + 1), std::make_shared<nn::Module>());
        for (int i = 0; i < blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            m_blocks.push_back(addBlock(*parent, in, channels[stage], i == 0 ? 2 : 1));
            in = channels[stage];
        }
    }
    m_norm2 = register_module("bn2", nn::BatchNorm2d(in));
    m_fc = register_module("fc", nn::Linear(in * s_side * s_side, dimensions));
    m_features = register_module("features", nn::BatchNorm1d(dimensions));
    m_features->weight.set_requires_grad(false); // its 1 is part of the architecture
    initialiseWeights(*this);
}

std::vector<at::Tensor> IResNet::stages(const at::Tensor &x)
{
    std::vector<at::Tensor> outputs;
    const at::Tensor embedding = pass(x, &outputs);
    outputs.push_back(embedding);
    return outputs;
}

at::Tensor IResNet::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = unit(m_conv1, m_norm1, m_act, x);
    for (const Block &block : m_blocks) {
        // The first stage is of half the size, which nobody asks for.
        if (stages != nullptr && block.stride > 1 && x.size(2) <= 28)
            stages->push_back(x);
        // This batch-norm cannot go into the convolution that follows: the zeros of the border come after it.
        const at::Tensor y = unit(block.conv1, block.norm2, block.act, block.norm1.ptr()->forward(x));
        const auto shortcut = [&] { return block.shortcut.is_empty() ? x : unit(block.shortcut, block.shortcutNorm, subsampled(x, block.stride)); };
        x = unitPlus(block.conv2, block.norm3, y, shortcut);
    }
    if (stages != nullptr)
        stages->push_back(x);
    if (!folded())
        x = m_norm2.ptr()->forward(x);
    // As the public training code does: 25,088 products (in the usual width) are too many to add up in half precision.
    const c10::impl::ExcludeDispatchKeyGuard noMixedPrecision(c10::autocast_dispatch_keyset);
    x = m_fc.ptr()->forward(x.flatten(1).to(m_fc->weight.scalar_type()));
    if (!folded())
        x = m_features.ptr()->forward(x);
    return x.to(at::kFloat);
}

void IResNet::foldFurther()
{
    // y = g (W (s x + t) + b - m) + h with the batch-norm before (s, t: one per channel, 7 x 7 inputs of W each) and after it (g, m, h).
    // Summed in double: the bias is a sum of 25,088 products.
    const auto scaleOf = [](const at::Tensor &weight, const at::Tensor &variance, double eps) {
        return weight.to(at::kDouble) / at::sqrt(variance.to(at::kDouble) + eps);
    };
    const at::Tensor before = scaleOf(m_norm2->weight, m_norm2->running_var, m_norm2->options.eps());
    const at::Tensor shift = m_norm2->bias.to(at::kDouble) - m_norm2->running_mean.to(at::kDouble) * before;
    const at::Tensor after = scaleOf(m_features->weight, m_features->running_var, m_features->options.eps());
    const at::Tensor weight = m_fc->weight.to(at::kDouble).reshape({m_fc->weight.size(0), -1, s_side * s_side});
    const at::Tensor bias = m_fc->bias.to(at::kDouble) + (weight * shift.reshape({1, -1, 1})).sum({1, 2}) - m_features->running_mean.to(at::kDouble);
    m_fc->bias.copy_(after * bias + m_features->bias.to(at::kDouble));
    m_fc->weight.copy_((weight * before.reshape({1, -1, 1}) * after.reshape({-1, 1, 1})).reshape(m_fc->weight.sizes()));
}

} // namespace dscope
