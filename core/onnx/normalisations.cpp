// SPDX-License-Identifier: GPL-3.0-or-later
// Normalisation by statistics and softmax.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope::onnx {

namespace {

/// y = x a + b for each channel, with a = g / sqrt(v + e) and b = s - m a.
Kernel makeBatchNorm(const OnnxNode &node, int)
{
    const float epsilon = node.f("epsilon", 1e-5F);
    if (node.i("training_mode", 0) != 0)
        throw Error("it is in training mode, which is not understood. Export the network for inference.");
    if (std::any_of(node.outputs.begin() + 1, node.outputs.end(), [](const std::string &name) { return !name.empty(); }))
        throw Error("it gives the mean and variance of a batch, which only training needs. Export the network for inference.");
    if (node.i("spatial", 1) == 0)
        throw Error("it has a mean for each place (spatial = 0), which is not understood.");
    return [epsilon](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() < 2)
            throw Error("its input has no channels.");
        for (std::size_t i = 1; i < 5; ++i)
            if (in[i].numel() != x.size(1))
                throw Error("it has " + std::to_string(in[i].numel()) + " parameters for " + std::to_string(x.size(1)) + " channels.");
        std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
        shape[1] = -1;
        const at::Tensor scale = in[1].to(at::kFloat) / at::sqrt(in[4].to(at::kFloat) + epsilon);
        const at::Tensor shift = in[2].to(at::kFloat) - in[3].to(at::kFloat) * scale;
        return {at::addcmul(shift.to(x.scalar_type()).reshape(shape), x, scale.to(x.scalar_type()).reshape(shape))};
    };
}

/// x [..., n] less its mean over the last axis, over its deviation there.
at::Tensor standardised(const at::Tensor &x, double epsilon)
{
    return std::get<0>(at::native_layer_norm(x.contiguous(), {x.size(-1)}, {}, {}, epsilon));
}

/// [1, C, 1, ...] for a tensor of `dims` dimensions.
std::vector<std::int64_t> channelShape(std::int64_t dims)
{
    std::vector<std::int64_t> shape(static_cast<std::size_t>(dims), 1);
    shape[1] = -1;
    return shape;
}

at::Tensor scaledChannels(const at::Tensor &y, const at::Tensor &scale, const at::Tensor &shift)
{
    if (scale.numel() != y.size(1) || shift.numel() != y.size(1))
        throw Error("it has " + std::to_string(scale.numel()) + " parameters for " + std::to_string(y.size(1)) + " channels.");
    const std::vector<std::int64_t> shape = channelShape(y.dim());
    return at::addcmul(shift.to(y.scalar_type()).reshape(shape), y, scale.to(y.scalar_type()).reshape(shape));
}

/// Each channel of each picture by itself.
Kernel makeInstanceNorm(const OnnxNode &node, int)
{
    return [epsilon = node.f("epsilon", 1e-5F)](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() < 3 || x.numel() == 0)
            throw Error("its input has no places to normalise over.");
        const at::Tensor y = standardised(x.reshape({x.size(0), x.size(1), -1}), epsilon).reshape(x.sizes());
        return {scaledChannels(y, in[1], in[2]).to(x.scalar_type())};
    };
}

/// Channels in groups. Until set 20 there is a scale for each group, since 21 for each channel.
Kernel makeGroupNorm(const OnnxNode &node, int opset)
{
    const std::int64_t groups = node.i("num_groups", 0);
    const float epsilon = node.f("epsilon", 1e-5F);
    if (groups < 1)
        throw Error("it has " + std::to_string(groups) + " groups.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() < 2 || x.numel() == 0 || x.size(1) % groups != 0)
            throw Error("its channels cannot be put into " + std::to_string(groups) + " groups.");
        const at::Tensor y = standardised(x.reshape({x.size(0), groups, -1}), epsilon).reshape(x.sizes());
        const auto perChannel = [&](const at::Tensor &given) {
            return opset < 21 && given.numel() == groups ? given.reshape({-1}).repeat_interleave(x.size(1) / groups) : given;
        };
        return {scaledChannels(y, perChannel(in[1]), perChannel(in[2])).to(x.scalar_type())};
    };
}

/// Over all axes from one on.
Kernel makeLayerNorm(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", -1);
    const float epsilon = node.f("epsilon", 1e-5F);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.numel() == 0)
            throw Error("its input is empty.");
        const std::vector<std::int64_t> over = x.sizes().slice(static_cast<std::size_t>(axisOf(axis, x.dim()))).vec();
        const auto like = [&](std::size_t i) { return i < in.size() && in[i].defined() ? together(in[i], x).first.to(x.scalar_type()) : at::Tensor(); };
        const at::Tensor scale = like(1);
        const at::Tensor shift = like(2);
        // What has another shape than the axes is made alike afterwards.
        const bool fits = scale.sizes().vec() == over && (!shift.defined() || shift.sizes().vec() == over);
        auto [y, mean, inverse] = at::native_layer_norm(x, over, fits ? scale : at::Tensor(), fits ? shift : at::Tensor(), epsilon);
        if (!fits)
            y = y * scale;
        if (!fits && shift.defined())
            y = y + shift;
        return {y, mean, inverse};
    };
}

/// x over the root of its mean square: no mean is taken off.
Kernel makeRmsNorm(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", -1);
    const float epsilon = node.f("epsilon", 1e-5F);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor wide = in[0].to(at::kFloat);
        std::vector<std::int64_t> axes;
        for (std::int64_t i = axisOf(axis, wide.dim()); i < wide.dim(); ++i)
            axes.push_back(i);
        const at::Tensor y = wide * at::rsqrt(at::mean(wide * wide, axes, true) + epsilon);
        return {(y * together(in[1], y).first).to(in[0].scalar_type())};
    };
}

Kernel makeMeanVariance(const OnnxNode &node, int)
{
    return [axes = node.ints("axes", {0, 2, 3})](const Tensors &in, const Run &) -> Tensors {
        for (const std::int64_t axis : axes)
            axisOf(axis, in[0].dim());
        const at::Tensor apart = in[0] - at::mean(in[0], axes, true);
        return {apart / (at::sqrt(at::mean(apart * apart, axes, true)) + 1e-9)};
    };
}

/// Over the channels nearby, as AlexNet has it.
Kernel makeLrn(const OnnxNode &node, int)
{
    const std::int64_t size = node.i("size", 1);
    const float alpha = node.f("alpha", 1e-4F);
    const float beta = node.f("beta", 0.75F);
    const float bias = node.f("bias", 1.F);
    if (size < 1 || size > 4096)
        throw Error("its size is out of range.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() < 2)
            throw Error("its input has no channels.");
        const std::int64_t channels = x.size(1);
        const at::Tensor squares = x * x;
        at::Tensor sum = at::zeros_like(x);
        for (std::int64_t away = -((size - 1) / 2); away <= size / 2; ++away) {
            Bounds::charge(static_cast<double>(x.numel()));
            const std::int64_t from = std::max<std::int64_t>(0, away);
            const std::int64_t count = channels - std::abs(away);
            if (count > 0)
                sum.narrow(1, from - away, count).add_(squares.narrow(1, from, count));
        }
        return {x / at::pow(sum * (alpha / static_cast<float>(size)) + bias, beta)};
    };
}

Kernel makeLpNormalization(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", -1);
    const std::int64_t p = node.i("p", 2);
    if (p != 1 && p != 2)
        throw Error("its norm p = " + std::to_string(p) + " is not understood.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor norm = at::linalg_vector_norm(in[0], p, {axisOf(axis, in[0].dim())}, true);
        return {in[0] / at::where(norm.eq(0), at::ones_like(norm), norm)};
    };
}

Kernel makeSoftmax(const OnnxNode &node, int opset)
{
    const bool log = node.type == "LogSoftmax";
    const bool flat = opset < 13; // until then over everything from the axis on
    const std::int64_t axis = node.i("axis", flat ? 1 : -1);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const auto over = [log](const at::Tensor &t, std::int64_t dim) { return log ? at::log_softmax(t, dim) : at::softmax(t, dim); };
        const std::int64_t from = axisOf(axis, x.dim());
        if (!flat || from == x.dim() - 1)
            return {over(x, from)};
        std::int64_t rows = 1;
        for (std::int64_t i = 0; i < from; ++i)
            rows *= x.size(i);
        return {over(x.reshape({rows, rows > 0 ? x.numel() / rows : 0}), 1).reshape(x.sizes())};
    };
}

} // namespace

void addNormalisations(std::map<std::string, Operator> &t)
{
    t["BatchNormalization"] = {5, 5, {}, makeBatchNorm};
    t["InstanceNormalization"] = {3, 3, {}, makeInstanceNorm};
    t["GroupNormalization"] = {3, 3, {}, makeGroupNorm};
    t["LayerNormalization"] = {2, 3, {}, makeLayerNorm};
    t["RMSNormalization"] = {2, 2, {}, makeRmsNorm};
    t["MeanVarianceNormalization"] = {1, 1, {}, makeMeanVariance};
    t["LRN"] = {1, 1, {}, makeLrn};
    t["LpNormalization"] = {1, 1, {}, makeLpNormalization};
    t["Softmax"] = {1, 1, {}, makeSoftmax};
    t["LogSoftmax"] = {1, 1, {}, makeSoftmax};
}

} // namespace dscope::onnx
