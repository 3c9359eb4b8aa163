// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/clipnet.h"

#include "core/base/error.h"
#include "core/nets/ddnet.h"
#include "core/nets/normact.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope {

namespace nn = torch::nn;

namespace {

/// Every taken[i]-th value of time, height and width.
at::Tensor everyOther(const at::Tensor &x, const std::array<std::int64_t, 3> &taken)
{
    if (taken == std::array<std::int64_t, 3>{1, 1, 1})
        return x;
    at::Tensor some = x;
    for (std::size_t i = 0; i < taken.size(); ++i)
        some = some.slice(static_cast<std::int64_t>(i) + 2, 0, some.size(static_cast<std::int64_t>(i) + 2), taken[i]);
    return some.contiguous(x.suggest_memory_format());
}

bool mayFuse(const at::Tensor &x)
{
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 5 && !at::GradMode::is_enabled() && haveFusedConv();
}

SolidWindow windowOf(const nn::Conv3d &conv)
{
    SolidWindow window;
    for (std::size_t i = 0; i < 3; ++i) {
        window.stride[i] = conv->options.stride()->at(i);
        window.padding[i] = conv->options.kernel_size()->at(i) / 2;
    }
    return window;
}

} // namespace

at::Tensor ClipNet::features(const at::Tensor &) const
{
    throw Error("This network tells no classes apart, so nothing stands before their scores.");
}

at::Tensor ClipNet::scores(const at::Tensor &) const
{
    throw Error("This network tells no classes apart, so it has no scores of them.");
}

ClipNet::Outputs ClipNet::outputs(const at::Tensor &x) const
{
    Outputs made;
    pass(x, &made);
    return made;
}

SolidUnit ClipNet::addUnit(nn::Module &parent, const std::string &name, nn::Module &normParent, const std::string &normName, const SolidShape &shape)
{
    SolidUnit made;
    const auto &[time, height, width] = shape.kernel;
    const bool point = time * height * width == 1;
    if (point)
        made.taken = shape.stride;
    nn::Conv3dOptions options(shape.in, shape.out, {time, height, width});
    if (!point)
        options.stride({shape.stride[0], shape.stride[1], shape.stride[2]});
    made.conv = parent.register_module(name, nn::Conv3d(options.padding({time / 2, height / 2, width / 2}).bias(false)));
    made.norm = normParent.register_module(normName, nn::BatchNorm3d(shape.out));
    m_units.push_back(made);
    return made;
}

at::Tensor ClipNet::run(const SolidUnit &unit, const at::Tensor &x, bool relu, const at::Tensor &added) const
{
    const at::Tensor from = everyOther(x, unit.taken);
    if (folded() && mayFuse(from)) {
        if (m_preparing)
            m_packed.try_emplace(unit.conv.get(), packedConv3d(unit.conv->weight, windowOf(unit.conv), from.sizes()));
        if (const auto packed = m_packed.find(unit.conv.get()); packed != m_packed.end())
            return fusedConv3d(from, packed->second, unit.conv->bias, windowOf(unit.conv), relu, added);
    }
    at::Tensor y = unit.conv.ptr()->forward(from);
    if (!folded())
        y = unit.norm.ptr()->forward(y);
    if (added.defined())
        y = y + added;
    return relu ? at::relu(y) : y;
}

at::Tensor ClipNet::unitPRelu(const SolidUnit &unit, const nn::PReLU &act, const at::Tensor &x) const
{
    return activatedFast(act, run(unit, x, false, {}));
}

at::Tensor ClipNet::block(const SolidBlock &block, const at::Tensor &x) const
{
    at::Tensor y = x;
    for (std::size_t i = 0; i + 1 < block.units.size(); ++i)
        y = unitRelu(block.units[i], y);
    return unitPlus(block.units.back(), y, block.shortcut.exists() ? unit(block.shortcut, x) : x, true);
}

void ClipNet::foldFurther()
{
    for (SolidUnit &unit : m_units) {
        const nn::BatchNorm3d &norm = unit.norm;
        const at::Tensor scale = norm->weight / at::sqrt(norm->running_var + norm->options.eps());
        unit.conv->weight.mul_(scale.reshape({-1, 1, 1, 1, 1}));
        // A parameter, so that it goes along to another device, as FaceNet's.
        unit.conv->bias = unit.conv->register_parameter("folded_bias", norm->bias - norm->running_mean * scale, /*requires_grad=*/false);
    }
}

void ClipNet::prepareFurther(const at::Tensor &example)
{
    if (!folded() || !example.defined() || !mayFuse(example))
        return;
    m_preparing = true;
    forward(example);
    m_preparing = false;
}

} // namespace dscope
