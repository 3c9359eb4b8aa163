// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/packedconv.h"

#include "core/base/error.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>

namespace dscope::onnx {

namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Pointwise = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                             std::int64_t, std::string_view, Scalars, std::optional<std::string_view>);
using PointwiseBinary = at::Tensor(const at::Tensor &, const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, at::IntArrayRef,
                                   at::IntArrayRef, at::IntArrayRef, std::int64_t, std::string_view, std::optional<at::Scalar>, std::optional<std::string_view>,
                                   Scalars, std::optional<std::string_view>);
using Reorder = at::Tensor(const at::Tensor &, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t, at::OptionalIntArrayRef);

template<typename Signature>
c10::TypedOperatorHandle<Signature> handle(const char *name, const char *overload)
{
    return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).template typed<Signature>();
}

at::Tensor activated(const PackedConv &conv, const at::Tensor &y)
{
    if (conv.slopes.defined())
        return at::prelu(y, conv.slopes);
    if (conv.activation == "relu")
        return at::relu(y);
    if (conv.activation == "leaky_relu")
        return at::leaky_relu(y, conv.parameters[0]);
    if (conv.activation == "hardtanh")
        return at::clamp(y, conv.parameters[0], conv.parameters[1]);
    if (conv.activation == "sigmoid")
        return at::sigmoid(y);
    if (conv.activation == "hardswish")
        return at::hardswish(y);
    return y;
}

/// The packed weights of one convolution, made when its input's size is known.
struct State {
    PackedConv conv;
    at::Tensor packed;
    Scalars scalars;
};

} // namespace

bool canPack()
{
    static const bool there = at::hasMKLDNN() && c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""}).has_value()
        && c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", "binary"}).has_value()
        && c10::Dispatcher::singleton().findSchema({"mkldnn::_reorder_convolution_weight", ""}).has_value();
    return there;
}

Kernel makePacked(PackedConv conv)
{
    static const auto pointwise = handle<Pointwise>("mkldnn::_convolution_pointwise", "");
    static const auto binary = handle<PointwiseBinary>("mkldnn::_convolution_pointwise", "binary");
    static const auto reorder = handle<Reorder>("mkldnn::_reorder_convolution_weight", "");
    auto state = std::make_shared<State>();
    state->conv = std::move(conv);
    state->conv.window = state->conv.window.completed(state->conv.weight.sizes().slice(2).vec());
    for (const double parameter : state->conv.parameters)
        state->scalars.push_back(at::Scalar(parameter));
    return [state](const Tensors &in, const Run &) -> Tensors {
        const PackedConv &c = state->conv;
        at::Tensor x = in[0];
        if (x.dim() != 4)
            throw Error("its input has " + std::to_string(x.dim()) + " dimensions where 4 are needed.");
        if (x.size(1) != c.weight.size(1) * c.groups)
            throw Error("its input has " + std::to_string(x.size(1)) + " channels where " + std::to_string(c.weight.size(1) * c.groups) + " are needed.");
        std::vector<std::int64_t> pads = c.window.padsFor(x.sizes().slice(2));
        std::vector<std::int64_t> dims{x.size(0), c.weight.size(0)};
        for (std::size_t i = 0; i < 2; ++i)
            dims.push_back(c.window.outputSide(i, x.size(static_cast<std::int64_t>(i) + 2), pads[i], pads[2 + i]));
        checkedDims(dims);
        Bounds::charge(static_cast<double>(x.size(0)) * static_cast<double>(dims[2] * dims[3]) * static_cast<double>(c.weight.numel()));
        if (!c.window.symmetric(pads)) {
            x = paddedSides(x, pads, 0);
            pads.assign(2, 0);
        }
        pads.resize(2);
        x = x.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
        if (x.numel() == 0)
            throw Error("its input is empty.");
        if (!state->packed.defined())
            state->packed = reorder.call(c.weight, pads, c.window.stride, c.window.dilation, c.groups, x.sizes());
        const std::optional<at::Tensor> bias = c.bias.defined() ? std::optional<at::Tensor>(c.bias) : std::nullopt;
        const bool fuse = !c.slopes.defined();
        if (c.adds && in[1].sizes().vec() == dims && in[1].scalar_type() == at::kFloat) {
            const at::Tensor y = binary.call(
                x, in[1].contiguous(at::MemoryFormat::ChannelsLast), state->packed, bias, pads, c.window.stride, c.window.dilation, c.groups, "add",
                at::Scalar(1), fuse && c.activation != "none" ? std::optional<std::string_view>(c.activation) : std::nullopt, state->scalars, std::nullopt);
            return {fuse ? y : activated(c, y)};
        }
        if (c.adds) { // sizes that are made alike
            const at::Tensor y = pointwise.call(x, state->packed, bias, pads, c.window.stride, c.window.dilation, c.groups, "none", Scalars(), std::nullopt);
            return {activated(c, y + in[1])};
        }
        const at::Tensor y = pointwise.call(x, state->packed, bias, pads, c.window.stride, c.window.dilation, c.groups, fuse ? c.activation : "none",
                                            fuse ? state->scalars : Scalars(), std::nullopt);
        return {fuse ? y : activated(c, y)};
    };
}

} // namespace dscope::onnx
