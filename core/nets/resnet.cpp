// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/resnet.h"

#include "core/base/error.h"
#include "core/nets/ddnet.h"
#include "core/nets/resnetlayout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace dscope {

namespace nn = torch::nn;

namespace {

/// Numbers and names of the children that have parameters.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> s_children{
    {{"0", "conv1"}, {"1", "bn1"}, {"4", "layer1"}, {"5", "layer2"}, {"6", "layer3"}, {"7", "layer4"}}};

} // namespace

ResNet50::Block ResNet50::addBlock(nn::Module &parent, std::int64_t in, std::int64_t middle, std::int64_t stride)
{
    const std::int64_t out = resnet50::expansion * middle;
    Block block;
    block.stride = stride;
    block.conv1 = parent.register_module("conv1", plainConv(in, middle, 1, 1));
    block.norm1 = parent.register_module("bn1", nn::BatchNorm2d(middle));
    block.conv2 = parent.register_module("conv2", plainConv(middle, middle, 3, stride));
    block.norm2 = parent.register_module("bn2", nn::BatchNorm2d(middle));
    block.conv3 = parent.register_module("conv3", plainConv(middle, out, 1, 1));
    block.norm3 = parent.register_module("bn3", nn::BatchNorm2d(out));
    pair(block.conv1, block.norm1);
    pair(block.conv2, block.norm2);
    pair(block.conv3, block.norm3);
    if (stride != 1 || in != out) {
        auto downsample = parent.register_module("downsample", std::make_shared<nn::Module>());
        // The stride is taken apart from the convolution, see subsampled().
        block.shortcut = downsample->register_module("0", plainConv(in, out, 1, 1));
        block.shortcutNorm = downsample->register_module("1", nn::BatchNorm2d(out));
        pair(block.shortcut, block.shortcutNorm);
    }
    return block;
}

ResNet50::ResNet50(ResNetNames names, std::int64_t classes)
{
    const auto nameOf = [names](std::size_t child) {
        return std::string(names == ResNetNames::Numbered ? s_children.at(child).first : s_children.at(child).second);
    };
    m_conv1 = register_module(nameOf(0), plainConv(3, resnet50::stem, 7, 2));
    m_norm1 = register_module(nameOf(1), nn::BatchNorm2d(resnet50::stem));
    pair(m_conv1, m_norm1);
    std::int64_t in = resnet50::stem;
    std::int64_t middle = resnet50::stem;
    for (std::size_t stage = 0; stage < resnet50::blocks.size(); ++stage, middle *= 2) {
        auto layer = register_module(nameOf(stage + 2), std::make_shared<nn::Module>());
        std::vector<Block> &blocks = m_layers.emplace_back();
        for (int i = 0; i < resnet50::blocks[stage]; ++i) {
            auto parent = layer->register_module(std::to_string(i), std::make_shared<nn::Module>());
            blocks.push_back(addBlock(*parent, in, middle, stage > 0 && i == 0 ? 2 : 1));
            in = resnet50::expansion * middle;
        }
    }
    if (classes > 0)
        m_fc = register_module("fc", nn::Linear(featureSize, classes));
    initialiseWeights(*this);
}

at::Tensor ResNet50::pass(at::Tensor x, std::vector<at::Tensor> *stages) const
{
    x = at::relu(unit(m_conv1, m_norm1, x));
    x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
    for (const std::vector<Block> &layer : m_layers) {
        for (const Block &block : layer) {
            at::Tensor y = at::relu(unit(block.conv1, block.norm1, x));
            y = at::relu(unit(block.conv2, block.norm2, y));
            const auto shortcut = [&] { return block.shortcut.is_empty() ? x : unit(block.shortcut, block.shortcutNorm, subsampled(x, block.stride)); };
            x = at::relu(unitPlus(block.conv3, block.norm3, y, shortcut));
        }
        if (stages != nullptr)
            stages->push_back(x);
    }
    return x;
}

at::Tensor ResNet50::forward(at::Tensor x)
{
    return pass(std::move(x), nullptr).mean({2, 3}).to(at::kFloat);
}

std::vector<at::Tensor> ResNet50::stages(const at::Tensor &x)
{
    std::vector<at::Tensor> outputs;
    const at::Tensor last = pass(x, &outputs);
    outputs.back() = last.mean({2, 3}).to(at::kFloat);
    return outputs;
}

at::Tensor ResNet50::scores(const at::Tensor &features) const
{
    if (m_fc.is_empty())
        throw Error("This ResNet-50 was made without classes.");
    return m_fc.ptr()->forward(features.to(m_fc->weight.scalar_type()));
}

std::vector<std::string> numberedResNets(const std::vector<std::string_view> &names)
{
    constexpr std::string_view last = "7.2.conv3.weight";
    constexpr std::size_t most = 16;
    std::vector<std::string> found;
    std::unordered_set<std::string_view> all;
    for (const std::string_view name : names) {
        if (found.size() == most || !name.ends_with(last))
            continue;
        const std::string prefix(name.substr(0, name.size() - last.size()));
        if (!prefix.empty() && !prefix.ends_with('.'))
            continue;
        if (all.empty())
            all.insert(names.begin(), names.end());
        const auto has = [&](const char *tensor) { return all.contains(prefix + tensor); };
        if (has("0.weight") && has("1.running_var") && has("4.0.conv1.weight") && !has("conv1.weight") && !has("layer1.0.conv1.weight"))
            found.push_back(prefix);
    }
    return found;
}

std::string torchvisionName(const std::string &name, const std::vector<std::string> &prefixes)
{
    for (const std::string &prefix : prefixes) {
        if (!name.starts_with(prefix))
            continue;
        const std::string_view own = std::string_view(name).substr(prefix.size());
        const std::size_t dot = own.find('.');
        for (const auto &[number, child] : s_children)
            if (dot != std::string_view::npos && own.substr(0, dot) == number)
                return prefix + std::string(child) + std::string(own.substr(dot));
    }
    return name;
}

} // namespace dscope
