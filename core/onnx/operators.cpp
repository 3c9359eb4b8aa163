// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/operators.h"

#include "core/base/error.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <algorithm>

namespace dscope::onnx {

namespace {

/// Without bounds of its own, as in a test of a single operator.
constexpr std::int64_t s_mostElements = std::int64_t{1} << 28;
thread_local Bounds *s_bounds = nullptr;

const std::map<std::string, Operator> &table()
{
    static const std::map<std::string, Operator> all = [] {
        std::map<std::string, Operator> made;
        addActivations(made);
        addNormalisations(made);
        addAttention(made);
        addIndexing(made);
        addQuantised(made);
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

Bounds::Bounds(std::int64_t elements, std::int64_t bytes, double work, const Progress *progress)
    : m_outer(s_bounds), m_elements(elements), m_bytes(bytes), m_work(work), m_task(progress)
{
    s_bounds = this;
}

Bounds::~Bounds()
{
    s_bounds = m_outer;
}

std::int64_t Bounds::elements()
{
    return s_bounds != nullptr ? std::min(s_bounds->m_elements, s_mostElements) : s_mostElements;
}

void Bounds::charge(double macs)
{
    if (s_bounds == nullptr)
        return;
    if (s_bounds->m_task != nullptr)
        s_bounds->m_task->throwIfCancelled();
    s_bounds->m_work -= macs;
    if (!(s_bounds->m_work >= 0))
        throw Error("it asks for more work than a network of this size needs for a picture.");
}

void Bounds::alive(std::int64_t bytes)
{
    if (s_bounds == nullptr)
        return;
    s_bounds->m_alive += bytes;
    if (s_bounds->m_alive > s_bounds->m_bytes)
        throw Error("its layers take more than " + std::to_string(s_bounds->m_bytes >> 20)
                    + " MiB at once, more than a network of this size needs for a picture.");
}

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
    const std::int64_t most = Bounds::elements();
    std::int64_t elements = 1;
    for (const std::int64_t dim : dims) {
        if (dim < 0)
            throw Error("it would give a tensor of the negative dimension " + std::to_string(dim) + ".");
        if (dim > 0 && elements > most / dim)
            throw Error("it would give a tensor of more than " + std::to_string(most) + " elements, more than a network of this size needs.");
        elements *= dim;
    }
    return dims;
}

std::pair<at::Tensor, at::Tensor> together(const at::Tensor &a, const at::Tensor &b)
{
    checkedDims(at::infer_size(a.sizes(), b.sizes()));
    if (a.device() == b.device())
        return {a, b};
    return a.is_cpu() ? std::pair{a.to(b.device()), b} : std::pair{a, b.to(a.device())};
}

at::Tensor optional(const Tensors &in, std::size_t index)
{
    return in.size() > index ? in[index] : at::Tensor();
}

std::vector<std::int64_t> listFrom(const Tensors &in, std::size_t index, const std::vector<std::int64_t> &attribute)
{
    return in.size() > index && in[index].defined() ? intsOf(in[index]) : attribute;
}

void checkProduct(const at::Tensor &a, const at::Tensor &b)
{
    if (a.dim() < 1 || b.dim() < 1)
        throw Error("it multiplies a single number as a matrix.");
    const std::int64_t rows = a.dim() > 1 ? a.size(-2) : 1;
    const std::int64_t columns = b.dim() > 1 ? b.size(-1) : 1;
    std::vector<std::int64_t> dims = at::infer_size(a.sizes().slice(0, static_cast<std::size_t>(std::max<std::int64_t>(0, a.dim() - 2))),
                                                    b.sizes().slice(0, static_cast<std::size_t>(std::max<std::int64_t>(0, b.dim() - 2))));
    dims.push_back(rows);
    dims.push_back(columns);
    checkedDims(dims);
    double work = static_cast<double>(a.size(-1));
    for (const std::int64_t dim : dims)
        work *= static_cast<double>(dim);
    Bounds::charge(work);
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
