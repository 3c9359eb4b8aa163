// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that move elements about, and those that calculate shapes.
#include "core/base/error.h"
#include "core/onnx/operators.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <algorithm>
#include <set>

namespace dscope::onnx {

namespace {

/// A file exported for one picture says so in its Reshapes: their first dimension is the constant 1. For the rule that makes such a file run on any
/// batch: where such a Reshape gets a tensor whose first dimension is the batch, the 1 means the batch. A network for which that gives other
/// numbers than its pictures one by one is found out when it is loaded, and runs them one by one (OnnxExecutor::batchFree).
Kernel makeReshape(const OnnxNode &node, int)
{
    const bool zeroIsZero = node.i("allowzero", 0) != 0;
    return [zeroIsZero](const Tensors &in, const Run &run) -> Tensors {
        const at::Tensor &x = in[0];
        std::vector<std::int64_t> dims = intsOf(in[1]);
        if (dims.size() > 8)
            throw Error("it has more than 8 dimensions.");
        for (std::size_t i = 0; i < dims.size(); ++i)
            if (dims[i] == 0 && !zeroIsZero) {
                if (i >= static_cast<std::size_t>(x.dim()))
                    throw Error("it keeps a dimension that its input does not have.");
                dims[i] = x.size(static_cast<std::int64_t>(i));
            }
        if (run.fixedBatch && run.batch > 1 && x.is_floating_point() && dims.size() > 1 && dims[0] == 1 && x.dim() > 0 && x.size(0) == run.batch)
            dims[0] = run.batch;
        return {x.reshape(dims)};
    };
}

Kernel makeFlatten(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 1);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const std::int64_t from = axis == x.dim() ? axis : axisOf(axis, x.dim());
        std::int64_t rows = 1;
        for (std::int64_t i = 0; i < from; ++i)
            rows *= x.size(i);
        return {x.reshape({rows, rows > 0 ? x.numel() / rows : 0})};
    };
}

Kernel makeTranspose(const OnnxNode &node, int)
{
    const std::vector<std::int64_t> order = node.ints("perm");
    return [order](const Tensors &in, const Run &) -> Tensors {
        std::vector<std::int64_t> perm = order;
        if (perm.empty())
            for (std::int64_t i = in[0].dim(); i-- > 0;)
                perm.push_back(i);
        return {in[0].permute(perm)};
    };
}

Kernel makeConcat(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        Tensors parts;
        // Shapes on the CPU may meet weights on the GPU, whole numbers of two widths one another.
        const auto lead = std::find_if(in.begin(), in.end(), [](const at::Tensor &t) { return !t.is_cpu(); });
        std::int64_t elements = 0;
        for (const at::Tensor &part : in) {
            parts.push_back(lead != in.end() ? part.to(lead->device()) : part);
            elements += part.numel();
        }
        checkedDims({elements});
        return {at::cat(parts, axisOf(axis, in[0].dim()))};
    };
}

Kernel makeSplit(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    const bool told = node.has("num_outputs"); // since set 18: the last part may be smaller
    const std::vector<std::int64_t> sizes = node.ints("split");
    const auto count = static_cast<std::int64_t>(node.outputs.size());
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::int64_t along = axisOf(axis, in[0].dim());
        std::vector<std::int64_t> parts = listFrom(in, 1, sizes);
        if (parts.empty() && told) {
            const std::int64_t part = (in[0].size(along) + count - 1) / count;
            for (std::int64_t i = 0; i < count; ++i)
                parts.push_back(std::clamp<std::int64_t>(in[0].size(along) - i * part, 0, part));
        } else if (parts.empty()) {
            if (in[0].size(along) % count != 0)
                throw Error("it cannot split " + std::to_string(in[0].size(along)) + " into " + std::to_string(count) + " equal parts.");
            parts.assign(static_cast<std::size_t>(count), in[0].size(along) / count);
        }
        if (static_cast<std::int64_t>(parts.size()) != count)
            throw Error("it has " + std::to_string(count) + " outputs for " + std::to_string(parts.size()) + " parts.");
        return at::split_with_sizes(in[0], parts, along);
    };
}

at::Tensor sliced(const at::Tensor &x, std::int64_t axis, std::int64_t start, std::int64_t end, std::int64_t step)
{
    const std::int64_t size = x.size(axis);
    if (start < 0)
        start += size;
    if (end < 0)
        end += size;
    if (step > 0)
        return x.slice(axis, std::clamp<std::int64_t>(start, 0, size), std::clamp<std::int64_t>(end, 0, size), step);
    start = std::clamp<std::int64_t>(start, -1, size - 1);
    end = std::clamp<std::int64_t>(end, -1, size - 1);
    const std::int64_t stride = step < -size ? size + 1 : -step;
    if (start <= end)
        return x.slice(axis, 0, 0);
    const std::int64_t count = (start - end + stride - 1) / stride;
    return x.slice(axis, start - (count - 1) * stride, start + 1, stride).flip(axis);
}

Kernel makeSlice(const OnnxNode &node, int opset)
{
    const bool attributes = opset < 10;
    const std::vector<std::int64_t> starts = node.ints("starts");
    const std::vector<std::int64_t> ends = node.ints("ends");
    const std::vector<std::int64_t> axes = node.ints("axes");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> from = attributes ? starts : listFrom(in, 1, {});
        const std::vector<std::int64_t> to = attributes ? ends : listFrom(in, 2, {});
        std::vector<std::int64_t> along = attributes ? axes : listFrom(in, 3, {});
        std::vector<std::int64_t> steps = listFrom(in, 4, {});
        if (along.empty())
            for (std::size_t i = 0; i < from.size(); ++i)
                along.push_back(static_cast<std::int64_t>(i));
        if (steps.empty())
            steps.assign(from.size(), 1);
        if (from.size() != to.size() || along.size() != from.size() || steps.size() != from.size())
            throw Error("its starts, ends, axes and steps are not of one length.");
        at::Tensor y = in[0];
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (steps[i] == 0)
                throw Error("it has a step of 0.");
            y = sliced(y, axisOf(along[i], y.dim()), from[i], to[i], steps[i]);
        }
        return {y};
    };
}

Kernel makeShape(const OnnxNode &node, int)
{
    const std::int64_t start = node.i("start", 0);
    const bool toEnd = !node.has("end");
    const std::int64_t end = node.i("end", 0);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::int64_t n = in[0].dim();
        const auto clamped = [n](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + n : i, 0, n); };
        const std::int64_t from = clamped(start);
        const std::int64_t to = toEnd ? n : std::max(from, clamped(end));
        return {at::tensor(in[0].sizes().slice(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)), at::kLong)};
    };
}

Kernel makeConstant(const OnnxNode &node, int)
{
    at::Tensor value;
    if (node.has("value")) {
        const OnnxAttribute &attribute = node.attributes.at("value");
        if (attribute.kind != OnnxAttribute::Kind::Tensor)
            throw Error("its value is no tensor.");
        value = tensorOf(attribute.tensor);
    } else if (node.has("value_float")) {
        value = at::scalar_tensor(node.f("value_float", 0), at::kFloat);
    } else if (node.has("value_int")) {
        value = at::scalar_tensor(node.i("value_int", 0), at::kLong);
    } else if (node.has("value_ints")) {
        value = at::tensor(node.ints("value_ints"), at::kLong);
    } else if (node.has("value_floats")) {
        value = at::tensor(node.attributes.at("value_floats").floats, at::kFloat);
    } else {
        throw Error("it holds no value that is understood.");
    }
    return [value](const Tensors &, const Run &) -> Tensors { return {value}; };
}

Kernel makeConstantOfShape(const OnnxNode &node, int)
{
    at::Tensor value = at::zeros({1});
    if (node.has("value")) {
        const OnnxAttribute &attribute = node.attributes.at("value");
        if (attribute.kind != OnnxAttribute::Kind::Tensor || attribute.tensor.elements() != 1)
            throw Error("its value is no tensor of one element.");
        value = tensorOf(attribute.tensor).reshape({1});
    }
    return [value](const Tensors &in, const Run &) -> Tensors { return {at::full(checkedDims(intsOf(in[0])), value.item(), value.options())}; };
}

Kernel makeSqueeze(const OnnxNode &node, int)
{
    const std::vector<std::int64_t> attribute = node.ints("axes");
    return [attribute](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        std::set<std::int64_t> gone;
        for (const std::int64_t axis : listFrom(in, 1, attribute)) {
            const std::int64_t at = axisOf(axis, x.dim());
            if (x.size(at) != 1)
                throw Error("it takes away an axis of " + std::to_string(x.size(at)) + " entries.");
            gone.insert(at);
        }
        const bool all = gone.empty();
        std::vector<std::int64_t> dims;
        for (std::int64_t i = 0; i < x.dim(); ++i)
            if (all ? x.size(i) != 1 : gone.count(i) == 0)
                dims.push_back(x.size(i));
        return {x.reshape(dims)};
    };
}

Kernel makeUnsqueeze(const OnnxNode &node, int)
{
    const std::vector<std::int64_t> attribute = node.ints("axes");
    return [attribute](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> axes = listFrom(in, 1, attribute);
        const std::int64_t n = in[0].dim() + static_cast<std::int64_t>(axes.size());
        if (n > 8)
            throw Error("it gives more than 8 dimensions.");
        std::set<std::int64_t> sorted;
        for (const std::int64_t axis : axes)
            if (!sorted.insert(axisOf(axis, n)).second)
                throw Error("it adds an axis twice.");
        at::Tensor y = in[0];
        for (const std::int64_t axis : sorted)
            y = y.unsqueeze(axis);
        return {y};
    };
}

Kernel makeExpand(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> wanted = intsOf(in[1]);
        checkedDims(wanted);
        return {in[0].expand(checkedDims(at::infer_size(in[0].sizes(), wanted)))};
    };
}

Kernel makeTile(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> times = intsOf(in[1]);
        if (static_cast<std::int64_t>(times.size()) != in[0].dim())
            throw Error("it has " + std::to_string(times.size()) + " repeats for " + std::to_string(in[0].dim()) + " dimensions.");
        std::vector<std::int64_t> dims = checkedDims(times);
        dims.push_back(in[0].numel());
        checkedDims(dims);
        return {in[0].repeat(times)};
    };
}

/// The entries of an axis of n that stand at the places -before to n + after - 1.
std::vector<std::int64_t> paddedPlaces(const std::string &mode, std::int64_t n, std::int64_t before, std::int64_t after)
{
    const auto modulo = [](std::int64_t a, std::int64_t b) { return ((a % b) + b) % b; };
    std::vector<std::int64_t> places;
    for (std::int64_t i = -before; i < n + after; ++i) {
        if (mode == "edge")
            places.push_back(std::clamp<std::int64_t>(i, 0, n - 1));
        else if (mode == "wrap")
            places.push_back(modulo(i, n));
        else if (n == 1)
            places.push_back(0);
        else // reflect: 2 1 | 0 1 2 | 1 0
            places.push_back(std::min(modulo(i, 2 * n - 2), 2 * n - 2 - modulo(i, 2 * n - 2)));
    }
    return places;
}

Kernel makePad(const OnnxNode &node, int opset)
{
    const std::string mode = node.s("mode", "constant");
    if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
        throw Error("its mode '" + mode + "' is not understood.");
    const bool attributes = opset < 11;
    const std::vector<std::int64_t> attribute = node.ints("pads");
    const float fill = node.f("value", 0);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const std::vector<std::int64_t> given = attributes ? attribute : listFrom(in, 1, {});
        std::vector<std::int64_t> axes = listFrom(in, 3, {});
        if (axes.empty())
            for (std::int64_t i = 0; i < x.dim(); ++i)
                axes.push_back(i);
        if (given.size() != 2 * axes.size())
            throw Error("it has " + std::to_string(given.size()) + " pads for " + std::to_string(axes.size()) + " dimensions.");
        const auto n = static_cast<std::size_t>(x.dim());
        std::vector<std::int64_t> pads(2 * n, 0); // all begins, then all ends
        for (std::size_t i = 0; i < axes.size(); ++i) {
            const auto axis = static_cast<std::size_t>(axisOf(axes[i], x.dim()));
            pads[axis] = given[i];
            pads[n + axis] = given[axes.size() + i];
        }
        std::vector<std::int64_t> dims;
        std::vector<std::int64_t> order; // the last axis first
        for (std::size_t i = n; i-- > 0;) {
            if (std::abs(static_cast<double>(pads[i])) > 1e9 || std::abs(static_cast<double>(pads[n + i])) > 1e9)
                throw Error("its pads are out of range.");
            dims.push_back(x.size(static_cast<std::int64_t>(i)) + pads[i] + pads[n + i]);
            order.push_back(pads[i]);
            order.push_back(pads[n + i]);
        }
        checkedDims(dims);
        if (mode == "constant") {
            double value = fill;
            if (in.size() > 2 && in[2].defined() && in[2].numel() > 0) {
                const std::vector<double> single = doublesOf(in[2]);
                value = single.size() == 1 ? single.front() : throw Error("its value must be a single number.");
            }
            return {at::constant_pad_nd(x, order, value)};
        }
        if (x.numel() == 0)
            throw Error("its input is empty.");
        at::Tensor y = x;
        for (std::size_t i = 0; i < n; ++i)
            if (pads[i] != 0 || pads[n + i] != 0) {
                const auto axis = static_cast<std::int64_t>(i);
                y = y.index_select(axis, at::tensor(paddedPlaces(mode, x.size(axis), pads[i], pads[n + i]), at::kLong).to(x.device()));
            }
        return {y};
    };
}

/// Blocks of channels become squares of places.
Kernel makeDepthToSpace(const OnnxNode &node, int)
{
    const std::int64_t side = node.i("blocksize", 0);
    const bool blockFirst = node.s("mode", "DCR") == "DCR";
    if (side < 1 || side > 4096)
        throw Error("its blocksize is out of range.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() != 4 || x.size(1) % (side * side) != 0)
            throw Error("its channels cannot be cut into blocks.");
        const std::int64_t n = x.size(0), c = x.size(1) / (side * side), h = x.size(2), w = x.size(3);
        const at::Tensor y =
            blockFirst ? x.reshape({n, side, side, c, h, w}).permute({0, 3, 4, 1, 5, 2}) : x.reshape({n, c, side, side, h, w}).permute({0, 1, 4, 2, 5, 3});
        return {y.reshape({n, c, h * side, w * side})};
    };
}

Kernel makeSpaceToDepth(const OnnxNode &node, int)
{
    const std::int64_t side = node.i("blocksize", 0);
    if (side < 1 || side > 4096)
        throw Error("its blocksize is out of range.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() != 4 || x.size(2) % side != 0 || x.size(3) % side != 0)
            throw Error("its sides cannot be cut into blocks.");
        const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2) / side, w = x.size(3) / side;
        return {x.reshape({n, c, h, side, w, side}).permute({0, 3, 5, 1, 2, 4}).reshape({n, c * side * side, h, w})};
    };
}

Kernel makeSize(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors { return {at::scalar_tensor(in[0].numel(), at::kLong)}; };
}

} // namespace

void addShapes(std::map<std::string, Operator> &t)
{
    t["Reshape"] = {2, 2, {1}, makeReshape};
    t["Flatten"] = {1, 1, {}, makeFlatten};
    t["Transpose"] = {1, 1, {}, makeTranspose};
    t["Concat"] = {1, 4096, {}, makeConcat};
    t["Split"] = {1, 2, {1}, makeSplit};
    t["Slice"] = {1, 5, {1, 2, 3, 4}, makeSlice};
    t["Shape"] = {1, 1, {}, makeShape};
    t["Constant"] = {0, 0, {}, makeConstant};
    t["ConstantOfShape"] = {1, 1, {0}, makeConstantOfShape};
    t["Squeeze"] = {1, 2, {1}, makeSqueeze};
    t["Unsqueeze"] = {1, 2, {1}, makeUnsqueeze};
    t["Expand"] = {2, 2, {1}, makeExpand};
    t["Tile"] = {2, 2, {1}, makeTile};
    t["Pad"] = {1, 4, {1, 2, 3}, makePad};
    t["DepthToSpace"] = {1, 1, {}, makeDepthToSpace};
    t["SpaceToDepth"] = {1, 1, {}, makeSpaceToDepth};
    t["Size"] = {1, 1, {}, makeSize};
}

} // namespace dscope::onnx
