// SPDX-License-Identifier: GPL-3.0-or-later
// Resize and Upsample: each axis by itself, from source coordinates worked out as the specification writes them.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace dscope::onnx {

namespace {

constexpr std::int64_t s_longestAxis = 1 << 16; ///< that is resized: longer than the side of any picture

struct Mode {
    std::string kind;        ///< "nearest", "linear" or "cubic"
    std::string coordinates; ///< how a place in the output becomes one in the input
    std::string rounding;    ///< of "nearest"
    bool antialias = false;  ///< the filter grows where the result is smaller
    bool excludeOutside = false;
    double cubic = -0.75;
    double outside = 0; ///< the value there, of tf_crop_and_resize
};

/// How one axis becomes another.
struct Axis {
    std::int64_t in = 0, out = 0;
    double scale = 1;
    double cropBegin = 0, cropEnd = 1; ///< of tf_crop_and_resize, in shares of the axis
};

double coordinate(const Mode &mode, std::int64_t i, const Axis &axis)
{
    const auto x = static_cast<double>(i);
    const auto last = static_cast<double>(axis.in - 1);
    if (mode.coordinates == "asymmetric")
        return x / axis.scale;
    if (mode.coordinates == "align_corners")
        return axis.out == 1 ? 0 : x * last / static_cast<double>(axis.out - 1);
    if (mode.coordinates == "tf_crop_and_resize") {
        const double span = axis.cropEnd - axis.cropBegin;
        return axis.out == 1 ? (axis.cropBegin + axis.cropEnd) * last / 2 : axis.cropBegin * last + x * span * last / static_cast<double>(axis.out - 1);
    }
    if (mode.coordinates == "pytorch_half_pixel" && axis.out == 1)
        return 0;
    if (mode.coordinates == "half_pixel_symmetric") {
        // The middle stays the middle where the size was rounded.
        const double whole = static_cast<double>(axis.in) * axis.scale;
        const double adjustment = static_cast<double>(axis.out) / whole;
        return static_cast<double>(axis.in) / 2 * (1 - adjustment) + (x + 0.5) / axis.scale - 0.5;
    }
    return (x + 0.5) / axis.scale - 0.5;
}

std::int64_t rounded(const std::string &rounding, double x)
{
    if (rounding == "floor")
        return static_cast<std::int64_t>(std::floor(x));
    if (rounding == "ceil")
        return static_cast<std::int64_t>(std::ceil(x));
    if (rounding == "round_prefer_ceil")
        return static_cast<std::int64_t>(std::floor(x + 0.5));
    return static_cast<std::int64_t>(std::ceil(x - 0.5));
}

bool isOutside(const Mode &mode, double at, std::int64_t in)
{
    return mode.coordinates == "tf_crop_and_resize" && (at < 0 || at > static_cast<double>(in - 1));
}

at::Tensor listOf(const std::vector<std::int64_t> &list, const at::Tensor &like)
{
    return at::tensor(list, at::kLong).to(like.device());
}

/// One number for each place of an axis, shaped to calculate with x.
at::Tensor alongAxis(const std::vector<float> &values, const at::Tensor &x, std::int64_t axis)
{
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(values.size());
    return at::tensor(values, at::kFloat).to(x.device(), x.scalar_type()).reshape(shape);
}

at::Tensor nearestAxis(const at::Tensor &x, std::int64_t axis, const Axis &how, const Mode &mode)
{
    std::vector<std::int64_t> places;
    std::vector<float> inside;
    bool all = true;
    for (std::int64_t i = 0; i < how.out; ++i) {
        const double at = coordinate(mode, i, how);
        places.push_back(std::clamp<std::int64_t>(rounded(mode.rounding, at), 0, how.in - 1));
        inside.push_back(isOutside(mode, at, how.in) ? 0.F : 1.F);
        all = all && inside.back() > 0;
    }
    const at::Tensor y = x.index_select(axis, listOf(places, x));
    return all ? y : at::where(alongAxis(inside, y, axis).gt(0), y, at::full({}, mode.outside, y.options()));
}

at::Tensor linearAxis(const at::Tensor &x, std::int64_t axis, const Axis &how, const Mode &mode)
{
    std::vector<std::int64_t> low;
    std::vector<std::int64_t> high;
    std::vector<float> share;
    for (std::int64_t i = 0; i < how.out; ++i) {
        const double inside = std::clamp(coordinate(mode, i, how), 0.0, static_cast<double>(how.in - 1));
        low.push_back(static_cast<std::int64_t>(inside));
        high.push_back(std::min(low.back() + 1, how.in - 1));
        share.push_back(static_cast<float>(inside - static_cast<double>(low.back())));
    }
    const at::Tensor weight = alongAxis(share, x, axis);
    return at::lerp(x.index_select(axis, listOf(low, x)), x.index_select(axis, listOf(high, x)), weight);
}

/// The filter's value at a distance in entries of the input.
double filter(const Mode &mode, double x)
{
    x = std::abs(x);
    if (mode.kind == "linear")
        return std::max(0.0, 1 - x);
    const double a = mode.cubic;
    if (x <= 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

/// Each entry of the result as a weighted sum of the input's: a matrix [out, in].
at::Tensor filteredAxis(const at::Tensor &x, std::int64_t axis, const Axis &how, const Mode &mode)
{
    checkedDims({how.out, how.in});
    Bounds::charge(static_cast<double>(x.numel()) * static_cast<double>(how.out));
    at::Tensor matrix = at::zeros({how.out, how.in}, at::kFloat);
    auto *cells = matrix.data_ptr<float>();
    const double stretch = mode.antialias && how.scale < 1 ? 1 / how.scale : 1; // of the filter
    const double reach = (mode.kind == "linear" ? 1 : 2) * stretch;
    for (std::int64_t i = 0; i < how.out; ++i, cells += how.in) {
        const double at = coordinate(mode, i, how);
        if (isOutside(mode, at, how.in))
            continue; // filled in below
        double sum = 0;
        const auto first = static_cast<std::int64_t>(std::floor(at - reach)) + (mode.antialias ? 0 : 1);
        const auto last = static_cast<std::int64_t>(std::ceil(at + reach));
        for (std::int64_t k = first; k <= last; ++k) {
            const double weight = filter(mode, (static_cast<double>(k) - at) / stretch);
            // What lies outside counts as the edge, or not at all.
            if (weight == 0 || (mode.excludeOutside && (k < 0 || k >= how.in)))
                continue;
            sum += weight;
            cells[std::clamp<std::int64_t>(k, 0, how.in - 1)] += static_cast<float>(weight);
        }
        if (sum != 0)
            for (std::int64_t k = 0; k < how.in; ++k)
                cells[k] = static_cast<float>(cells[k] / sum);
    }
    const at::Tensor y = at::matmul(x.movedim(axis, -1), matrix.t().to(x.device(), x.scalar_type())).movedim(-1, axis);
    return y.contiguous();
}

at::Tensor resizedAxis(const at::Tensor &x, std::int64_t axis, const Axis &how, const Mode &mode)
{
    if (how.out > s_longestAxis || how.in > s_longestAxis)
        throw Error("it would give an axis of " + std::to_string(how.out) + " entries; at most " + std::to_string(s_longestAxis) + " are understood.");
    std::vector<std::int64_t> dims = x.sizes().vec();
    dims[static_cast<std::size_t>(axis)] = how.out;
    checkedDims(dims);
    if (mode.kind == "nearest")
        return nearestAxis(x, axis, how, mode);
    at::Tensor y = mode.kind == "linear" && !(mode.antialias && how.scale < 1) ? linearAxis(x, axis, how, mode) : filteredAxis(x, axis, how, mode);
    if (mode.coordinates == "tf_crop_and_resize") {
        std::vector<float> inside;
        for (std::int64_t i = 0; i < how.out; ++i)
            inside.push_back(isOutside(mode, coordinate(mode, i, how), how.in) ? 0.F : 1.F);
        y = at::where(alongAxis(inside, y, axis).gt(0), y, at::full({}, mode.outside, y.options()));
    }
    return y;
}

/// @param axes one for each dimension of x
at::Tensor resized(const at::Tensor &x, const std::vector<Axis> &axes, const Mode &mode)
{
    std::vector<std::int64_t> changed;
    for (std::int64_t i = 0; i < x.dim(); ++i) {
        const Axis &axis = axes[static_cast<std::size_t>(i)];
        if (axis.in < 1)
            throw Error("its input is empty.");
        if (axis.out < 1)
            throw Error("it leaves nothing of its input.");
        if (axis.out != axis.in || axis.scale != 1 || mode.coordinates == "tf_crop_and_resize")
            changed.push_back(i);
    }
    std::vector<std::int64_t> dims;
    for (const Axis &axis : axes)
        dims.push_back(axis.out);
    checkedDims(dims);
    // Whole factors of a picture's sides, the usual case, have a faster way with the same result.
    const bool sides = x.dim() == 4 && !changed.empty() && changed.front() >= 2 && !mode.antialias && std::max(axes[2].out, axes[3].out) <= s_longestAxis;
    const auto factor = [](const Axis &axis) { return axis.out % axis.in == 0 && axis.scale == std::floor(axis.scale); };
    const bool whole = sides && factor(axes[2]) && factor(axes[3]);
    if (whole && mode.kind == "nearest" && mode.coordinates == "asymmetric" && mode.rounding == "floor")
        return at::upsample_nearest2d(x, {axes[2].out, axes[3].out});
    if (sides && mode.kind == "linear" && mode.coordinates == "align_corners")
        return at::upsample_bilinear2d(x, {axes[2].out, axes[3].out}, true);
    if (whole && mode.kind == "linear" && (mode.coordinates == "half_pixel" || mode.coordinates == "pytorch_half_pixel"))
        return at::upsample_bilinear2d(x, {axes[2].out, axes[3].out}, false);
    at::Tensor y = x;
    for (const std::int64_t i : changed)
        y = resizedAxis(y, i, axes[static_cast<std::size_t>(i)], mode);
    return y;
}

Axis byScale(std::int64_t in, double scale)
{
    if (!(scale > 0) || scale > 65536)
        throw Error("its scales are out of range.");
    return {in, static_cast<std::int64_t>(std::floor(static_cast<float>(in) * static_cast<float>(scale))), scale}; // in float32: 10 x 1.3 is 13
}

std::vector<Axis> byScales(const at::Tensor &x, const std::vector<double> &scales, const std::vector<std::int64_t> &along)
{
    if (scales.size() != along.size())
        throw Error("it has " + std::to_string(scales.size()) + " scales for " + std::to_string(along.size()) + " dimensions.");
    std::vector<Axis> axes;
    for (const std::int64_t size : x.sizes())
        axes.push_back({size, size});
    for (std::size_t i = 0; i < along.size(); ++i)
        axes[static_cast<std::size_t>(along[i])] = byScale(x.size(along[i]), scales[i]);
    return axes;
}

/// @param policy "stretch", or to keep the ratio of the sides: "not_larger" or "not_smaller" than the sizes
std::vector<Axis> bySizes(const at::Tensor &x, const std::vector<std::int64_t> &sizes, const std::vector<std::int64_t> &along, const std::string &policy)
{
    if (sizes.size() != along.size())
        throw Error("it has " + std::to_string(sizes.size()) + " sizes for " + std::to_string(along.size()) + " dimensions.");
    std::vector<Axis> axes;
    for (const std::int64_t size : x.sizes())
        axes.push_back({size, size});
    double common = policy == "not_larger" ? 1e30 : 0;
    for (std::size_t i = 0; i < along.size(); ++i) {
        Axis &axis = axes[static_cast<std::size_t>(along[i])];
        axis.out = sizes[i];
        axis.scale = static_cast<double>(axis.out) / static_cast<double>(std::max<std::int64_t>(1, axis.in));
        common = policy == "not_larger" ? std::min(common, axis.scale) : std::max(common, axis.scale);
    }
    if (policy != "stretch")
        for (const std::int64_t i : along) {
            Axis &axis = axes[static_cast<std::size_t>(i)];
            axis.scale = common;
            const double size = common * static_cast<double>(axis.in);
            axis.out = size < 1e9 ? static_cast<std::int64_t>(std::floor(size + 0.5)) : throw Error("its sizes are out of range.");
        }
    return axes;
}

Mode modeOf(const OnnxNode &node, int opset)
{
    Mode mode;
    mode.kind = node.s("mode", "nearest");
    mode.coordinates = opset < 11 ? "asymmetric" : node.s("coordinate_transformation_mode", "half_pixel");
    mode.rounding = opset < 11 ? "floor" : node.s("nearest_mode", "round_prefer_floor");
    mode.antialias = node.i("antialias", 0) != 0;
    mode.excludeOutside = node.i("exclude_outside", 0) != 0;
    mode.cubic = node.f("cubic_coeff_a", -0.75F);
    mode.outside = node.f("extrapolation_value", 0);
    if (mode.kind != "nearest" && mode.kind != "linear" && mode.kind != "cubic")
        throw Error("its mode '" + mode.kind + "' is not understood (nearest, linear and cubic are).");
    static const std::set<std::string> known{"asymmetric", "align_corners", "half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "tf_crop_and_resize"};
    if (known.count(mode.coordinates) == 0)
        throw Error("its coordinate_transformation_mode '" + mode.coordinates + "' is not understood.");
    return mode;
}

Kernel makeResize(const OnnxNode &node, int opset)
{
    const Mode mode = modeOf(node, opset);
    const std::string policy = node.s("keep_aspect_ratio_policy", "stretch");
    if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
        throw Error("its keep_aspect_ratio_policy '" + policy + "' is not understood.");
    const std::vector<std::int64_t> named = node.ints("axes");
    const bool three = opset >= 11;
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        std::vector<std::int64_t> along;
        for (const std::int64_t axis : named)
            along.push_back(axisOf(axis, x.dim()));
        if (along.empty())
            for (std::int64_t i = 0; i < x.dim(); ++i)
                along.push_back(i);
        const bool sized = three && in.size() > 3 && in[3].defined() && in[3].numel() > 0;
        const std::size_t at = three ? 2 : 1;
        std::vector<Axis> axes = sized ? bySizes(x, intsOf(in[3]), along, policy) : byScales(x, doublesOf(optional(in, at)), along);
        if (mode.coordinates == "tf_crop_and_resize") {
            const std::vector<double> region = doublesOf(optional(in, 1));
            if (region.size() != 2 * along.size())
                throw Error("its region does not fit its input.");
            for (std::size_t i = 0; i < along.size(); ++i) {
                axes[static_cast<std::size_t>(along[i])].cropBegin = region[i];
                axes[static_cast<std::size_t>(along[i])].cropEnd = region[along.size() + i];
            }
        }
        return {resized(x, axes, mode)};
    };
}

Kernel makeUpsample(const OnnxNode &node, int opset)
{
    Mode mode;
    mode.kind = node.s("mode", "nearest");
    mode.coordinates = "asymmetric";
    mode.rounding = "floor";
    if (mode.kind != "nearest" && mode.kind != "linear")
        throw Error("its mode '" + mode.kind + "' is not understood (nearest and linear are).");
    std::vector<double> scales;
    if (opset < 9 && node.has("scales"))
        scales.assign(node.attributes.at("scales").floats.begin(), node.attributes.at("scales").floats.end());
    return [=](const Tensors &in, const Run &) -> Tensors {
        std::vector<std::int64_t> along;
        for (std::int64_t i = 0; i < in[0].dim(); ++i)
            along.push_back(i);
        return {resized(in[0], byScales(in[0], in.size() > 1 && in[1].defined() ? doublesOf(in[1]) : scales, along), mode)};
    };
}

} // namespace

void addResizing(std::map<std::string, Operator> &t)
{
    t["Resize"] = {1, 4, {1, 2, 3}, makeResize};
    t["Upsample"] = {1, 2, {1}, makeUpsample};
}

} // namespace dscope::onnx
