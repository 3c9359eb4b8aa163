// SPDX-License-Identifier: GPL-3.0-or-later
// Convolutions, pooling, matrix products.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <limits>

namespace dscope::onnx {

namespace {

constexpr std::int64_t s_largestSide = 1 << 16;

std::vector<std::int64_t> sidesOf(const at::Tensor &x, std::size_t spatial)
{
    if (x.dim() != static_cast<std::int64_t>(spatial) + 2)
        throw Error("its input has " + std::to_string(x.dim()) + " dimensions where " + std::to_string(spatial + 2) + " are needed.");
    return x.sizes().slice(2).vec();
}

/// Begins and ends as at::constant_pad_nd wants them: the last axis first.
std::vector<std::int64_t> reversedPads(const std::vector<std::int64_t> &pads)
{
    const std::size_t n = pads.size() / 2;
    std::vector<std::int64_t> order;
    for (std::size_t i = n; i-- > 0;) {
        order.push_back(pads[i]);
        order.push_back(pads[n + i]);
    }
    return order;
}

/// What it costs to lay a window of so many numbers on each place of the result.
void chargeWindows(const std::vector<std::int64_t> &result, std::int64_t window)
{
    auto work = static_cast<double>(window);
    for (const std::int64_t dim : result)
        work *= static_cast<double>(dim);
    Bounds::charge(work);
}

Kernel makeConv(const OnnxNode &node, int)
{
    const std::int64_t groups = node.i("group", 1);
    if (groups < 1)
        throw Error("it has " + std::to_string(groups) + " groups.");
    const Window declared = Window::of(node, {});
    return [=](const Tensors &in, const Run &) -> Tensors {
        at::Tensor x = in[0];
        const at::Tensor &weight = in[1];
        if (weight.dim() < 3 || weight.dim() > 5)
            throw Error("its weights have " + std::to_string(weight.dim()) + " dimensions.");
        const std::vector<std::int64_t> kernel = weight.sizes().slice(2).vec();
        const Window window = declared.completed(kernel);
        const std::size_t n = kernel.size();
        const std::vector<std::int64_t> sides = sidesOf(x, n);
        std::vector<std::int64_t> pads = window.padsFor(sides);
        std::vector<std::int64_t> dims{x.size(0), weight.size(0)};
        for (std::size_t i = 0; i < n; ++i)
            dims.push_back(window.outputSide(i, sides[i], pads[i], pads[n + i]));
        checkedDims(dims);
        chargeWindows(dims, weight.size(0) > 0 ? weight.numel() / weight.size(0) : 0);
        if (!window.symmetric(pads)) {
            x = paddedSides(x, pads, 0);
            pads.assign(2 * n, 0);
        }
        pads.resize(n);
        if (x.scalar_type() != weight.scalar_type())
            x = x.to(weight.scalar_type());
        const std::vector<std::int64_t> none(n, 0);
        return {at::convolution(x, weight, in.size() > 2 && in[2].defined() ? in[2] : at::Tensor(), window.stride, pads, window.dilation, false, none, groups)};
    };
}

Kernel makeConvTranspose(const OnnxNode &node, int)
{
    const std::int64_t groups = node.i("group", 1);
    if (groups < 1)
        throw Error("it has " + std::to_string(groups) + " groups.");
    if (node.has("output_shape"))
        throw Error("its attribute 'output_shape' is not understood.");
    if (node.s("auto_pad", "NOTSET") != "NOTSET" && node.s("auto_pad", "NOTSET") != "VALID")
        throw Error("its auto_pad '" + node.s("auto_pad", "") + "' is not understood.");
    const Window declared = Window::of(node, {});
    const std::vector<std::int64_t> more = node.ints("output_padding");
    for (const std::int64_t side : more)
        if (side < 0 || side > s_largestSide)
            throw Error("its output_padding is out of range.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const at::Tensor &weight = in[1];
        if (weight.dim() < 3 || weight.dim() > 5)
            throw Error("its weights have " + std::to_string(weight.dim()) + " dimensions.");
        const std::size_t n = static_cast<std::size_t>(weight.dim()) - 2;
        const Window window = declared.completed(weight.sizes().slice(2).vec());
        const std::vector<std::int64_t> added = more.empty() ? std::vector<std::int64_t>(n, 0) : more;
        if (added.size() != n)
            throw Error("its output_padding does not fit its weights.");
        const std::vector<std::int64_t> sides = sidesOf(x, n);
        std::vector<std::int64_t> dims{x.size(0), weight.size(1) * groups};
        for (std::size_t i = 0; i < n; ++i)
            dims.push_back((sides[i] - 1) * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1 + added[i]);
        checkedDims(dims);
        Bounds::charge(static_cast<double>(x.numel()) * static_cast<double>(weight.size(0) > 0 ? weight.numel() / weight.size(0) : 0));
        const std::vector<std::int64_t> none(n, 0);
        at::Tensor y = at::convolution(x.to(weight.scalar_type()), weight, in.size() > 2 && in[2].defined() ? in[2] : at::Tensor(), window.stride, none,
                                       window.dilation, true, added, groups);
        // Padding of a transposed convolution is a crop.
        for (std::size_t i = 0; i < n; ++i) {
            const std::int64_t side = y.size(static_cast<std::int64_t>(i) + 2);
            if (window.pads[i] + window.pads[n + i] > side)
                throw Error("its pads leave nothing.");
            y = y.slice(static_cast<std::int64_t>(i) + 2, window.pads[i], side - window.pads[n + i]);
        }
        return {y};
    };
}

/// The mean of each window, over one to three axes.
at::Tensor averagePool(const at::Tensor &x, const Window &window, const std::vector<std::int64_t> &padding, bool countPads)
{
    switch (window.kernel.size()) {
    case 1: return at::avg_pool1d(x, window.kernel, window.stride, padding, false, countPads);
    case 2: return at::avg_pool2d(x, window.kernel, window.stride, padding, false, countPads);
    default: break;
    }
    return at::avg_pool3d(x, window.kernel, window.stride, padding, false, countPads);
}

at::Tensor maxPool(const at::Tensor &x, const Window &window, const std::vector<std::int64_t> &padding)
{
    switch (window.kernel.size()) {
    case 1: return at::max_pool1d(x, window.kernel, window.stride, padding, window.dilation);
    case 2: return at::max_pool2d(x, window.kernel, window.stride, padding, window.dilation);
    default: break;
    }
    return at::max_pool3d(x, window.kernel, window.stride, padding, window.dilation);
}

Kernel makePool(const OnnxNode &node, int)
{
    const bool max = node.type == "MaxPool";
    const bool countPads = node.i("count_include_pad", 0) != 0;
    if (node.outputs.size() > 1 && !node.outputs[1].empty())
        throw Error("its indices are asked for, which is not understood.");
    if (node.i("storage_order", 0) != 0)
        throw Error("its storage_order is not understood.");
    Window window = Window::of(node, {});
    const std::size_t n = window.kernel.size();
    if (n < 1 || n > 3)
        throw Error("it pools over " + std::to_string(n) + " axes; 1, 2 and 3 are understood.");
    window = window.completed(window.kernel);
    window.ceil = node.i("ceil_mode", 0) != 0;
    if (!max && window.dilation != std::vector<std::int64_t>(n, 1))
        throw Error("its dilations are not understood.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        const std::vector<std::int64_t> sides = sidesOf(x, n);
        const std::vector<std::int64_t> pads = window.padsFor(sides);
        std::vector<std::int64_t> dims{x.size(0), x.size(1)};
        std::vector<std::int64_t> reach = pads; // with what the last windows need behind
        bool plain = window.symmetric(pads);
        for (std::size_t i = 0; i < n; ++i) {
            const std::int64_t out = window.outputSide(i, sides[i], pads[i], pads[n + i]);
            dims.push_back(out);
            const std::int64_t end = (out - 1) * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1;
            reach[n + i] = std::max<std::int64_t>(pads[n + i], end - sides[i] - pads[i]);
            plain = plain && reach[n + i] == pads[n + i] && 2 * pads[i] <= window.kernel[i];
        }
        checkedDims(dims);
        std::int64_t area = 1;
        for (const std::int64_t side : window.kernel)
            area *= side;
        chargeWindows(dims, area);
        const std::vector<std::int64_t> ahead(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(n));
        const std::vector<std::int64_t> none(n, 0);
        if (max)
            return {plain ? maxPool(x, window, ahead) : maxPool(paddedSides(x, reach, -std::numeric_limits<double>::infinity()), window, none)};
        if (plain)
            return {averagePool(x, window, ahead, countPads)};
        // The mean over what counts is the mean over all, divided by the share that counts.
        std::vector<std::int64_t> one{1, 1};
        one.insert(one.end(), sides.begin(), sides.end());
        std::vector<std::int64_t> beyond = reach;
        at::Tensor counts = at::ones(one, x.options());
        if (countPads) {
            counts = at::constant_pad_nd(counts, reversedPads(pads), 1);
            for (std::size_t i = 0; i < 2 * n; ++i)
                beyond[i] -= pads[i];
        }
        counts = at::constant_pad_nd(counts, reversedPads(beyond), 0);
        return {averagePool(paddedSides(x, reach, 0), window, none, true) / averagePool(counts, window, none, true)};
    };
}

template<bool max>
Kernel makeGlobalPool(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (x.dim() < 3)
            throw Error("its input has nothing to pool over.");
        std::vector<std::int64_t> axes;
        for (std::int64_t i = 2; i < x.dim(); ++i)
            axes.push_back(i);
        return {max ? at::amax(x, axes, true) : at::mean(x, axes, true)};
    };
}

Kernel makeGemm(const OnnxNode &node, int)
{
    const float alpha = node.f("alpha", 1);
    const float beta = node.f("beta", 1);
    const bool transposeA = node.i("transA", 0) != 0;
    const bool transposeB = node.i("transB", 0) != 0;
    return [=](const Tensors &in, const Run &) -> Tensors {
        if (in[0].dim() != 2 || in[1].dim() != 2)
            throw Error("it needs two matrices.");
        at::Tensor a = transposeA ? in[0].t() : in[0];
        const at::Tensor b = transposeB ? in[1].t() : in[1];
        if (a.scalar_type() != b.scalar_type())
            a = a.to(b.scalar_type());
        checkProduct(a, b);
        if (in.size() < 3 || !in[2].defined())
            return {alpha == 1 ? at::mm(a, b) : at::mm(a, b) * alpha};
        const std::vector<std::int64_t> dims{a.size(0), b.size(1)};
        if (at::infer_size(in[2].sizes(), dims) != dims)
            throw Error("what it adds does not fit its product.");
        return {at::addmm(in[2].to(b.scalar_type()), a, b, beta, alpha)};
    };
}

} // namespace

at::Tensor paddedSides(const at::Tensor &x, const std::vector<std::int64_t> &pads, double value)
{
    std::vector<std::int64_t> dims = x.sizes().vec();
    const std::size_t n = pads.size() / 2;
    for (std::size_t i = 0; i < n; ++i)
        dims[2 + i] += pads[i] + pads[n + i];
    checkedDims(dims);
    return at::constant_pad_nd(x, reversedPads(pads), value);
}

Window Window::of(const OnnxNode &node, const std::vector<std::int64_t> &kernelDims)
{
    Window window;
    window.kernel = node.ints("kernel_shape", kernelDims);
    window.stride = node.ints("strides");
    window.dilation = node.ints("dilations");
    window.pads = node.ints("pads");
    window.autoPad = node.s("auto_pad", "NOTSET");
    if (window.autoPad != "NOTSET" && window.autoPad != "VALID" && window.autoPad != "SAME_UPPER" && window.autoPad != "SAME_LOWER")
        throw Error("its auto_pad '" + window.autoPad + "' is not understood.");
    const auto check = [](const std::vector<std::int64_t> &values, std::int64_t least, const char *name) {
        if (values.size() > 6)
            throw Error(std::string("its ") + name + " are too many.");
        for (const std::int64_t value : values)
            if (value < least || value > s_largestSide)
                throw Error(std::string("its ") + name + " are out of range (" + std::to_string(value) + ").");
    };
    check(window.kernel, 1, "kernel_shape");
    check(window.stride, 1, "strides");
    check(window.dilation, 1, "dilations");
    check(window.pads, 0, "pads");
    return window;
}

Window Window::completed(const std::vector<std::int64_t> &kernelDims) const
{
    Window whole = *this;
    const std::size_t n = kernelDims.size();
    if ((!kernel.empty() && kernel != kernelDims) || (!stride.empty() && stride.size() != n) || (!dilation.empty() && dilation.size() != n)
        || (!pads.empty() && pads.size() != 2 * n))
        throw Error("its kernel_shape, strides, dilations and pads do not fit one another.");
    whole.kernel = kernelDims;
    whole.stride.resize(n, 1);
    whole.dilation.resize(n, 1);
    whole.pads.resize(2 * n, 0);
    return whole;
}

std::vector<std::int64_t> Window::padsFor(at::IntArrayRef inputSides) const
{
    const std::size_t n = kernel.size();
    if (inputSides.size() != n || stride.size() != n || dilation.size() != n || pads.size() != 2 * n)
        throw Error("its kernel_shape, strides, dilations and pads do not fit its input of " + std::to_string(inputSides.size()) + " sides.");
    if (autoPad == "NOTSET")
        return pads;
    std::vector<std::int64_t> result(2 * n, 0);
    if (autoPad == "VALID")
        return result;
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t out = (inputSides[i] + stride[i] - 1) / stride[i];
        const std::int64_t whole = std::max<std::int64_t>(0, (out - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - inputSides[i]);
        result[i] = autoPad == "SAME_UPPER" ? whole / 2 : whole - whole / 2;
        result[n + i] = whole - result[i];
    }
    return result;
}

std::int64_t Window::outputSide(std::size_t i, std::int64_t input, std::int64_t before, std::int64_t after) const
{
    const std::int64_t room = input + before + after - ((kernel[i] - 1) * dilation[i] + 1);
    if (room < 0)
        throw Error("its window is larger than its input with the padding.");
    if (!ceil)
        return room / stride[i] + 1;
    std::int64_t out = (room + stride[i] - 1) / stride[i] + 1;
    if ((out - 1) * stride[i] >= input + before)
        --out;
    return out;
}

bool Window::symmetric(const std::vector<std::int64_t> &padding) const
{
    const std::size_t n = padding.size() / 2;
    for (std::size_t i = 0; i < n; ++i)
        if (padding[i] != padding[n + i])
            return false;
    return true;
}

void addWindows(std::map<std::string, Operator> &t)
{
    t["Conv"] = {2, 3, {}, makeConv};
    t["ConvTranspose"] = {2, 3, {}, makeConvTranspose};
    t["MaxPool"] = {1, 1, {}, makePool};
    t["AveragePool"] = {1, 1, {}, makePool};
    t["GlobalAveragePool"] = {1, 1, {}, makeGlobalPool<false>};
    t["GlobalMaxPool"] = {1, 1, {}, makeGlobalPool<true>};
    t["Gemm"] = {2, 3, {}, makeGemm};
}

} // namespace dscope::onnx
