#include "core/onnx/operators.h"

#include "core/base/error.h"

#include <ATen/ATen.h>

namespace dscope::onnx {

namespace {

const std::map<std::string, Operator> &table()
{
    static const std::map<std::string, Operator> all = [] {
        std::map<std::string, Operator> made;
        addElementwise(made);
        addWindows(made);
        addShapes(made);
        addReductions(made);
        addResizing(made);
        return made;
    }();
    return all;
}

void checkSmall(const at::Tensor &tensor)
{
    if (!tensor.defined())
        throw Error("an input that it needs is left out.");
    if (tensor.numel() > 4096)
        throw Error("a list of parameters has " + std::to_string(tensor.numel()) + " entries.");
}

} // namespace

const Operator *findOperator(const std::string &type)
{
    const auto found = table().find(type);
    return found != table().end() ? &found->second : nullptr;
}

std::vector<std::string> operatorNames()
{
    std::vector<std::string> names;
    for (const auto &[name, entry] : table())
        names.push_back(name);
    return names;
}

const std::vector<std::int64_t> &checkedDims(const std::vector<std::int64_t> &dims)
{
    std::int64_t elements = 1;
    for (const std::int64_t dim : dims) {
        if (dim < 0)
            throw Error("it would give a tensor of the negative dimension " + std::to_string(dim) + ".");
        if (dim > 0 && elements > s_mostElements / dim)
            throw Error("it would give a tensor of more than " + std::to_string(s_mostElements) + " elements.");
        elements *= dim;
    }
    return dims;
}

std::vector<std::int64_t> intsOf(const at::Tensor &tensor)
{
    checkSmall(tensor);
    const at::Tensor plain = tensor.to(at::kCPU, at::kLong).contiguous();
    const std::int64_t *values = plain.data_ptr<std::int64_t>();
    return {values, values + plain.numel()};
}

std::vector<double> doublesOf(const at::Tensor &tensor)
{
    checkSmall(tensor);
    const at::Tensor plain = tensor.to(at::kCPU, at::kDouble).contiguous();
    const double *values = plain.data_ptr<double>();
    return {values, values + plain.numel()};
}

std::int64_t axisOf(std::int64_t axis, std::int64_t dims)
{
    if (axis < -dims || axis >= dims)
        throw Error("there is no axis " + std::to_string(axis) + " in a tensor of " + std::to_string(dims) + " dimensions.");
    return axis < 0 ? axis + dims : axis;
}

} // namespace dscope::onnx
