#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

namespace dscope::onnx {

namespace {

at::Tensor reduced(const std::string &type, const at::Tensor &x, const std::vector<std::int64_t> &axes, bool keep)
{
    if (type == "ReduceMean")
        return at::mean(x, axes, keep);
    if (type == "ReduceSum")
        return at::sum(x, axes, keep);
    if (type == "ReduceMax")
        return at::amax(x, axes, keep);
    if (type == "ReduceMin")
        return at::amin(x, axes, keep);
    return at::linalg_vector_norm(x, type == "ReduceL1" ? 1 : 2, axes, keep);
}

Kernel makeReduce(const OnnxNode &node, int)
{
    const std::vector<std::int64_t> attribute = node.ints("axes");
    const bool keep = node.i("keepdims", 1) != 0;
    const bool nothing = node.i("noop_with_empty_axes", 0) != 0;
    return [=, type = node.type](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        std::vector<std::int64_t> axes = in.size() > 1 && in[1].defined() ? intsOf(in[1]) : attribute;
        if (axes.empty()) {
            if (nothing)
                return {x};
            for (std::int64_t i = 0; i < x.dim(); ++i)
                axes.push_back(i);
        }
        for (std::int64_t &axis : axes)
            axis = axisOf(axis, x.dim());
        return {reduced(type, x, axes, keep)};
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

} // namespace

void addReductions(std::map<std::string, Operator> &t)
{
    for (const char *name : {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2"})
        t[name] = {1, 2, {1}, makeReduce};
    t["LpNormalization"] = {1, 1, {}, makeLpNormalization};
}

} // namespace dscope::onnx
