// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/slowfast.h"

#include "core/base/error.h"
#include "core/nets/ddnet.h"
#include "core/nets/resnetlayout.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr std::array<std::int64_t, 2> s_stemChannels{resnet50::stem, resnet50::stem / 8}; // beta is 1/8
constexpr std::array<std::int64_t, 2> s_stemTime{1, 5};
constexpr std::array<std::array<std::int64_t, 4>, 2> s_blockTime{{{1, 1, 3, 3}, {3, 3, 3, 3}}};
constexpr double s_dropout = 0.5;

} // namespace

std::vector<std::int64_t> slowFrames(std::int64_t frames, std::int64_t alpha)
{
    const at::Tensor places = at::linspace(0, static_cast<double>(frames - 1), frames / alpha, at::kFloat).to(at::kLong);
    const auto *first = places.const_data_ptr<std::int64_t>();
    return {first, first + places.numel()};
}

std::vector<SolidBlock> SlowFast::addStage(nn::Module &stage, std::size_t pathway, std::size_t number, std::int64_t in, std::int64_t out)
{
    const std::int64_t middle = out / resnet50::expansion;
    std::vector<SolidBlock> blocks;
    for (int i = 0; i < resnet50::blocks[number]; ++i, in = out) {
        auto parent = stage.register_module("pathway" + std::to_string(pathway) + "_res" + std::to_string(i), std::make_shared<nn::Module>());
        const std::int64_t stride = number > 0 && i == 0 ? 2 : 1;
        SolidBlock &block = blocks.emplace_back();
        if (stride != 1 || in != out)
            block.shortcut = addUnit(*parent, "branch1", *parent, "branch1_bn", {in, out, solid(1, 1), solid(1, stride)});
        auto branch = parent->register_module("branch2", std::make_shared<nn::Module>());
        block.units.push_back(addUnit(*branch, "a", *branch, "a_bn", {in, middle, solid(s_blockTime[pathway][number], 1)}));
        block.units.push_back(addUnit(*branch, "b", *branch, "b_bn", {middle, middle, solid(1, 3), solid(1, stride)}));
        block.units.push_back(addUnit(*branch, "c", *branch, "c_bn", {middle, out}));
    }
    return blocks;
}

SlowFast::SlowFast(const SlowFastShape &shape) : m_shape(shape)
{
    auto stems = register_module("s1", std::make_shared<nn::Module>());
    for (std::size_t p = 0; p < s_pathways; ++p) {
        auto stem = stems->register_module("pathway" + std::to_string(p) + "_stem", std::make_shared<nn::Module>());
        m_stems[p] = addUnit(*stem, "conv", *stem, "bn", {3, s_stemChannels[p], solid(s_stemTime[p], 7), solid(1, 2)});
    }
    std::array<std::int64_t, s_pathways> in = s_stemChannels;
    std::array<std::int64_t, s_pathways> out{resnet50::expansion * in[0], resnet50::expansion * in[1]};
    for (std::size_t number = 0; number < resnet50::blocks.size(); ++number) {
        auto fuse = register_module("s" + std::to_string(number + 1) + "_fuse", std::make_shared<nn::Module>());
        m_fusions.push_back(addUnit(*fuse, "conv_f2s", *fuse, "bn", {in[1], 2 * in[1], solid(shape.fusion, 1), solid(shape.alpha, 1)}));
        auto stage = register_module("s" + std::to_string(number + 2), std::make_shared<nn::Module>());
        std::array<std::vector<SolidBlock>, s_pathways> &blocks = m_stages.emplace_back();
        for (std::size_t p = 0; p < s_pathways; ++p)
            blocks[p] = addStage(*stage, p, number, p == 0 ? in[0] + 2 * in[1] : in[1], out[p]);
        in = out;
        out = {2 * out[0], 2 * out[1]};
    }
    auto head = register_module("head", std::make_shared<nn::Module>());
    m_projection = head->register_module("projection", nn::Linear(in[0] + in[1], shape.classes));
    initialiseWeights(*this);
}

/// The means of both pathways' last maps, one behind the other.
at::Tensor SlowFast::joined(const at::Tensor &x, Outputs *outputs) const
{
    if (x.size(2) < m_shape.alpha)
        throw Error("A clip of " + std::to_string(x.size(2)) + " frames is too short for a SlowFast network, whose slow pathway takes one of "
                    + std::to_string(m_shape.alpha) + ".");
    const auto tell = [&](const std::string &stage, const at::Tensor &slow, const at::Tensor &fast) {
        if (outputs != nullptr) {
            outputs->emplace_back(stage + "[0]", slow);
            outputs->emplace_back(stage + "[1]", fast);
        }
    };
    const auto begun = [&](std::size_t pathway, const at::Tensor &clips) {
        return at::max_pool3d(unitRelu(m_stems[pathway], clips), {1, 3, 3}, {1, 2, 2}, {0, 1, 1});
    };
    const at::Tensor places = at::tensor(slowFrames(x.size(2), m_shape.alpha), x.options().dtype(at::kLong));
    at::Tensor slow = begun(0, x.index_select(2, places).contiguous(x.suggest_memory_format()));
    at::Tensor fast = begun(1, x);
    tell("s1", slow, fast);
    for (std::size_t stage = 0; stage < m_stages.size(); ++stage) {
        slow = at::cat({slow, unitRelu(m_fusions[stage], fast)}, 1);
        tell("s" + std::to_string(stage + 1) + "_fuse", slow, fast);
        for (const SolidBlock &part : m_stages[stage][0])
            slow = block(part, slow);
        for (const SolidBlock &part : m_stages[stage][1])
            fast = block(part, fast);
        tell("s" + std::to_string(stage + 2), slow, fast);
    }
    return at::cat({slow.mean({2, 3, 4}), fast.mean({2, 3, 4})}, 1);
}

at::Tensor SlowFast::pass(at::Tensor x, Outputs *outputs) const
{
    return scores(at::dropout(joined(x, outputs), s_dropout, is_training()));
}

at::Tensor SlowFast::features(const at::Tensor &clips) const
{
    return joined(clips, nullptr).to(at::kFloat);
}

at::Tensor SlowFast::scores(const at::Tensor &features) const
{
    return m_projection.ptr()->forward(features.to(m_projection->weight.scalar_type())).to(at::kFloat);
}

} // namespace dscope
