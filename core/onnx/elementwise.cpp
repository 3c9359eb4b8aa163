#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <cmath>
#include <limits>

namespace dscope::onnx {

namespace {

/// Both on one device: what was calculated from shapes lies on the CPU, the rest may not.
std::pair<at::Tensor, at::Tensor> together(const at::Tensor &a, const at::Tensor &b)
{
    checkedDims(at::infer_size(a.sizes(), b.sizes()));
    if (a.device() == b.device())
        return {a, b};
    return a.is_cpu() ? std::pair{a.to(b.device()), b} : std::pair{a, b.to(a.device())};
}

template<typename Work>
Tensors binary(const Tensors &in, Work work)
{
    const auto [a, b] = together(in[0], in[1]);
    return {work(a, b)};
}

/// Of several inputs, from left to right.
template<typename Work>
Tensors folded(const Tensors &in, Work work)
{
    at::Tensor sum = in[0];
    for (std::size_t i = 1; i < in.size(); ++i) {
        const auto [a, b] = together(sum, in[i]);
        sum = work(a, b);
    }
    return {sum};
}

at::Tensor quotient(const at::Tensor &a, const at::Tensor &b)
{
    if (a.is_floating_point() || b.is_floating_point())
        return at::div(a, b);
    if (b.eq(0).any().item<bool>())
        throw Error("it divides a whole number by 0.");
    // The smallest whole number has no opposite: dividing it by -1 stops the processor.
    const at::Tensor opposite = b.eq(-1);
    return at::where(opposite, at::neg(a), at::div(a, at::where(opposite, at::ones_like(b), b), "trunc"));
}

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

at::Tensor prelu(const at::Tensor &x, const at::Tensor &slope)
{
    if (slope.numel() == 1)
        return at::prelu(x, slope.reshape({1}));
    // One slope a channel, as [C, 1, 1] or, by some exporters, as [C].
    if (x.dim() > 1 && slope.numel() == x.size(1)) {
        const bool perChannel =
            slope.dim() == 1 ? x.dim() == 2 || x.size(-1) != slope.numel() : slope.dim() >= x.dim() - 1 && slope.size(slope.dim() - (x.dim() - 1)) == x.size(1);
        if (perChannel)
            return at::prelu(x, slope.reshape({-1}));
    }
    if (at::infer_size(x.sizes(), slope.sizes()) != x.sizes())
        throw Error("its slopes do not fit its input.");
    return at::where(x.lt(0), x * slope, x);
}

Kernel makeCast(const OnnxNode &node, int)
{
    const std::int64_t to = node.i("to", 0);
    return [to](const Tensors &in, const Run &run) -> Tensors {
        switch (to) {
        case 1:  // float
        case 10: // half
        case 11: // double: everything that is not whole is calculated in one type
            return {in[0].to(in[0].is_floating_point() ? in[0].scalar_type() : run.floats)};
        case 2: return {in[0].to(at::kByte)};
        case 6: return {in[0].to(at::kInt)};
        case 7: return {in[0].to(at::kLong)};
        case 9: return {in[0].to(at::kBool)};
        default: throw Error("it converts to the type number " + std::to_string(to) + ", which is not understood.");
        }
    };
}

Kernel makeHardSigmoid(const OnnxNode &node, int)
{
    const float alpha = node.f("alpha", 0.2F);
    const float beta = node.f("beta", 0.5F);
    return [=](const Tensors &in, const Run &) -> Tensors { return {at::clamp(in[0] * alpha + beta, 0, 1)}; };
}

/// y = x a + b for each channel, with a = g / sqrt(v + e) and b = s - m a.
Kernel makeBatchNorm(const OnnxNode &node, int)
{
    const float epsilon = node.f("epsilon", 1e-5F);
    if (node.i("training_mode", 0) != 0)
        throw Error("it is in training mode, which is not understood. Export the network for inference.");
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

Kernel makeInstanceNorm(const OnnxNode &node, int)
{
    const float epsilon = node.f("epsilon", 1e-5F);
    return [epsilon](const Tensors &in, const Run &) -> Tensors { return {at::instance_norm(in[0], in[1], in[2], {}, {}, true, 0, epsilon, false)}; };
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

} // namespace

void addElementwise(std::map<std::string, Operator> &t)
{
    t["Abs"] = {1, 1, {}, makeUnary<at::abs>};
    t["Ceil"] = {1, 1, {}, makeUnary<at::ceil>};
    t["Erf"] = {1, 1, {}, makeUnary<at::erf>};
    t["Exp"] = {1, 1, {}, makeUnary<at::exp>};
    t["Floor"] = {1, 1, {}, makeUnary<at::floor>};
    t["HardSwish"] = {1, 1, {}, makeUnary<at::hardswish>};
    t["Log"] = {1, 1, {}, makeUnary<at::log>};
    t["Neg"] = {1, 1, {}, makeUnary<at::neg>};
    t["Not"] = {1, 1, {}, makeUnary<at::logical_not>};
    t["Reciprocal"] = {1, 1, {}, makeUnary<at::reciprocal>};
    t["Relu"] = {1, 1, {}, makeUnary<at::relu>};
    t["Sigmoid"] = {1, 1, {}, makeUnary<at::sigmoid>};
    t["Sqrt"] = {1, 1, {}, makeUnary<at::sqrt>};
    t["Tanh"] = {1, 1, {}, makeUnary<at::tanh>};
    t["Softplus"] = {1, 1, {}, [](const OnnxNode &, int) -> Kernel { return [](const Tensors &in, const Run &) -> Tensors { return {at::softplus(in[0])}; }; }};
    t["LeakyRelu"] = {1, 1, {}, [](const OnnxNode &node, int) -> Kernel {
                          return [slope = node.f("alpha", 0.01F)](const Tensors &in, const Run &) -> Tensors { return {at::leaky_relu(in[0], slope)}; };
                      }};
    t["Elu"] = {1, 1, {}, [](const OnnxNode &node, int) -> Kernel {
                    return [alpha = node.f("alpha", 1.F)](const Tensors &in, const Run &) -> Tensors { return {at::elu(in[0], alpha)}; };
                }};
    t["HardSigmoid"] = {1, 1, {}, makeHardSigmoid};
    t["Clip"] = {1, 3, {1, 2}, makeClip};
    t["Cast"] = {1, 1, {}, makeCast};
    t["Identity"] = {1, 1, {}, makeSame};
    t["Dropout"] = {1, 3, {1, 2}, makeSame};
    t["BatchNormalization"] = {5, 5, {}, makeBatchNorm};
    t["InstanceNormalization"] = {3, 3, {}, makeInstanceNorm};
    t["Softmax"] = {1, 1, {}, makeSoftmax};
    t["LogSoftmax"] = {1, 1, {}, makeSoftmax};
    t["PRelu"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel { return [](const Tensors &in, const Run &) -> Tensors { return binary(in, prelu); }; }};
    t["Add"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::add(a, b); }); };
                }};
    t["Sub"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::sub(a, b); }); };
                }};
    t["Mul"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::mul(a, b); }); };
                }};
    t["Div"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel { return [](const Tensors &in, const Run &) { return binary(in, quotient); }; }};
    t["Pow"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) {
                        return binary(in, [](const auto &a, const auto &b) { return at::pow(a, b).to(a.scalar_type()); });
                    };
                }};
    t["Equal"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                      return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::eq(a, b); }); };
                  }};
    t["Greater"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                        return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::gt(a, b); }); };
                    }};
    t["Less"] = {2, 2, {}, [](const OnnxNode &, int) -> Kernel {
                     return [](const Tensors &in, const Run &) { return binary(in, [](const auto &a, const auto &b) { return at::lt(a, b); }); };
                 }};
    t["Where"] = {3, 3, {}, [](const OnnxNode &, int) -> Kernel {
                      return [](const Tensors &in, const Run &) -> Tensors {
                          const auto [a, b] = together(in[1], in[2]);
                          const auto [condition, like] = together(in[0], a);
                          checkedDims(at::infer_size(condition.sizes(), at::infer_size(like.sizes(), b.sizes())));
                          return {at::where(condition.to(at::kBool), like, b.to(like.device()))};
                      };
                  }};
    t["Sum"] = {1, 1024, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return folded(in, [](const auto &a, const auto &b) { return at::add(a, b); }); };
                }};
    t["Min"] = {1, 1024, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return folded(in, [](const auto &a, const auto &b) { return at::minimum(a, b); }); };
                }};
    t["Max"] = {1, 1024, {}, [](const OnnxNode &, int) -> Kernel {
                    return [](const Tensors &in, const Run &) { return folded(in, [](const auto &a, const auto &b) { return at::maximum(a, b); }); };
                }};
}

} // namespace dscope::onnx
