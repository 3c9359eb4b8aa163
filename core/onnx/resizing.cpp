// Resize and Upsample: each axis by itself, from source coordinates worked out as the specification writes them.
#include "core/base/error.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace dscope::onnx {

namespace {

struct Mode {
    std::string kind;        ///< "nearest" or "linear"
    std::string coordinates; ///< how a place in the output becomes one in the input
    std::string rounding;    ///< of "nearest"
};

double coordinate(const Mode &mode, std::int64_t i, double scale, std::int64_t in, std::int64_t out)
{
    const auto x = static_cast<double>(i);
    if (mode.coordinates == "asymmetric")
        return x / scale;
    if (mode.coordinates == "align_corners")
        return out == 1 ? 0 : x * static_cast<double>(in - 1) / static_cast<double>(out - 1);
    if (mode.coordinates == "pytorch_half_pixel" && out == 1)
        return 0;
    return (x + 0.5) / scale - 0.5;
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

at::Tensor resizedAxis(const at::Tensor &x, std::int64_t axis, std::int64_t out, double scale, const Mode &mode)
{
    const std::int64_t in = x.size(axis);
    std::vector<std::int64_t> low;
    std::vector<std::int64_t> high;
    std::vector<float> share;
    for (std::int64_t i = 0; i < out; ++i) {
        const double at = coordinate(mode, i, scale, in, out);
        if (mode.kind == "nearest") {
            low.push_back(std::clamp<std::int64_t>(rounded(mode.rounding, at), 0, in - 1));
            continue;
        }
        const double inside = std::clamp(at, 0.0, static_cast<double>(in - 1));
        low.push_back(static_cast<std::int64_t>(inside));
        high.push_back(std::min(low.back() + 1, in - 1));
        share.push_back(static_cast<float>(inside - static_cast<double>(low.back())));
    }
    const auto index = [&](const std::vector<std::int64_t> &list) { return at::tensor(list, at::kLong).to(x.device()); };
    const at::Tensor first = x.index_select(axis, index(low));
    if (mode.kind == "nearest")
        return first;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(axis)] = out;
    const at::Tensor weight = at::tensor(share, at::kFloat).to(x.device(), x.scalar_type()).reshape(shape);
    return at::lerp(first, x.index_select(axis, index(high)), weight);
}

at::Tensor resized(const at::Tensor &x, const std::vector<std::int64_t> &sizes, const std::vector<double> &scales, const Mode &mode)
{
    std::vector<std::int64_t> changed;
    for (std::int64_t i = 0; i < x.dim(); ++i) {
        if (x.size(i) < 1)
            throw Error("its input is empty.");
        if (sizes[static_cast<std::size_t>(i)] != x.size(i) || scales[static_cast<std::size_t>(i)] != 1)
            changed.push_back(i);
    }
    // Whole factors of a picture's sides, the usual case, have a faster way with the same result.
    const bool sides = x.dim() == 4 && !changed.empty() && changed.front() >= 2;
    const bool whole =
        sides && sizes[2] % x.size(2) == 0 && sizes[3] % x.size(3) == 0 && scales[2] == std::floor(scales[2]) && scales[3] == std::floor(scales[3]);
    if (whole && mode.kind == "nearest" && mode.coordinates == "asymmetric" && mode.rounding == "floor")
        return at::upsample_nearest2d(x, {sizes[2], sizes[3]});
    if (sides && mode.kind == "linear" && mode.coordinates == "align_corners")
        return at::upsample_bilinear2d(x, {sizes[2], sizes[3]}, true);
    if (whole && mode.kind == "linear" && (mode.coordinates == "half_pixel" || mode.coordinates == "pytorch_half_pixel"))
        return at::upsample_bilinear2d(x, {sizes[2], sizes[3]}, false);
    at::Tensor y = x;
    for (const std::int64_t axis : changed)
        y = resizedAxis(y, axis, sizes[static_cast<std::size_t>(axis)], scales[static_cast<std::size_t>(axis)], mode);
    return y;
}

Tensors byScales(const at::Tensor &x, const std::vector<double> &scales, const Mode &mode)
{
    if (static_cast<std::int64_t>(scales.size()) != x.dim())
        throw Error("it has " + std::to_string(scales.size()) + " scales for " + std::to_string(x.dim()) + " dimensions.");
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        if (!(scales[i] > 0) || scales[i] > 65536)
            throw Error("its scales are out of range.");
        sizes.push_back(static_cast<std::int64_t>(std::floor(static_cast<double>(x.size(static_cast<std::int64_t>(i))) * scales[i])));
        if (sizes.back() < 1)
            throw Error("it leaves nothing of its input.");
    }
    return {resized(x, checkedDims(sizes), scales, mode)};
}

Kernel makeResize(const OnnxNode &node, int opset)
{
    Mode mode;
    mode.kind = node.s("mode", "nearest");
    mode.coordinates = opset < 11 ? "asymmetric" : node.s("coordinate_transformation_mode", "half_pixel");
    mode.rounding = opset < 11 ? "floor" : node.s("nearest_mode", "round_prefer_floor");
    if (mode.kind != "nearest" && mode.kind != "linear")
        throw Error("its mode '" + mode.kind + "' is not understood (nearest and linear are).");
    if (mode.coordinates != "asymmetric" && mode.coordinates != "align_corners" && mode.coordinates != "half_pixel" && mode.coordinates != "pytorch_half_pixel")
        throw Error("its coordinate_transformation_mode '" + mode.coordinates + "' is not understood.");
    const bool three = opset >= 11;
    return [=](const Tensors &in, const Run &) -> Tensors {
        const at::Tensor &x = in[0];
        if (three && in.size() > 3 && in[3].defined() && in[3].numel() > 0) {
            const std::vector<std::int64_t> sizes = intsOf(in[3]);
            if (static_cast<std::int64_t>(sizes.size()) != x.dim())
                throw Error("it has " + std::to_string(sizes.size()) + " sizes for " + std::to_string(x.dim()) + " dimensions.");
            std::vector<double> scales;
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                if (sizes[i] < 1)
                    throw Error("it leaves nothing of its input.");
                scales.push_back(static_cast<double>(sizes[i]) / static_cast<double>(std::max<std::int64_t>(1, x.size(static_cast<std::int64_t>(i)))));
            }
            return {resized(x, checkedDims(sizes), scales, mode)};
        }
        const std::size_t at = three ? 2 : 1;
        return byScales(x, doublesOf(in.size() > at ? in[at] : at::Tensor()), mode);
    };
}

Kernel makeUpsample(const OnnxNode &node, int opset)
{
    const Mode mode{node.s("mode", "nearest"), "asymmetric", "floor"};
    if (mode.kind != "nearest" && mode.kind != "linear")
        throw Error("its mode '" + mode.kind + "' is not understood (nearest and linear are).");
    std::vector<double> scales;
    if (opset < 9 && node.has("scales"))
        scales.assign(node.attributes.at("scales").floats.begin(), node.attributes.at("scales").floats.end());
    return [=](const Tensors &in, const Run &) -> Tensors { return byScales(in[0], in.size() > 1 && in[1].defined() ? doublesOf(in[1]) : scales, mode); };
}

} // namespace

void addResizing(std::map<std::string, Operator> &t)
{
    t["Resize"] = {1, 4, {1, 2, 3}, makeResize};
    t["Upsample"] = {1, 2, {1}, makeUpsample};
}

} // namespace dscope::onnx
