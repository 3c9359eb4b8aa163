// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that calculate number by number from two inputs or more, and conversions.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

namespace dscope::onnx {

namespace {

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

/// Of two numbers at a time; what broadcasts is made alike.
template<at::Tensor (*work)(const at::Tensor &, const at::Tensor &)>
Kernel makeBinary(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const auto [a, b] = together(in[0], in[1]);
        return {work(a, b)};
    };
}

/// Of any number of inputs.
template<at::Tensor (*work)(const at::Tensor &, const at::Tensor &)>
Kernel makeFolded(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) { return folded(in, work); };
}

at::Tensor sum(const at::Tensor &a, const at::Tensor &b)
{
    return at::add(a, b);
}

at::Tensor difference(const at::Tensor &a, const at::Tensor &b)
{
    return at::sub(a, b);
}

at::Tensor power(const at::Tensor &a, const at::Tensor &b)
{
    // The result has the base's type, also where the exponent is no whole number.
    return a.is_floating_point() ? at::pow(a, b.to(a.scalar_type())) : at::pow(a.to(at::kDouble), b.to(at::kDouble)).to(a.scalar_type());
}

Kernel makeMod(const OnnxNode &node, int)
{
    // fmod: the sign of the dividend; else, for whole numbers, of the divisor.
    return [likeC = node.i("fmod", 0) != 0](const Tensors &in, const Run &) -> Tensors {
        const auto [a, b] = together(in[0], in[1]);
        if (!likeC && b.is_floating_point())
            throw Error("it takes the remainder of numbers that are not whole without fmod.");
        if (!b.is_floating_point()) {
            if (b.eq(0).any().item<bool>())
                throw Error("it divides a whole number by 0.");
            // The smallest whole number divided by -1 stops the processor; the remainder is 0.
            const at::Tensor divisor = at::where(b.eq(-1), at::ones_like(b), b);
            return {likeC ? at::fmod(a, divisor) : at::remainder(a, divisor)};
        }
        return {at::fmod(a, b)};
    };
}

Kernel makeMean(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors { return {folded(in, sum).front() / static_cast<double>(in.size())}; };
}

Kernel makeWhere(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const auto [a, b] = together(in[1], in[2]);
        const auto [condition, like] = together(in[0], a);
        checkedDims(at::infer_size(condition.sizes(), at::infer_size(like.sizes(), b.sizes())));
        return {at::where(condition.to(at::kBool), like, b.to(like.device()))};
    };
}

/// By ONNX's number of the type; everything that is not whole is calculated in one type.
at::Tensor converted(const at::Tensor &x, std::int64_t to, const Run &run)
{
    switch (to) {
    case 1:
    case 10:
    case 11:
    case 16: return x.to(x.is_floating_point() ? x.scalar_type() : run.floats);
    case 2: return x.to(at::kByte);
    case 3: return x.to(at::kChar);
    case 4: return x.to(at::kInt).bitwise_and(0xFFFF);
    case 5: return x.to(at::kShort);
    case 6: return x.to(at::kInt);
    case 7:
    case 12:
    case 13: return x.to(at::kLong);
    case 9: return x.to(at::kBool);
    default: throw Error("it converts to the type number " + std::to_string(to) + ", which is not understood.");
    }
}

Kernel makeCast(const OnnxNode &node, int)
{
    return [to = node.i("to", 0)](const Tensors &in, const Run &run) -> Tensors { return {converted(in[0], to, run)}; };
}

Kernel makeCastLike(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &run) -> Tensors {
        return {in[1].is_floating_point() ? in[0].to(in[0].is_floating_point() ? in[0].scalar_type() : run.floats) : in[0].to(in[1].scalar_type())};
    };
}

} // namespace

void addElementwise(std::map<std::string, Operator> &t)
{
    t["Add"] = {2, 2, {}, makeBinary<sum>};
    t["Sub"] = {2, 2, {}, makeBinary<difference>};
    t["Mul"] = {2, 2, {}, makeBinary<at::mul>};
    t["Div"] = {2, 2, {}, makeBinary<quotient>};
    t["Pow"] = {2, 2, {}, makeBinary<power>};
    t["Mod"] = {2, 2, {}, makeMod};
    t["Equal"] = {2, 2, {}, makeBinary<at::eq>};
    t["Greater"] = {2, 2, {}, makeBinary<at::gt>};
    t["GreaterOrEqual"] = {2, 2, {}, makeBinary<at::ge>};
    t["Less"] = {2, 2, {}, makeBinary<at::lt>};
    t["LessOrEqual"] = {2, 2, {}, makeBinary<at::le>};
    t["And"] = {2, 2, {}, makeBinary<at::logical_and>};
    t["Or"] = {2, 2, {}, makeBinary<at::logical_or>};
    t["Xor"] = {2, 2, {}, makeBinary<at::logical_xor>};
    t["Sum"] = {1, 1024, {}, makeFolded<sum>};
    t["Min"] = {1, 1024, {}, makeFolded<at::minimum>};
    t["Max"] = {1, 1024, {}, makeFolded<at::maximum>};
    t["Mean"] = {1, 1024, {}, makeMean};
    t["Where"] = {3, 3, {}, makeWhere};
    t["Cast"] = {1, 1, {}, makeCast};
    t["CastLike"] = {2, 2, {}, makeCastLike};
}

} // namespace dscope::onnx
