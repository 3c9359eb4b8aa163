// SPDX-License-Identifier: GPL-3.0-or-later
// Activations and other functions of a single number.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace dscope::onnx {

namespace {

Kernel makeClip(const OnnxNode &node, int opset)
{
    constexpr float most = std::numeric_limits<float>::max();
    const bool attributes = opset < 11;
    const double lowest = attributes ? node.f("min", -most) : -std::numeric_limits<double>::infinity();
    const double highest = attributes ? node.f("max", most) : std::numeric_limits<double>::infinity();
    return [=](const Tensors &in, const Run &) -> Tensors {
        double low = lowest;
        double high = highest;
        const auto bound = [](const at::Tensor &tensor) {
            const std::vector<double> values = doublesOf(tensor);
            if (values.size() != 1)
                throw Error("a bound must be a single number.");
            return values.front();
        };
        if (in.size() > 1 && in[1].defined())
            low = bound(in[1]);
        if (in.size() > 2 && in[2].defined())
            high = bound(in[2]);
        if (!in[0].is_floating_point()) {
            std::optional<at::Scalar> from, to;
            if (std::isfinite(low))
                from = static_cast<std::int64_t>(std::clamp(low, -9e18, 9e18));
            if (std::isfinite(high))
                to = static_cast<std::int64_t>(std::clamp(high, -9e18, 9e18));
            return {from || to ? at::clamp(in[0], from, to) : in[0]};
        }
        return {at::clamp(in[0], low, high)};
    };
}

at::Tensor slopedBelow(const at::Tensor &x, const at::Tensor &slope)
{
    if (slope.numel() == 1)
        return at::prelu(x, slope.reshape({1}));
    if (slope.numel() > x.numel() || slope.dim() > x.dim())
        throw Error("it has more slopes than its input has numbers.");
    // One slope a channel, as [C, 1, 1] or, by some exporters, as [C].
    if (x.dim() > 1 && slope.numel() == x.size(1)) {
        const bool perChannel =
            slope.dim() == 1 ? x.dim() == 2 || x.size(-1) != slope.numel() : slope.dim() >= x.dim() - 1 && slope.size(slope.dim() - (x.dim() - 1)) == x.size(1);
        if (perChannel)
            return at::prelu(x, slope.reshape({-1}));
    }
    bool fits = true;
    for (std::int64_t i = 1; i <= slope.dim(); ++i)
        fits = fits && (slope.size(-i) == 1 || slope.size(-i) == x.size(-i));
    if (!fits)
        throw Error("it has " + std::to_string(slope.numel()) + " slopes, which do not fit its input.");
    return at::where(x.lt(0), x * slope, x);
}

Kernel makeHardSigmoid(const OnnxNode &node, int)
{
    const float alpha = node.f("alpha", 0.2F);
    const float beta = node.f("beta", 0.5F);
    return [=](const Tensors &in, const Run &) -> Tensors { return {at::clamp(in[0] * alpha + beta, 0, 1)}; };
}

template<at::Tensor (*work)(const at::Tensor &)>
Kernel makeUnary(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors { return {work(in[0])}; };
}

Kernel makeSame(const OnnxNode &node, int)
{
    if (node.outputs.size() > 1 && !node.outputs[1].empty())
        throw Error("its mask is asked for, which only training needs.");
    return [](const Tensors &in, const Run &) -> Tensors { return {in[0]}; };
}

/// One number from attributes and one from the input.
template<typename Work>
Kernel with(Work work)
{
    return [work](const Tensors &in, const Run &) -> Tensors { return {work(in[0])}; };
}

Kernel makePRelu(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors { return {slopedBelow(in[0], in[1].to(in[0].device(), in[0].scalar_type()))}; };
}

Kernel makeGelu(const OnnxNode &node, int)
{
    const std::string kind = node.s("approximate", "none");
    if (kind != "none" && kind != "tanh")
        throw Error("its approximation '" + kind + "' is not understood.");
    return with([kind](const at::Tensor &x) { return at::gelu(x, kind); });
}

/// x for which a bound is passed, else 0.
Kernel makeThresholded(const OnnxNode &node, int)
{
    return with([alpha = node.f("alpha", 1.F)](const at::Tensor &x) { return at::where(x.gt(alpha), x, at::zeros_like(x)); });
}

Kernel makeShrink(const OnnxNode &node, int)
{
    return with([bias = node.f("bias", 0.F), edge = node.f("lambd", 0.5F)](const at::Tensor &x) {
        return at::where(x.lt(-edge), x + bias, at::where(x.gt(edge), x - bias, at::zeros_like(x)));
    });
}

at::Tensor softsign(const at::Tensor &x)
{
    return x / (at::abs(x) + 1);
}

at::Tensor softplus(const at::Tensor &x)
{
    return at::softplus(x);
}

at::Tensor rounded(const at::Tensor &x)
{
    return at::round(x); // halves to even, as the specification has it
}

/// x sigmoid(alpha x).
Kernel makeQuickGelu(const OnnxNode &node, int)
{
    return with([alpha = node.f("alpha", node.type == "Swish" ? 1.F : 1.702F)](const at::Tensor &x) { return x * at::sigmoid(x * alpha); });
}

Kernel makeIsInf(const OnnxNode &node, int)
{
    const bool below = node.i("detect_negative", 1) != 0;
    const bool above = node.i("detect_positive", 1) != 0;
    return with([=](const at::Tensor &x) {
        const at::Tensor low = at::isneginf(x);
        const at::Tensor high = at::isposinf(x);
        return below && above ? at::isinf(x) : below ? low : above ? high : at::zeros_like(low);
    });
}

} // namespace

void addActivations(std::map<std::string, Operator> &t)
{
    t["Abs"] = {1, 1, {}, makeUnary<at::abs>};
    t["Acos"] = {1, 1, {}, makeUnary<at::acos>};
    t["Asin"] = {1, 1, {}, makeUnary<at::asin>};
    t["Atan"] = {1, 1, {}, makeUnary<at::atan>};
    t["Ceil"] = {1, 1, {}, makeUnary<at::ceil>};
    t["Cos"] = {1, 1, {}, makeUnary<at::cos>};
    t["Cosh"] = {1, 1, {}, makeUnary<at::cosh>};
    t["Erf"] = {1, 1, {}, makeUnary<at::erf>};
    t["Exp"] = {1, 1, {}, makeUnary<at::exp>};
    t["Floor"] = {1, 1, {}, makeUnary<at::floor>};
    t["HardSwish"] = {1, 1, {}, makeUnary<at::hardswish>};
    t["IsNaN"] = {1, 1, {}, makeUnary<at::isnan>};
    t["Log"] = {1, 1, {}, makeUnary<at::log>};
    t["Mish"] = {1, 1, {}, makeUnary<at::mish>};
    t["Neg"] = {1, 1, {}, makeUnary<at::neg>};
    t["Not"] = {1, 1, {}, makeUnary<at::logical_not>};
    t["Reciprocal"] = {1, 1, {}, makeUnary<at::reciprocal>};
    t["Relu"] = {1, 1, {}, makeUnary<at::relu>};
    t["Round"] = {1, 1, {}, makeUnary<rounded>};
    t["Sigmoid"] = {1, 1, {}, makeUnary<at::sigmoid>};
    t["Sign"] = {1, 1, {}, makeUnary<at::sign>};
    t["Sin"] = {1, 1, {}, makeUnary<at::sin>};
    t["Sinh"] = {1, 1, {}, makeUnary<at::sinh>};
    t["Softplus"] = {1, 1, {}, makeUnary<softplus>};
    t["Softsign"] = {1, 1, {}, makeUnary<softsign>};
    t["Sqrt"] = {1, 1, {}, makeUnary<at::sqrt>};
    t["Tan"] = {1, 1, {}, makeUnary<at::tan>};
    t["Tanh"] = {1, 1, {}, makeUnary<at::tanh>};
    t["LeakyRelu"] = {1, 1, {}, [](const OnnxNode &node, int) -> Kernel {
                          return with([slope = node.f("alpha", 0.01F)](const at::Tensor &x) { return at::leaky_relu(x, slope); });
                      }};
    t["Elu"] = {1, 1, {}, [](const OnnxNode &node, int) -> Kernel { return with([a = node.f("alpha", 1.F)](const at::Tensor &x) { return at::elu(x, a); }); }};
    t["Celu"] = {
        1, 1, {}, [](const OnnxNode &node, int) -> Kernel { return with([a = node.f("alpha", 1.F)](const at::Tensor &x) { return at::celu(x, a); }); }};
    t["Selu"] = {1, 1, {}, [](const OnnxNode &node, int) -> Kernel {
                     const double alpha = node.f("alpha", 1.67326319217681884765625F);
                     const double gamma = node.f("gamma", 1.05070102214813232421875F);
                     return with([=](const at::Tensor &x) { return at::elu(x, alpha, gamma); });
                 }};
    t["HardSigmoid"] = {1, 1, {}, makeHardSigmoid};
    t["ThresholdedRelu"] = {1, 1, {}, makeThresholded};
    t["Shrink"] = {1, 1, {}, makeShrink};
    t["Gelu"] = {1, 1, {}, makeGelu};
    t["com.microsoft::Gelu"] = {1, 1, {}, makeGelu};
    t["com.microsoft::QuickGelu"] = {1, 1, {}, makeQuickGelu};
    t["Swish"] = {1, 1, {}, makeQuickGelu};
    t["IsInf"] = {1, 1, {}, makeIsInf};
    t["Clip"] = {1, 3, {1, 2}, makeClip};
    t["PRelu"] = {2, 2, {}, makePRelu};
    t["Identity"] = {1, 1, {}, makeSame};
    t["Dropout"] = {1, 3, {1, 2}, makeSame};
}

} // namespace dscope::onnx
