// SPDX-License-Identifier: GPL-3.0-or-later
// Quantised networks: whole numbers with a scale and a zero point. They are calculated in float32, with the same roundings where the file has them.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <cmath>

namespace dscope::onnx {

namespace {

/// The smallest and largest number of a type.
std::pair<double, double> rangeOf(at::ScalarType type)
{
    switch (type) {
    case at::kByte: return {0, 255};
    case at::kChar: return {-128, 127};
    case at::kUInt16: return {0, 65535};
    case at::kShort: return {-32768, 32767};
    case at::kInt: return {-2147483648.0, 2147483647.0};
    default: throw Error("it quantises to a type that is not understood.");
    }
}

/// A scale or zero point, ready to calculate with x [..., C at `axis`, ...]: a single number, one for each channel, or one for each block.
at::Tensor alongAxis(const at::Tensor &given, const at::Tensor &x, std::int64_t axis, std::int64_t block)
{
    const at::Tensor numbers = (given.is_floating_point() ? given : given.to(at::kInt)).to(x.device(), at::kFloat);
    if (numbers.numel() == 1)
        return numbers.reshape({});
    const std::int64_t along = axisOf(axis, x.dim());
    if (block > 0) {
        if (numbers.dim() != x.dim())
            throw Error("its scales for blocks do not fit its input.");
        return numbers.repeat_interleave(std::min(block, x.size(along)), along).narrow(along, 0, x.size(along));
    }
    if (numbers.dim() != 1 || numbers.numel() != x.size(along))
        throw Error("it has " + std::to_string(numbers.numel()) + " scales for " + std::to_string(x.size(along)) + " channels.");
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(along)] = -1;
    return numbers.reshape(shape);
}

/// (x - zero) scale
at::Tensor dequantised(const at::Tensor &x, const at::Tensor &scale, const at::Tensor &zero, std::int64_t axis = 1, std::int64_t block = 0)
{
    checkedDims(x.sizes().vec());
    at::Tensor numbers = x.scalar_type() == at::kUInt16 ? x.to(at::kInt).to(at::kFloat) : x.to(at::kFloat);
    if (zero.defined())
        numbers = numbers - alongAxis(zero, numbers, axis, block);
    return numbers * alongAxis(scale, numbers, axis, block);
}

/// x / scale, rounded (halves to even), plus zero, within the type's range.
at::Tensor quantised(const at::Tensor &x, const at::Tensor &scale, const at::Tensor &zero, at::ScalarType type, std::int64_t axis = 1, std::int64_t block = 0)
{
    checkedDims(x.sizes().vec());
    const at::Tensor numbers = x.to(at::kFloat);
    at::Tensor y = at::round(numbers / alongAxis(scale, numbers, axis, block));
    if (zero.defined())
        y = y + alongAxis(zero, numbers, axis, block);
    const auto [low, high] = rangeOf(type);
    y = at::clamp(y, low, high);
    return type == at::kUInt16 ? y.to(at::kInt).to(at::kUInt16) : y.to(type);
}

at::ScalarType typeOfZero(const at::Tensor &zero)
{
    return zero.defined() ? zero.scalar_type() : at::kByte;
}

Kernel makeQuantize(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 1);
    const std::int64_t block = node.i("block_size", 0);
    const std::int64_t named = node.i("output_dtype", 0);
    const std::map<std::int64_t, at::ScalarType> types{{0, at::kByte}, {2, at::kByte}, {3, at::kChar}, {4, at::kUInt16}, {5, at::kShort}};
    if (types.count(named) == 0)
        throw Error("it quantises to the type number " + std::to_string(named) + ", which is not understood.");
    return [=, type = types.at(named)](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor zero = optional(in, 2);
        return {quantised(in[0], in[1], zero, zero.defined() ? typeOfZero(zero) : type, axis, block)};
    };
}

Kernel makeDequantize(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 1);
    const std::int64_t block = node.i("block_size", 0);
    return [=](const Tensors &in, const Run &run) -> Tensors { return {dequantised(in[0], in[1], optional(in, 2), axis, block).to(run.floats)}; };
}

/// y = saturate(round(x / s) + z) with s and z so that the numbers of x, and 0, fit into a byte.
Kernel makeDynamicQuantize(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor x = in[0].to(at::kFloat);
        if (x.numel() == 0)
            throw Error("its input is empty.");
        const at::Tensor low = at::clamp_max(x.min(), 0);
        const at::Tensor high = at::clamp_min(x.max(), 0);
        at::Tensor scale = (high - low) / 255;
        scale = at::where(scale.eq(0), at::ones_like(scale), scale);
        const at::Tensor zero = at::clamp(at::round(-low / scale), 0, 255).to(at::kByte);
        return {quantised(x, scale, zero, at::kByte), scale, zero};
    };
}

/// x less its zero point, as numbers that float32 holds exactly; `wide` where the sum of the products would not be exact otherwise.
at::Tensor shifted(const at::Tensor &x, const at::Tensor &zero, std::int64_t axis, bool wide)
{
    at::Tensor numbers = x.to(at::kFloat);
    if (zero.defined())
        numbers = numbers - alongAxis(zero, numbers, axis, 0);
    return wide ? numbers.to(at::kDouble) : numbers;
}

/// A float32 holds whole numbers up to 2^24; products of two bytes reach 2^16.
bool needsWide(std::int64_t products)
{
    return products >= 256;
}

/// The convolution of a node, with weights in place.
Tensors convolved(const Kernel &conv, const at::Tensor &x, const at::Tensor &w, const Run &run)
{
    checkedDims({w.numel()});
    return conv({x, w, at::Tensor()}, run);
}

Kernel makeConvInteger(const OnnxNode &node, int opset)
{
    const Kernel conv = findOperator("Conv")->make(node, opset);
    return [conv](const Tensors &in, const Run &run) -> Tensors {
        if (in[1].dim() < 3)
            throw Error("its weights have too few dimensions.");
        const bool wide = needsWide(in[1].size(0) > 0 ? in[1].numel() / in[1].size(0) : 0);
        const at::Tensor x = shifted(in[0], optional(in, 2), 1, wide);
        return {convolved(conv, x, shifted(in[1].to(x.device()), optional(in, 3), 0, wide), run).front().to(at::kInt)};
    };
}

/// Zero points of a left factor are one for each row, of a right factor one for each column.
at::Tensor factor(const at::Tensor &x, const at::Tensor &zero, bool left, bool wide)
{
    return shifted(x, zero, left ? -2 : -1, wide);
}

Kernel makeMatMulInteger(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        checkProduct(in[0], in[1]);
        const bool wide = needsWide(in[0].size(-1));
        const at::Tensor a = factor(in[0], optional(in, 2), true, wide);
        return {at::matmul(a, factor(in[1].to(a.device()), optional(in, 3), false, wide)).to(at::kInt)};
    };
}

/// Inputs: x, its scale and zero, w, its scale and zero, the result's scale and zero, a bias in units of both scales.
Kernel makeQLinearConv(const OnnxNode &node, int opset)
{
    const Kernel conv = findOperator("Conv")->make(node, opset);
    return [conv](const Tensors &in, const Run &run) -> Tensors {
        if (in[3].dim() < 3)
            throw Error("its weights have too few dimensions.");
        const bool wide = needsWide(in[3].size(0) > 0 ? in[3].numel() / in[3].size(0) : 0);
        const at::Tensor x = shifted(in[0], in[2], 1, wide);
        at::Tensor y = convolved(conv, x, shifted(in[3].to(x.device()), in[5], 0, wide), run).front();
        if (in.size() > 8 && in[8].defined()) {
            std::vector<std::int64_t> shape(static_cast<std::size_t>(y.dim()), 1);
            shape[1] = -1;
            y = y + in[8].to(y.device(), y.scalar_type()).reshape(shape);
        }
        const at::Tensor scales = alongAxis(in[1], y, 1, 0) * alongAxis(in[4], y, 1, 0);
        return {quantised(y * scales, in[6], in[7], typeOfZero(in[7]))};
    };
}

Kernel makeQLinearMatMul(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        checkProduct(in[0], in[3]);
        const bool wide = needsWide(in[0].size(-1));
        const at::Tensor a = factor(in[0], in[2], true, wide);
        const at::Tensor b = factor(in[3].to(a.device()), in[5], false, wide);
        const at::Tensor y = at::matmul(a, b);
        return {quantised(y * alongAxis(in[1], y, -2, 0) * alongAxis(in[4], y, -1, 0), in[6], in[7], typeOfZero(in[7]), -1)};
    };
}

/// What ONNX Runtime's quantiser writes besides: two quantised inputs, each with scale and zero point, into one.
template<at::Tensor (*work)(const at::Tensor &, const at::Tensor &)>
Kernel makeQLinearBinary(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const auto [a, b] = together(dequantised(in[0], in[1], in[2]), dequantised(in[3], in[4], in[5]));
        return {quantised(work(a, b), in[6], optional(in, 7), typeOfZero(in[2]))};
    };
}

at::Tensor added(const at::Tensor &a, const at::Tensor &b)
{
    return at::add(a, b);
}

Kernel makeQLinearUnary(const OnnxNode &node, int)
{
    const bool leaky = node.type == "com.microsoft::QLinearLeakyRelu";
    return [leaky, slope = node.f("alpha", 0.01F)](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor x = dequantised(in[0], in[1], in[2]);
        return {quantised(leaky ? at::leaky_relu(x, slope) : at::sigmoid(x), in[3], optional(in, 4), typeOfZero(in[2]))};
    };
}

Kernel makeQLinearPool(const OnnxNode &node, int opset)
{
    const bool global = node.type == "com.microsoft::QLinearGlobalAveragePool";
    if (node.i("channels_last", 0) != 0)
        throw Error("its channels come last, which is not understood.");
    OnnxNode plain = node;
    plain.type = global ? "GlobalAveragePool" : "AveragePool";
    const Kernel pool = findOperator(plain.type)->make(plain, opset);
    return [pool](const Tensors &in, const Run &run) -> Tensors {
        return {quantised(pool({dequantised(in[0], in[1], in[2])}, run).front(), in[3], optional(in, 4), typeOfZero(in[2]))};
    };
}

/// Inputs: the result's scale and zero, then value, scale and zero of each part.
Kernel makeQLinearConcat(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        if (in.size() % 3 != 2)
            throw Error("its parts lack a scale or a zero point.");
        Tensors parts;
        std::int64_t elements = 0;
        for (std::size_t i = 2; i + 2 < in.size(); i += 3) {
            parts.push_back(dequantised(in[i], in[i + 1], in[i + 2]));
            elements += parts.back().numel();
        }
        checkedDims({elements});
        return {quantised(at::cat(parts, axisOf(axis, parts.front().dim())), in[0], in[1], typeOfZero(in[1]))};
    };
}

/// Inputs: a, its scale and zero, b, its scale and zero, a bias in units of both scales, the result's scale and zero (left out: float).
Kernel makeQGemm(const OnnxNode &node, int)
{
    const float alpha = node.f("alpha", 1);
    const bool transposeA = node.i("transA", 0) != 0;
    const bool transposeB = node.i("transB", 0) != 0;
    return [=](const Tensors &in, const Run &run) -> Tensors {
        if (in[0].dim() != 2 || in[3].dim() != 2)
            throw Error("it needs two matrices.");
        const at::Tensor x = transposeA ? in[0].t() : in[0];
        const at::Tensor w = transposeB ? in[3].t() : in[3];
        checkProduct(x, w);
        const bool wide = needsWide(x.size(1));
        const at::Tensor a = factor(x, in[2], true, wide);
        const at::Tensor b = factor(w.to(a.device()), in[5], false, wide);
        at::Tensor y = at::matmul(a, b) * alpha;
        if (in.size() > 6 && in[6].defined())
            y = y + in[6].to(y.device(), y.scalar_type());
        y = y * alongAxis(in[1], y, -2, 0) * alongAxis(in[4], y, -1, 0);
        if (in.size() < 8 || !in[7].defined())
            return {y.to(run.floats)};
        return {quantised(y, in[7], optional(in, 8), typeOfZero(optional(in, 8)), -1)};
    };
}

} // namespace

void addQuantised(std::map<std::string, Operator> &t)
{
    for (const std::string domain : {"", "com.microsoft::"}) {
        t[domain + "QuantizeLinear"] = {2, 3, {}, makeQuantize};
        t[domain + "DequantizeLinear"] = {2, 3, {}, makeDequantize};
    }
    t["DynamicQuantizeLinear"] = {1, 1, {}, makeDynamicQuantize};
    t["ConvInteger"] = {2, 4, {}, makeConvInteger};
    t["MatMulInteger"] = {2, 4, {}, makeMatMulInteger};
    t["QLinearConv"] = {8, 9, {}, makeQLinearConv};
    t["QLinearMatMul"] = {8, 8, {}, makeQLinearMatMul};
    t["com.microsoft::QLinearAdd"] = {7, 8, {}, makeQLinearBinary<added>};
    t["com.microsoft::QLinearMul"] = {7, 8, {}, makeQLinearBinary<at::mul>};
    t["com.microsoft::QLinearSigmoid"] = {4, 5, {}, makeQLinearUnary};
    t["com.microsoft::QLinearLeakyRelu"] = {4, 5, {}, makeQLinearUnary};
    t["com.microsoft::QLinearAveragePool"] = {4, 5, {}, makeQLinearPool};
    t["com.microsoft::QLinearGlobalAveragePool"] = {4, 5, {}, makeQLinearPool};
    t["com.microsoft::QLinearConcat"] = {5, 1024, {}, makeQLinearConcat};
    t["com.microsoft::QGemm"] = {6, 9, {}, makeQGemm};
}

} // namespace dscope::onnx
