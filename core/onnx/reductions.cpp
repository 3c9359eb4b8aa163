// SPDX-License-Identifier: GPL-3.0-or-later
// Sums and the like over axes.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope::onnx {

namespace {

at::Tensor product(const at::Tensor &x, std::vector<std::int64_t> axes, bool keep)
{
    at::Tensor y = x;
    std::sort(axes.begin(), axes.end());
    for (std::size_t i = axes.size(); i-- > 0;)
        y = at::prod(y, axes[i], keep);
    return y;
}

at::Tensor reduced(const std::string &type, const at::Tensor &x, const std::vector<std::int64_t> &axes, bool keep)
{
    const auto whole = [&](const at::Tensor &y) { return y.to(x.scalar_type()); }; // whole numbers stay whole
    if (type == "ReduceMean")
        return x.is_floating_point() ? at::mean(x, axes, keep) : whole(at::mean(x.to(at::kDouble), axes, keep));
    if (type == "ReduceSum")
        return whole(at::sum(x, axes, keep));
    if (type == "ReduceMax")
        return at::amax(x, axes, keep);
    if (type == "ReduceMin")
        return at::amin(x, axes, keep);
    if (type == "ReduceProd")
        return whole(product(x, axes, keep));
    if (type == "ReduceSumSquare")
        return whole(at::sum(x * x, axes, keep));
    if (type == "ReduceLogSum")
        return at::log(at::sum(x, axes, keep));
    if (type == "ReduceLogSumExp")
        return at::logsumexp(x, axes, keep);
    const at::Tensor numbers = x.is_floating_point() ? x : x.to(at::kDouble);
    return whole(at::linalg_vector_norm(numbers, type == "ReduceL1" ? 1 : 2, axes, keep));
}

Kernel makeReduce(const OnnxNode &node, int)
{
    const std::vector<std::int64_t> attribute = node.ints("axes");
    const bool keep = node.i("keepdims", 1) != 0;
    const bool nothing = node.i("noop_with_empty_axes", 0) != 0;
    return [=, type = node.type](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        std::vector<std::int64_t> axes = listFrom(in, 1, attribute);
        if (axes.empty()) {
            if (nothing)
                return {x};
            for (std::int64_t i = 0; i < x.dim(); ++i)
                axes.push_back(i);
        }
        for (std::int64_t &axis : axes)
            axis = axisOf(axis, x.dim());
        if (axes.empty())
            return {reduced(type, x.reshape({1}), {0}, false)};
        return {reduced(type, x, axes, keep)};
    };
}

Kernel makeArg(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    const bool keep = node.i("keepdims", 1) != 0;
    const bool last = node.i("select_last_index", 0) != 0;
    return [=, max = node.type == "ArgMax"](const Tensors &in, const Run &) -> Tensors {
        const std::int64_t along = axisOf(axis, in[0].dim());
        const at::Tensor x = last ? in[0].flip(along) : in[0];
        const at::Tensor at = max ? at::argmax(x, along, keep) : at::argmin(x, along, keep);
        return {last ? x.size(along) - 1 - at : at};
    };
}

Kernel makeCumSum(const OnnxNode &node, int)
{
    const bool without = node.i("exclusive", 0) != 0;
    const bool backwards = node.i("reverse", 0) != 0;
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> given = intsOf(in[1]);
        if (given.size() != 1)
            throw Error("its axis is no single number.");
        const std::int64_t axis = axisOf(given.front(), in[0].dim());
        const at::Tensor x = backwards ? in[0].flip(axis) : in[0];
        at::Tensor y = at::cumsum(x, axis).to(x.scalar_type());
        if (without)
            y = y - x;
        return {backwards ? y.flip(axis) : y};
    };
}

} // namespace

void addReductions(std::map<std::string, Operator> &t)
{
    for (const char *name :
         {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ReduceL1", "ReduceL2"})
        t[name] = {1, 2, {1}, makeReduce};
    t["ArgMax"] = {1, 1, {}, makeArg};
    t["ArgMin"] = {1, 1, {}, makeArg};
    t["CumSum"] = {2, 2, {1}, makeCumSum};
}

} // namespace dscope::onnx
