// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/polynet.h"

#include "core/nets/ddnet.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <cmath>

namespace dscope {

namespace nn = torch::nn;

namespace {

constexpr std::int64_t s_a = 384;  ///< channels of stage A
constexpr std::int64_t s_b = 1152; ///< of stage B
constexpr std::int64_t s_c = 2048; ///< of stage C
constexpr std::int64_t s_side = 5; ///< of stage C for a face
constexpr std::int64_t s_dimensions = 512;
constexpr int s_modulesA = 10;
constexpr int s_pairsB = 10;
constexpr int s_pairsC = 5;
constexpr int s_order = 3; ///< of the poly modules

at::Tensor pooled(const at::Tensor &x)
{
    return at::max_pool2d(x, {3, 3}, {2, 2});
}

} // namespace

/// The convolutions of a path: all have stride 1 but the last, and are padded to keep the size but for a strided one.
struct PolyNet::PathShape {
    struct Step {
        std::int64_t out;
        std::array<std::int64_t, 2> kernel;
        const char *name = ""; ///< the public name of the step in a poly module, whose paths are no sequences
        std::int64_t stride = 1;
        bool padded = true;
    };
    std::vector<Step> steps;
    bool sequence = true; ///< public names: a path of one step is no sequence where this is false
};

PolyNet::Unit PolyNet::addUnit(nn::Module &parent, std::int64_t in, std::int64_t out, std::array<std::int64_t, 2> kernel, std::int64_t stride, bool padded)
{
    nn::Conv2dOptions options(in, out, {kernel[0], kernel[1]});
    options.stride(stride).bias(false);
    if (padded)
        options.padding({kernel[0] / 2, kernel[1] / 2});
    Unit unit;
    unit.conv = parent.register_module("conv", nn::Conv2d(options));
    unit.norm = parent.register_module("bn", nn::BatchNorm2d(out));
    pair(unit.conv, unit.norm);
    return unit;
}

PolyNet::Path PolyNet::addPath(nn::Module &parent, const std::string &name, std::int64_t in, const PathShape &shape)
{
    auto holder = parent.register_module(name, std::make_shared<nn::Module>());
    Path path;
    for (std::size_t i = 0; i < shape.steps.size(); ++i) {
        const PathShape::Step &step = shape.steps[i];
        auto own = shape.sequence ? holder->register_module(std::to_string(i), std::make_shared<nn::Module>()) : holder;
        path.push_back(addUnit(*own, in, step.out, step.kernel, step.stride, step.padded));
        in = step.out;
    }
    return path;
}

PolyNet::Module PolyNet::addTwoWay(nn::Module &parent, double scale, std::int64_t channels, const std::vector<PathShape> &paths)
{
    Module module;
    module.scale = scale;
    auto blocks = parent.register_module("blocks", std::make_shared<nn::Module>());
    for (int b = 0; b < 2; ++b) {
        auto own = blocks->register_module(std::to_string(b), std::make_shared<nn::Module>());
        Block block;
        std::int64_t joined = 0;
        for (std::size_t p = 0; p < paths.size(); ++p) {
            block.paths.push_back(addPath(*own, "path" + std::to_string(p), channels, paths[p]));
            joined += paths[p].steps.back().out;
        }
        auto last = own->register_module("conv2d", std::make_shared<nn::Module>());
        block.last = addUnit(*last, joined, channels, {1, 1}, 1, false);
        module.blocks.push_back(std::move(block));
    }
    return module;
}

PolyNet::Module PolyNet::addPoly(nn::Module &parent, double scale, std::int64_t channels, const std::vector<PathShape> &paths)
{
    Module module;
    module.scale = scale;
    std::int64_t joined = 0;
    for (const PathShape &shape : paths) {
        std::vector<Shared> path;
        std::int64_t in = channels;
        for (const PathShape::Step &step : shape.steps) {
            auto own = parent.register_module(step.name, std::make_shared<nn::Module>());
            Shared shared;
            shared.conv = own->register_module(
                "conv",
                nn::Conv2d(nn::Conv2dOptions(in, step.out, {step.kernel[0], step.kernel[1]}).padding({step.kernel[0] / 2, step.kernel[1] / 2}).bias(false)));
            auto norms = own->register_module("bn_blocks", std::make_shared<nn::Module>());
            for (int i = 0; i < s_order; ++i)
                shared.norms.push_back(norms->register_module(std::to_string(i), nn::BatchNorm2d(step.out)));
            path.push_back(std::move(shared));
            in = step.out;
        }
        joined += in;
        module.shared.push_back(std::move(path));
    }
    auto blocks = parent.register_module("conv2d_blocks", std::make_shared<nn::Module>());
    for (int i = 0; i < s_order; ++i) {
        auto own = blocks->register_module(std::to_string(i), std::make_shared<nn::Module>());
        module.last.push_back(addUnit(*own, joined, channels, {1, 1}, 1, false));
    }
    return module;
}

PolyNet::PolyNet(Head head) : m_head(head)
{
    const std::int64_t firstStride = head == Head::Face ? 1 : 2;
    auto stem = register_module("stem", std::make_shared<nn::Module>());
    m_stem1 = addPath(*stem, "conv1", 3, {{{32, {3, 3}, "", firstStride, false}, {32, {3, 3}, "", 1, false}, {64, {3, 3}}}});
    const auto single = [&](const char *name, std::int64_t in, std::int64_t out) {
        auto own = stem->register_module(name, std::make_shared<nn::Module>());
        return addUnit(*own, in, out, {3, 3}, 2, false);
    };
    m_branch1 = single("conv1_branch", 64, 96);
    m_short = addPath(*stem, "conv2_short", 160, {{{64, {1, 1}}, {96, {3, 3}, "", 1, false}}});
    m_long = addPath(*stem, "conv2_long", 160, {{{64, {1, 1}}, {64, {7, 1}}, {64, {1, 7}}, {96, {3, 3}, "", 1, false}}});
    m_branch2 = single("conv2_branch", 192, 192);

    const std::vector<PathShape> pathsA{{{{32, {1, 1}}, {48, {3, 3}}, {64, {3, 3}}}}, {{{32, {1, 1}}, {32, {3, 3}}}}, {{{32, {1, 1}}}, false}};
    const std::vector<PathShape> pathsB{{{{128, {1, 1}, "path0_1x1"}, {160, {1, 7}, "path0_1x7"}, {192, {7, 1}, "path0_7x1"}}},
                                        {{{192, {1, 1}, "path1"}}, false}};
    const std::vector<PathShape> pathsC{{{{192, {1, 1}, "path0_1x1"}, {224, {1, 3}, "path0_1x3"}, {256, {3, 1}, "path0_3x1"}}},
                                        {{{192, {1, 1}, "path1"}}, false}};

    // From 1 to 0.7 over all modules, with the six decimals in which the published network has them.
    constexpr int modules = s_modulesA + 2 * (s_pairsB + s_pairsC);
    int number = 0;
    const auto nextScale = [&number] { return std::round((1 - 0.3 * number++ / (modules - 1)) * 1e6) / 1e6; };
    const auto child = [](nn::Module &parent, std::size_t place) { return parent.register_module(std::to_string(place), std::make_shared<nn::Module>()); };
    auto stageA = register_module("stage_a", std::make_shared<nn::Module>());
    for (int i = 0; i < s_modulesA; ++i)
        m_stageA.push_back(addTwoWay(*child(*stageA, m_stageA.size()), nextScale(), s_a, pathsA));
    auto reductionA = register_module("reduction_a", std::make_shared<nn::Module>());
    m_reductionA.push_back(addPath(*reductionA, "path0", s_a, {{{256, {1, 1}}, {256, {3, 3}}, {384, {3, 3}, "", 2, false}}}));
    m_reductionA.push_back(addPath(*reductionA, "path1", s_a, {{{384, {3, 3}, "", 2, false}}, false}));
    auto stageB = register_module("stage_b", std::make_shared<nn::Module>());
    for (int i = 0; i < s_pairsB; ++i) {
        m_stageB.push_back(addPoly(*child(*stageB, m_stageB.size()), nextScale(), s_b, pathsB));
        m_stageB.push_back(addTwoWay(*child(*stageB, m_stageB.size()), nextScale(), s_b, pathsB));
    }
    auto reductionB = register_module("reduction_b", std::make_shared<nn::Module>());
    m_reductionB.push_back(addPath(*reductionB, "path0", s_b, {{{256, {1, 1}}, {256, {3, 3}}, {256, {3, 3}, "", 2, false}}}));
    m_reductionB.push_back(addPath(*reductionB, "path1", s_b, {{{256, {1, 1}}, {256, {3, 3}, "", 2, false}}}));
    m_reductionB.push_back(addPath(*reductionB, "path2", s_b, {{{256, {1, 1}}, {384, {3, 3}, "", 2, false}}}));
    auto stageC = register_module("stage_c", std::make_shared<nn::Module>());
    for (int i = 0; i < s_pairsC; ++i) {
        m_stageC.push_back(addPoly(*child(*stageC, m_stageC.size()), nextScale(), s_c, pathsC));
        m_stageC.push_back(addTwoWay(*child(*stageC, m_stageC.size()), nextScale(), s_c, pathsC));
    }
    if (head == Head::Classifier) {
        m_linear = register_module("last_linear", nn::Linear(s_c, 1000));
    } else {
        m_norm = register_module("bn", nn::BatchNorm2d(s_c));
        m_linear = register_module("fc", nn::Linear(s_c * s_side * s_side, s_dimensions));
        m_features = register_module("features", nn::BatchNorm1d(s_dimensions));
        m_features->weight.set_requires_grad(false); // its 1 is part of the architecture
    }
    initialiseWeights(*this);
}

at::Tensor PolyNet::run(const Unit &one, const at::Tensor &x, bool activate) const
{
    const at::Tensor y = unit(one.conv, one.norm, x);
    return activate ? at::relu(y) : y;
}

at::Tensor PolyNet::run(const Path &path, at::Tensor x) const
{
    for (const Unit &one : path)
        x = run(one, x);
    return x;
}

at::Tensor PolyNet::run(const Module &module, const at::Tensor &x) const
{
    at::Tensor sum = x;
    for (const Block &block : module.blocks) {
        std::vector<at::Tensor> parts;
        for (const Path &path : block.paths)
            parts.push_back(run(path, x));
        sum = sum + run(block.last, at::cat(parts, 1), false) * module.scale;
    }
    at::Tensor y = x;
    for (std::size_t order = 0; order < module.last.size(); ++order) {
        std::vector<at::Tensor> parts;
        for (const std::vector<Shared> &path : module.shared) {
            at::Tensor z = y;
            for (const Shared &step : path)
                z = at::relu(step.norms[order].ptr()->forward(step.conv.ptr()->forward(z)));
            parts.push_back(z);
        }
        y = run(module.last[order], at::cat(parts, 1), false);
        sum = sum + y * module.scale;
        y = at::relu(y);
    }
    return at::relu(sum);
}

at::Tensor PolyNet::forward(at::Tensor x)
{
    x = run(m_stem1, x);
    x = at::cat({pooled(x), run(m_branch1, x)}, 1);
    x = at::cat({run(m_short, x), run(m_long, x)}, 1);
    x = at::cat({pooled(x), run(m_branch2, x)}, 1);
    for (const Module &module : m_stageA)
        x = run(module, x);
    x = at::cat({run(m_reductionA[0], x), run(m_reductionA[1], x), pooled(x)}, 1);
    for (const Module &module : m_stageB)
        x = run(module, x);
    x = at::cat({run(m_reductionB[0], x), run(m_reductionB[1], x), run(m_reductionB[2], x), pooled(x)}, 1);
    for (const Module &module : m_stageC)
        x = run(module, x);
    if (m_head == Head::Classifier)
        return m_linear.ptr()->forward(x.mean({2, 3})).to(at::kFloat);
    x = m_norm.ptr()->forward(x);
    // As IResNet does: 51,200 products are too many to add up in half precision.
    const c10::impl::ExcludeDispatchKeyGuard noMixedPrecision(c10::autocast_dispatch_keyset);
    return m_features.ptr()->forward(m_linear.ptr()->forward(x.flatten(1).to(m_linear->weight.scalar_type()))).to(at::kFloat);
}

} // namespace dscope
