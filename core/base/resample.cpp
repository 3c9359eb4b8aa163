// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/resample.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

std::vector<Tap> areaTaps(int from, int to)
{
    std::vector<Tap> taps(static_cast<std::size_t>(to));
    const double ratio = static_cast<double>(from) / to;
    for (int i = 0; i < to; ++i) {
        const double begin = i * ratio;
        const double end = (i + 1) * ratio;
        Tap &tap = taps[static_cast<std::size_t>(i)];
        tap.first = static_cast<int>(begin);
        for (int s = tap.first; s < std::min(from, static_cast<int>(std::ceil(end - 1e-9))); ++s)
            tap.weights.push_back(static_cast<float>((std::min<double>(end, s + 1) - std::max<double>(begin, s)) / ratio));
    }
    return taps;
}

std::vector<Tap> bilinearTaps(int from, int to)
{
    std::vector<Tap> taps(static_cast<std::size_t>(to));
    const double ratio = static_cast<double>(from) / to;
    for (int i = 0; i < to; ++i) {
        const double at = std::clamp((i + 0.5) * ratio - 0.5, 0.0, from - 1.0);
        const int low = std::min(static_cast<int>(at), std::max(0, from - 2));
        const float part = static_cast<float>(at - low);
        taps[static_cast<std::size_t>(i)] = from == 1 ? Tap{0, {1.F}} : Tap{low, {1.F - part, part}};
    }
    return taps;
}

std::vector<Tap> tapsFor(int from, int to)
{
    return to <= from ? areaTaps(from, to) : bilinearTaps(from, to);
}

std::uint8_t clamped(float value)
{
    return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.F, 255.F));
}

} // namespace

Picture filtered(const Picture &in, const std::vector<Tap> &across, const std::vector<Tap> &down)
{
    const int width = static_cast<int>(across.size());
    const int height = static_cast<int>(down.size());
    std::vector<float> middle(static_cast<std::size_t>(3) * width * in.height);
    for (int y = 0; y < in.height; ++y) {
        const std::uint8_t *source = in.row(y);
        float *target = middle.data() + static_cast<std::size_t>(3) * width * y;
        for (const Tap &tap : across) {
            float r = 0, g = 0, b = 0;
            const std::uint8_t *pixel = source + 3 * tap.first;
            for (const float weight : tap.weights) {
                r += weight * pixel[0];
                g += weight * pixel[1];
                b += weight * pixel[2];
                pixel += 3;
            }
            *target++ = r;
            *target++ = g;
            *target++ = b;
        }
    }
    Picture out(width, height);
    const std::size_t stride = static_cast<std::size_t>(3) * width;
    std::vector<float> line(stride);
    for (int y = 0; y < height; ++y) {
        const Tap &tap = down[static_cast<std::size_t>(y)];
        std::fill(line.begin(), line.end(), 0.F);
        for (std::size_t i = 0; i < tap.weights.size(); ++i) {
            const float weight = tap.weights[i];
            const float *source = middle.data() + stride * (static_cast<std::size_t>(tap.first) + i);
            for (std::size_t x = 0; x < stride; ++x)
                line[x] += weight * source[x];
        }
        std::transform(line.begin(), line.end(), out.row(y), clamped);
    }
    return out;
}

Picture resampled(const Picture &in, int width, int height)
{
    return filtered(in, tapsFor(in.width, width), tapsFor(in.height, height));
}

} // namespace dscope
