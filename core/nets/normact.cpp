// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/normact.h"

#include "core/nets/ddnet.h"
#include "core/nets/fusedconv.h"
#include "core/nets/normkernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace dscope {

namespace {

/// Values a part: sums are made a part at a time and added in the parts' order, whoever made them.
constexpr std::int64_t s_part = std::int64_t{1} << 17;

/// The values of a channels-last tensor in parts of whole patterns.
struct Parts {
    std::int64_t channels;
    std::int64_t values;
    std::int64_t each;
    std::int64_t count;

    explicit Parts(const at::Tensor &x)
        : channels(x.size(1)), values(x.numel()), each((s_part + normPattern(channels) - 1) / normPattern(channels) * normPattern(channels)),
          count((values + each - 1) / each)
    {
    }
    /// `work(part, begin, count)`, on several threads.
    template<typename Work>
    void forEach(const Work &work) const
    {
        at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t part = first; part < last; ++part)
                work(part, part * each, std::min(each, values - part * each));
        });
    }
    /// Sums of `quantities` figures a channel: [quantities * channels]. `work(begin, count, sums)`.
    template<typename Work>
    std::vector<double> summed(std::int64_t quantities, const Work &work) const
    {
        const auto width = static_cast<std::size_t>(quantities * channels);
        std::vector<double> all(width * static_cast<std::size_t>(count), 0);
        forEach([&](std::int64_t part, std::int64_t begin, std::int64_t n) { work(begin, n, all.data() + static_cast<std::size_t>(part) * width); });
        std::vector<double> sums(width, 0);
        for (std::size_t i = 0; i < all.size(); ++i)
            sums[i % width] += all[i];
        return sums;
    }
};

template<typename T>
const T *read(const at::Tensor &x)
{
    return static_cast<const T *>(x.const_data_ptr());
}

template<typename Call>
void byType(const at::Tensor &x, const Call &call)
{
    if (x.scalar_type() == at::kFloat)
        call(float());
    else
        call(BFloat());
}

std::vector<float> floats(const at::Tensor &values)
{
    const float *data = values.const_data_ptr<float>();
    return {data, data + values.numel()};
}

struct NormAct : torch::autograd::Function<NormAct> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                              const std::optional<at::Tensor> &slopesGiven, const std::optional<at::Tensor> &addedGiven, const at::Tensor &runningMean,
                              const at::Tensor &runningVariance, double momentum, double eps)
    {
        const at::Tensor slopes = slopesGiven.value_or(at::Tensor());
        const at::Tensor added = addedGiven.value_or(at::Tensor());
        const Parts parts(x);
        const std::int64_t channels = parts.channels;
        const auto width = static_cast<std::size_t>(channels);
        const double pixels = static_cast<double>(parts.values) / static_cast<double>(channels);
        // One of the batch's own pixels: of the same size as the mean, where the mean is large beside the deviation.
        const std::vector<float> pivot = floats(x.as_strided({channels}, {1}).to(at::kFloat).contiguous());
        std::vector<double> sums;
        byType(x, [&]<typename T>(T) {
            sums = parts.summed(
                2, [&](std::int64_t begin, std::int64_t n, double *to) { addMoments(read<T>(x) + begin, n, channels, pivot.data(), to, to + channels); });
        });
        const std::vector<float> g = floats(weight.contiguous());
        const std::vector<float> b = floats(bias.contiguous());
        const at::Tensor lines = at::empty({4, channels}, at::kFloat); // mean, 1 / deviation, scale, shift
        float *line = lines.data_ptr<float>();
        float *means = runningMean.data_ptr<float>();
        float *variances = runningVariance.data_ptr<float>();
        for (std::size_t c = 0; c < width; ++c) {
            const double middle = sums[c] / pixels;
            const double mean = pivot[c] + middle;
            const double variance = std::max(0.0, sums[width + c] / pixels - middle * middle);
            const double inverse = 1 / std::sqrt(variance + eps);
            line[c] = static_cast<float>(mean);
            line[width + c] = static_cast<float>(inverse);
            line[2 * width + c] = static_cast<float>(g[c] * inverse);
            line[3 * width + c] = static_cast<float>(b[c] - g[c] * inverse * mean);
            means[c] = static_cast<float>((1 - momentum) * means[c] + momentum * mean);
            variances[c] = static_cast<float>((1 - momentum) * variances[c] + momentum * variance * pixels / (pixels - 1));
        }
        const at::Tensor y = at::empty_like(x);
        const std::vector<float> slope = slopes.defined() ? floats(slopes.contiguous()) : std::vector<float>();
        const NormLine z{line + 2 * width, line + 3 * width, slope.empty() ? nullptr : slope.data()};
        byType(x, [&]<typename T>(T) {
            const T *plus = added.defined() ? read<T>(added) : nullptr;
            T *to = static_cast<T *>(y.data_ptr());
            parts.forEach([&](std::int64_t, std::int64_t begin, std::int64_t n) {
                applyNorm(read<T>(x) + begin, plus == nullptr ? nullptr : plus + begin, to + begin, n, channels, z);
            });
        });
        context->save_for_backward({x, slopes, lines});
        context->saved_data["added"] = added.defined();
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients)
    {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0];
        const at::Tensor &slopes = saved[1];
        const Parts parts(x);
        const std::int64_t channels = parts.channels;
        const auto width = static_cast<std::size_t>(channels);
        const double pixels = static_cast<double>(parts.values) / static_cast<double>(channels);
        const at::Tensor gy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
        const float *line = saved[2].const_data_ptr<float>();
        const std::vector<float> slope = slopes.defined() ? floats(slopes.contiguous()) : std::vector<float>();
        const NormLine z{line + 2 * width, line + 3 * width, slope.empty() ? nullptr : slope.data()};
        std::vector<double> sums;
        byType(x, [&]<typename T>(T) {
            sums = parts.summed(3, [&](std::int64_t begin, std::int64_t n, double *to) {
                addGradientSums(read<T>(x) + begin, read<T>(gy) + begin, n, channels, z, line, to, to + channels, to + 2 * channels);
            });
        });
        // dL/dx = scale (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) / deviation.
        const at::Tensor toWeight = at::empty({channels}, at::kFloat);
        const at::Tensor toBias = at::empty({channels}, at::kFloat);
        const at::Tensor toSlopes = slopes.defined() ? at::empty({channels}, at::kFloat) : at::Tensor();
        std::vector<float> factor(width);
        std::vector<float> offset(width);
        for (std::size_t c = 0; c < width; ++c) {
            const double mean = line[c];
            const double inverse = line[width + c];
            const double scale = line[2 * width + c];
            const double product = sums[width + c] * inverse; // sum(g xhat)
            toWeight.data_ptr<float>()[c] = static_cast<float>(product);
            toBias.data_ptr<float>()[c] = static_cast<float>(sums[c]);
            if (toSlopes.defined())
                toSlopes.data_ptr<float>()[c] = static_cast<float>(sums[2 * width + c]);
            const double through = -scale * product / pixels * inverse;
            factor[c] = static_cast<float>(through);
            offset[c] = static_cast<float>(-scale * sums[c] / pixels - through * mean);
        }
        const at::Tensor gx = at::empty_like(x);
        byType(x, [&]<typename T>(T) {
            T *to = static_cast<T *>(gx.data_ptr());
            parts.forEach([&](std::int64_t, std::int64_t begin, std::int64_t n) {
                applyGradient(read<T>(x) + begin, read<T>(gy) + begin, to + begin, n, channels, z, factor.data(), offset.data());
            });
        });
        return {gx,
                toWeight,
                toBias,
                toSlopes.defined() ? (slopes.numel() == channels ? toSlopes : toSlopes.sum().reshape({1})) : at::Tensor(),
                context->saved_data["added"].toBool() ? gradients[0] : at::Tensor(),
                at::Tensor(),
                at::Tensor(),
                at::Tensor(),
                at::Tensor()};
    }
};

bool inOne(const torch::nn::BatchNorm2d &norm, const torch::nn::PReLU &act, const at::Tensor &x, const at::Tensor &added)
{
    const auto &options = norm->options;
    if (!norm->is_training() || !options.affine() || !options.track_running_stats() || !options.momentum().has_value() || x.dim() != 4 || !x.device().is_cpu()
        || (x.scalar_type() != at::kFloat && x.scalar_type() != at::kBFloat16))
        return false;
    const std::int64_t channels = x.size(1);
    if (channels < 1 || normPattern(channels) > normPatternMost || x.numel() <= channels || !x.is_contiguous(at::MemoryFormat::ChannelsLast)
        || (!act.is_empty() && act->weight.numel() != channels))
        return false;
    for (const at::Tensor &figures : {norm->weight, norm->bias, norm->running_mean, norm->running_var})
        if (figures.scalar_type() != at::kFloat || figures.numel() != channels || !figures.device().is_cpu())
            return false;
    return !added.defined() || (added.sizes() == x.sizes() && added.scalar_type() == x.scalar_type() && added.is_contiguous(at::MemoryFormat::ChannelsLast));
}

} // namespace

at::Tensor normalised(const torch::nn::BatchNorm2d &norm, const torch::nn::PReLU &act, const at::Tensor &x, const at::Tensor &added)
{
    if (!inOne(norm, act, x, added)) {
        at::Tensor y = norm.ptr()->forward(x);
        if (!act.is_empty())
            y = activated(act, y);
        return added.defined() ? y + added : y;
    }
    norm->num_batches_tracked.add_(1);
    // What is not there may not be an undefined tensor: autograd asks every tensor for its device.
    const auto given = [](const at::Tensor &tensor) { return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt; };
    return NormAct::apply(x, norm->weight, norm->bias, given(act.is_empty() ? at::Tensor() : act->weight), given(added), norm->running_mean, norm->running_var,
                          *norm->options.momentum(), norm->options.eps());
}

at::Tensor activatedFast(const torch::nn::PReLU &act, const at::Tensor &y)
{
    const at::Tensor &slopes = act->weight;
    const at::MemoryFormat last = y.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
    const bool plain = y.is_cpu() && y.scalar_type() == at::kFloat && slopes.scalar_type() == at::kFloat && (y.dim() == 4 || y.dim() == 5)
        && slopes.numel() == y.size(1) && y.size(1) <= normPatternMost && y.is_contiguous(last) && !at::GradMode::is_enabled() && !PlainOperators::wanted();
    if (!plain)
        return activated(act, y);
    const std::int64_t channels = y.size(1);
    const std::vector<float> ones(static_cast<std::size_t>(channels), 1);
    const std::vector<float> zeros(static_cast<std::size_t>(channels), 0);
    const at::Tensor line = slopes.contiguous();
    const NormLine norm{ones.data(), zeros.data(), line.data_ptr<float>()};
    const std::int64_t places = y.numel() / channels;
    at::Tensor result = at::empty_like(y, last);
    constexpr std::int64_t part = 1 << 15;
    at::parallel_for(0, places, std::max<std::int64_t>(1, part / channels), [&](std::int64_t begin, std::int64_t end) {
        applyNorm<float>(y.const_data_ptr<float>() + begin * channels, nullptr, result.data_ptr<float>() + begin * channels, (end - begin) * channels, channels,
                         norm);
    });
    return result;
}

} // namespace dscope
