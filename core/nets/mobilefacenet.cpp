// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/mobilefacenet.h"

#include <ATen/ATen.h>

namespace dscope {

namespace nn = torch::nn;

namespace {

/// Expansion, channels, repeats, first stride: Table 1 of the MobileFaceNet paper, the same in both checkpoints.
struct Stage {
    std::int64_t expansion, channels, repeats, stride;
};
constexpr Stage s_stages[] = {{2, 64, 5, 2}, {4, 128, 1, 2}, {2, 128, 6, 1}, {4, 128, 1, 2}, {2, 128, 2, 1}};

/// Appends x if block `index` is the last of its size.
void keepStage(const at::Tensor &x, std::size_t index, std::vector<at::Tensor> *stages)
{
    std::size_t end = 0;
    for (std::size_t i = 0; i < std::size(s_stages); ++i) {
        end += static_cast<std::size_t>(s_stages[i].repeats);
        const bool lastOfSize = i + 1 == std::size(s_stages) || s_stages[i + 1].stride > 1;
        if (stages != nullptr && index + 1 == end && lastOfSize)
            stages->push_back(x);
    }
}

nn::Conv2d groupedConv(std::int64_t in, std::int64_t out, torch::ExpandingArray<2> kernel, std::int64_t stride, std::int64_t padding, std::int64_t groups,
                       bool bias = false)
{
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).groups(groups).bias(bias));
}

/// A module that only carries names, so that nested names of a checkpoint can be mirrored.
std::shared_ptr<nn::Module> folder()
{
    return std::make_shared<nn::Module>();
}

} // namespace

MobileFaceNetPRelu::Unit MobileFaceNetPRelu::addUnit(const std::string &name, std::int64_t in, std::int64_t out, torch::ExpandingArray<2> kernel,
                                                     std::int64_t stride, std::int64_t padding, bool depthwise, bool linear)
{
    auto parent = register_module(name, folder());
    Unit made;
    made.conv = parent->register_module("conv", groupedConv(in, out, kernel, stride, padding, depthwise ? in : 1));
    made.norm = parent->register_module("bn", nn::BatchNorm2d(out));
    if (!linear)
        made.act = parent->register_module("prelu", nn::PReLU(nn::PReLUOptions().num_parameters(out)));
    pair(made.conv, made.norm);
    return made;
}

MobileFaceNetPRelu::MobileFaceNetPRelu()
{
    m_conv1 = addUnit("conv1", 3, 64, 3, 2, 1, false, false);
    m_depthwise = addUnit("dw_conv1", 64, 64, 3, 1, 1, true, false);
    auto blocks = register_module("blocks", folder());
    std::int64_t in = 64;
    for (const Stage &stage : s_stages)
        for (std::int64_t i = 0; i < stage.repeats; ++i) {
            const std::int64_t stride = i == 0 ? stage.stride : 1;
            const std::int64_t wide = in * stage.expansion;
            auto layers = blocks->register_module(std::to_string(m_blocks.size()), folder())->register_module("conv", folder());
            Block block;
            block.residual = stride == 1 && in == stage.channels;
            block.convs = {groupedConv(in, wide, 1, 1, 0, 1), groupedConv(wide, wide, 3, stride, 1, wide), groupedConv(wide, stage.channels, 1, 1, 0, 1)};
            block.norms = {nn::BatchNorm2d(wide), nn::BatchNorm2d(wide), nn::BatchNorm2d(stage.channels)};
            block.acts = {nn::PReLU(nn::PReLUOptions().num_parameters(wide)), nn::PReLU(nn::PReLUOptions().num_parameters(wide))};
            // The checkpoint's numbering: conv, norm, act, conv, norm, act, conv, norm.
            for (std::size_t j = 0; j < 3; ++j) {
                layers->register_module(std::to_string(3 * j), block.convs[j]);
                layers->register_module(std::to_string(3 * j + 1), block.norms[j]);
                if (j < 2)
                    layers->register_module(std::to_string(3 * j + 2), block.acts[j]);
                pair(block.convs[j], block.norms[j]);
            }
            m_blocks.push_back(std::move(block));
            in = stage.channels;
        }
    m_conv2 = addUnit("conv2", 128, 512, 1, 1, 0, false, false);
    m_linear7 = addUnit("linear7", 512, 512, {7, 6}, 1, 0, true, true);
    m_linear1 = addUnit("linear1", 512, 128, 1, 1, 0, false, true);
}

at::Tensor MobileFaceNetPRelu::run(const Unit &unitOf, const at::Tensor &x) const
{
    return unitOf.act.is_empty() ? unit(unitOf.conv, unitOf.norm, x) : unit(unitOf.conv, unitOf.norm, unitOf.act, x);
}

std::vector<at::Tensor> MobileFaceNetPRelu::stages(const at::Tensor &x)
{
    std::vector<at::Tensor> outputs;
    const at::Tensor embedding = pass(x, &outputs);
    outputs.push_back(embedding);
    return outputs;
}

at::Tensor MobileFaceNetPRelu::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = run(m_depthwise, run(m_conv1, x));
    for (const Block &block : m_blocks) {
        at::Tensor y = x;
        for (std::size_t j = 0; j < 2; ++j)
            y = unit(block.convs[j], block.norms[j], block.acts[j], y);
        x = block.residual ? unitPlus(block.convs[2], block.norms[2], y, [&] { return x; }) : unit(block.convs[2], block.norms[2], y);
        keepStage(x, static_cast<std::size_t>(&block - m_blocks.data()), stages);
    }
    return run(m_linear1, run(m_linear7, run(m_conv2, x))).flatten(1);
}

MobileFaceNetRelu6::MobileFaceNetRelu6()
{
    auto first = register_module("conv1", folder());
    m_conv1 = first->register_module("0", groupedConv(3, 64, 3, 2, 1, 1));
    m_norm1 = first->register_module("1", nn::BatchNorm2d(64));
    auto separable = register_module("dw_conv", folder());
    m_depthwise = separable->register_module("depthwise", groupedConv(64, 64, 3, 1, 1, 64));
    m_pointwise = separable->register_module("pointwise", groupedConv(64, 64, 1, 1, 0, 1));
    m_depthwiseNorm = separable->register_module("bn1", nn::BatchNorm2d(64));
    m_pointwiseNorm = separable->register_module("bn2", nn::BatchNorm2d(64));
    auto features = register_module("features", folder());
    std::int64_t in = 64;
    for (const Stage &stage : s_stages)
        for (std::int64_t i = 0; i < stage.repeats; ++i) {
            const std::int64_t stride = i == 0 ? stage.stride : 1;
            const std::int64_t wide = in * stage.expansion;
            auto layers = features->register_module(std::to_string(m_blocks.size()), folder())->register_module("conv", folder());
            Block block;
            block.residual = stride == 1 && in == stage.channels;
            block.convs = {groupedConv(in, wide, 1, 1, 0, 1), groupedConv(wide, wide, 3, stride, 1, wide), groupedConv(wide, stage.channels, 1, 1, 0, 1)};
            block.norms = {nn::BatchNorm2d(wide), nn::BatchNorm2d(wide), nn::BatchNorm2d(stage.channels)};
            for (std::size_t j = 0; j < 2; ++j) {
                auto inner = layers->register_module(std::to_string(j), folder());
                inner->register_module("0", block.convs[j]);
                inner->register_module("1", block.norms[j]);
            }
            layers->register_module("2", block.convs[2]);
            layers->register_module("3", block.norms[2]);
            for (std::size_t j = 0; j < 3; ++j)
                pair(block.convs[j], block.norms[j]);
            m_blocks.push_back(std::move(block));
            in = stage.channels;
        }
    auto second = register_module("conv2", folder());
    m_conv2 = second->register_module("0", groupedConv(128, 512, 1, 1, 0, 1));
    m_norm2 = second->register_module("1", nn::BatchNorm2d(512));
    auto global = register_module("gdconv", folder());
    m_global = global->register_module("depthwise", groupedConv(512, 512, 7, 1, 0, 512));
    m_globalNorm = global->register_module("bn", nn::BatchNorm2d(512));
    m_conv3 = register_module("conv3", groupedConv(512, 128, 1, 1, 0, 1, true));
    m_norm = register_module("bn", nn::BatchNorm2d(128));
    pair(m_conv1, m_norm1);
    pair(m_depthwise, m_depthwiseNorm);
    pair(m_pointwise, m_pointwiseNorm);
    pair(m_conv2, m_norm2);
    pair(m_global, m_globalNorm);
    pair(m_conv3, m_norm);
}

std::vector<at::Tensor> MobileFaceNetRelu6::stages(const at::Tensor &x)
{
    std::vector<at::Tensor> outputs;
    const at::Tensor embedding = pass(x, &outputs);
    outputs.push_back(embedding);
    return outputs;
}

at::Tensor MobileFaceNetRelu6::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = at::relu6(unit(m_conv1, m_norm1, x));
    x = at::relu(unit(m_depthwise, m_depthwiseNorm, x));
    x = at::relu(unit(m_pointwise, m_pointwiseNorm, x));
    for (const Block &block : m_blocks) {
        at::Tensor y = at::relu6(unit(block.convs[0], block.norms[0], x));
        y = at::relu6(unit(block.convs[1], block.norms[1], y));
        y = unit(block.convs[2], block.norms[2], y);
        x = block.residual ? x + y : y;
        keepStage(x, static_cast<std::size_t>(&block - m_blocks.data()), stages);
    }
    x = at::relu6(unit(m_conv2, m_norm2, x));
    x = unit(m_global, m_globalNorm, x);
    return unit(m_conv3, m_norm, x).flatten(1);
}

} // namespace dscope
