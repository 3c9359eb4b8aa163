// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that take or put entries by their places, and those that make lists of places.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <cmath>

namespace dscope::onnx {

namespace {

/// Places of an axis with the negative ones counted from the front, checked: on a GPU one out of range would end the whole process's use of it.
at::Tensor placesIn(const at::Tensor &given, std::int64_t size, const at::Tensor &like)
{
    const at::Tensor index = given.to(at::kLong);
    if (index.numel() == 0)
        return index.to(like.device());
    if (index.min().item<std::int64_t>() < -size || index.max().item<std::int64_t>() >= size)
        throw Error("it takes an entry that is not there.");
    return at::where(index.lt(0), index + size, index).to(like.device());
}

Kernel makeGather(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const std::int64_t along = axisOf(axis, x.dim());
        std::vector<std::int64_t> dims = x.sizes().slice(0, static_cast<std::size_t>(along)).vec();
        dims.insert(dims.end(), in[1].sizes().begin(), in[1].sizes().end());
        dims.insert(dims.end(), x.sizes().begin() + along + 1, x.sizes().end());
        checkedDims(dims);
        return {x.index_select(along, placesIn(in[1], x.size(along), x).reshape({-1})).reshape(dims)};
    };
}

/// Both have the same number of axes, and the index is nowhere longer but along the axis itself.
void checkAlong(const at::Tensor &x, const at::Tensor &index, std::int64_t along)
{
    bool fits = x.dim() == index.dim();
    for (std::int64_t i = 0; fits && i < x.dim(); ++i)
        fits = i == along || index.size(i) <= x.size(i);
    if (!fits)
        throw Error("its indices do not fit its input.");
}

Kernel makeGatherElements(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        const std::int64_t along = axisOf(axis, in[0].dim());
        checkAlong(in[0], in[1], along);
        return {at::gather(in[0], along, placesIn(in[1], in[0].size(along), in[0]))};
    };
}

Kernel makeScatterElements(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", 0);
    const std::string how = node.s("reduction", "none");
    const std::map<std::string, std::string> names{{"add", "sum"}, {"mul", "prod"}, {"max", "amax"}, {"min", "amin"}};
    if (how != "none" && names.count(how) == 0)
        throw Error("its reduction '" + how + "' is not understood.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::int64_t along = axisOf(axis, in[0].dim());
        checkAlong(in[0], in[1], along);
        if (in[1].sizes() != in[2].sizes())
            throw Error("its indices do not fit what it puts there.");
        const at::Tensor index = placesIn(in[1], in[0].size(along), in[0]);
        const at::Tensor values = in[2].to(in[0].device(), in[0].scalar_type());
        return {how == "none" ? at::scatter(in[0], along, index, values) : at::scatter_reduce(in[0], along, index, values, names.at(how), true)};
    };
}

/// Rows of a tensor that a list of places names: indices [..., k] name entries of x's first k axes.
struct Rows {
    at::Tensor flat; ///< place of each row, counted over the first k axes
    std::int64_t count = 1;
    std::vector<std::int64_t> inner; ///< the axes that a row has
};

Rows rowsOf(const at::Tensor &x, const at::Tensor &indices)
{
    if (indices.dim() < 1 || indices.size(-1) > x.dim())
        throw Error("its indices do not fit its input.");
    const std::int64_t k = indices.size(-1);
    Rows rows;
    rows.flat = at::zeros(indices.sizes().slice(0, static_cast<std::size_t>(indices.dim() - 1)), at::TensorOptions().dtype(at::kLong).device(x.device()));
    for (std::int64_t i = 0; i < k; ++i) {
        rows.flat = rows.flat * x.size(i) + placesIn(indices.select(-1, i), x.size(i), x);
        rows.count *= x.size(i);
    }
    rows.inner = x.sizes().slice(static_cast<std::size_t>(k)).vec();
    return rows;
}

Kernel makeGatherND(const OnnxNode &node, int)
{
    if (node.i("batch_dims", 0) != 0)
        throw Error("its batch_dims are not understood.");
    return [](const Tensors &in, const Run &) -> Tensors {
        const Rows rows = rowsOf(in[0], in[1]);
        std::vector<std::int64_t> dims = rows.flat.sizes().vec();
        dims.insert(dims.end(), rows.inner.begin(), rows.inner.end());
        checkedDims(dims);
        std::vector<std::int64_t> listed{rows.count};
        listed.insert(listed.end(), rows.inner.begin(), rows.inner.end());
        return {in[0].reshape(listed).index_select(0, rows.flat.reshape({-1})).reshape(dims)};
    };
}

Kernel makeScatterND(const OnnxNode &node, int)
{
    const std::string how = node.s("reduction", "none");
    if (how != "none" && how != "add")
        throw Error("its reduction '" + how + "' is not understood.");
    return [how](const Tensors &in, const Run &) -> Tensors {
        const Rows rows = rowsOf(in[0], in[1]);
        std::vector<std::int64_t> listed{rows.count};
        listed.insert(listed.end(), rows.inner.begin(), rows.inner.end());
        std::vector<std::int64_t> put{rows.flat.numel()};
        put.insert(put.end(), rows.inner.begin(), rows.inner.end());
        const at::Tensor values = in[2].to(in[0].device(), in[0].scalar_type()).reshape(put);
        const at::Tensor y = in[0].reshape(listed);
        const at::Tensor where = rows.flat.reshape({-1});
        return {(how == "add" ? y.index_add(0, where, values) : y.index_copy(0, where, values)).reshape(in[0].sizes())};
    };
}

Kernel makeTopK(const OnnxNode &node, int opset)
{
    const std::int64_t axis = node.i("axis", -1);
    const bool largest = node.i("largest", 1) != 0;
    const std::int64_t attribute = node.i("k", 0);
    return [=](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> given = opset < 10 ? std::vector<std::int64_t>{attribute} : listFrom(in, 1, {});
        const std::int64_t along = axisOf(axis, in[0].dim());
        if (given.size() != 1 || given.front() < 0 || given.front() > in[0].size(along))
            throw Error("its k is out of range.");
        // Equal numbers in the order of their places.
        const auto [values, places] = at::sort(in[0], true, along, largest);
        return {values.narrow(along, 0, given.front()), places.narrow(along, 0, given.front())};
    };
}

Kernel makeNonZero(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor flags = in[0].ne(0);
        checkedDims({flags.sum().item<std::int64_t>(), std::max<std::int64_t>(1, in[0].dim())});
        return {at::nonzero(flags).t().contiguous()};
    };
}

Kernel makeRange(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const std::vector<double> from = doublesOf(in[0]);
        const std::vector<double> to = doublesOf(in[1]);
        const std::vector<double> step = doublesOf(in[2]);
        if (from.size() != 1 || to.size() != 1 || step.size() != 1 || step.front() == 0)
            throw Error("its start, limit and step are no three numbers, or the step is 0.");
        const double count = std::max(0.0, std::ceil((to.front() - from.front()) / step.front()));
        if (!(count <= static_cast<double>(Bounds::elements())))
            throw Error("it would give a list of more than " + std::to_string(Bounds::elements()) + " entries.");
        const at::Tensor numbers = at::arange(static_cast<std::int64_t>(count), at::kDouble) * step.front() + from.front();
        return {numbers.to(in[0].is_floating_point() ? at::kFloat : in[0].scalar_type())};
    };
}

Kernel makeTrilu(const OnnxNode &node, int)
{
    const bool upper = node.i("upper", 1) != 0;
    return [upper](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> given = listFrom(in, 1, {0});
        if (given.size() != 1 || in[0].dim() < 2 || std::abs(static_cast<double>(given.front())) > 1e9)
            throw Error("its diagonal or its input is out of range.");
        return {upper ? at::triu(in[0], given.front()) : at::tril(in[0], given.front())};
    };
}

Kernel makeOneHot(const OnnxNode &node, int)
{
    const std::int64_t axis = node.i("axis", -1);
    return [axis](const Tensors &in, const Run &) -> Tensors {
        const std::vector<std::int64_t> depth = intsOf(in[1]);
        const std::vector<double> values = doublesOf(in[2]);
        if (depth.size() != 1 || depth.front() < 1 || values.size() != 2)
            throw Error("its depth or its values are out of range.");
        std::vector<std::int64_t> dims = in[0].sizes().vec();
        dims.push_back(depth.front());
        checkedDims(dims);
        const at::Tensor given = in[0].to(at::kLong);
        const at::Tensor index = at::where(given.lt(0), given + depth.front(), given).unsqueeze(-1);
        const at::Tensor hot = index.eq(at::arange(depth.front(), index.options()));
        const at::Tensor y = at::where(hot, at::scalar_tensor(values[1], in[2].options()), at::scalar_tensor(values[0], in[2].options()));
        return {y.movedim(-1, axisOf(axis, y.dim()))};
    };
}

Kernel makeEyeLike(const OnnxNode &node, int)
{
    const std::int64_t k = node.i("k", 0);
    return [k](const Tensors &in, const Run &) -> Tensors {
        if (in[0].dim() != 2 || std::abs(static_cast<double>(k)) > 1e9)
            throw Error("its input is no matrix.");
        const at::Tensor ones = at::ones_like(in[0]);
        return {at::triu(at::tril(ones, k), k)};
    };
}

} // namespace

void addIndexing(std::map<std::string, Operator> &t)
{
    t["Gather"] = {2, 2, {1}, makeGather};
    t["GatherElements"] = {2, 2, {1}, makeGatherElements};
    t["GatherND"] = {2, 2, {1}, makeGatherND};
    t["ScatterElements"] = {3, 3, {1}, makeScatterElements};
    t["ScatterND"] = {3, 3, {1}, makeScatterND};
    t["TopK"] = {1, 2, {1}, makeTopK};
    t["NonZero"] = {1, 1, {}, makeNonZero};
    t["Range"] = {3, 3, {0, 1, 2}, makeRange};
    t["Trilu"] = {1, 2, {1}, makeTrilu};
    t["OneHot"] = {3, 3, {1, 2}, makeOneHot};
    t["EyeLike"] = {1, 1, {}, makeEyeLike};
}

} // namespace dscope::onnx
