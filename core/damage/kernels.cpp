// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/kernels.h"

#include <algorithm>
#include <cmath>

namespace dscope {

std::vector<Tap> gaussianTaps(int size, double sigma)
{
    const int radius = static_cast<int>(std::ceil(3 * sigma));
    std::vector<Tap> taps(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) {
        Tap &tap = taps[static_cast<std::size_t>(i)];
        tap.first = std::max(0, i - radius);
        float sum = 0;
        for (int s = tap.first; s <= std::min(size - 1, i + radius); ++s) {
            tap.weights.push_back(static_cast<float>(std::exp(-0.5 * (s - i) * (s - i) / (sigma * sigma))));
            sum += tap.weights.back();
        }
        for (float &weight : tap.weights)
            weight /= sum;
    }
    return taps;
}

std::vector<Tap> nearestTaps(int from, int to)
{
    std::vector<Tap> taps(static_cast<std::size_t>(to));
    for (int i = 0; i < to; ++i)
        taps[static_cast<std::size_t>(i)] = {std::min(from - 1, static_cast<int>((i + 0.5) * from / to)), {1.F}};
    return taps;
}

std::vector<Tap> twoPointTaps(int from, int to)
{
    std::vector<Tap> taps(static_cast<std::size_t>(to));
    for (int i = 0; i < to; ++i) {
        const double at = std::clamp((i + 0.5) * from / to - 0.5, 0.0, from - 1.0);
        const int low = std::min(static_cast<int>(at), std::max(0, from - 2));
        const auto part = static_cast<float>(at - low);
        taps[static_cast<std::size_t>(i)] = from == 1 ? Tap{0, {1.F}} : Tap{low, {1.F - part, part}};
    }
    return taps;
}

std::vector<Tap> cubicTaps(int from, int to)
{
    const auto cubic = [](double t) {
        t = std::abs(t);
        if (t < 1)
            return (1.5 * t - 2.5) * t * t + 1;
        return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0.0;
    };
    const double ratio = static_cast<double>(from) / to;
    const double wide = std::max(1.0, ratio);
    std::vector<Tap> taps(static_cast<std::size_t>(to));
    for (int i = 0; i < to; ++i) {
        const double at = (i + 0.5) * ratio - 0.5;
        Tap &tap = taps[static_cast<std::size_t>(i)];
        tap.first = std::max(0, static_cast<int>(std::ceil(at - 2 * wide)));
        const int last = std::min(from - 1, static_cast<int>(std::floor(at + 2 * wide)));
        float sum = 0;
        for (int s = tap.first; s <= last; ++s) {
            tap.weights.push_back(static_cast<float>(cubic((s - at) / wide)));
            sum += tap.weights.back();
        }
        for (float &weight : tap.weights)
            weight /= sum;
    }
    return taps;
}

Kernel::Kernel(int radius) : m_radius(radius), m_weights(static_cast<std::size_t>(side()) * static_cast<std::size_t>(side())) {}

Kernel Kernel::disc(double radius)
{
    Kernel kernel(static_cast<int>(std::ceil(radius)));
    for (int y = -kernel.m_radius; y <= kernel.m_radius; ++y)
        for (int x = -kernel.m_radius; x <= kernel.m_radius; ++x)
            kernel.add(x, y, static_cast<float>(std::clamp(radius + 0.5 - std::sqrt(static_cast<double>(x * x + y * y)), 0.0, 1.0)));
    kernel.normalise();
    return kernel;
}

void Kernel::add(double x, double y, float weight)
{
    const int left = static_cast<int>(std::floor(x));
    const int top = static_cast<int>(std::floor(y));
    const auto u = static_cast<float>(x - left);
    const auto v = static_cast<float>(y - top);
    const auto put = [&](int px, int py, float part) {
        if (std::abs(px) <= m_radius && std::abs(py) <= m_radius)
            m_weights[static_cast<std::size_t>((py + m_radius) * side() + px + m_radius)] += weight * part;
    };
    put(left, top, (1 - u) * (1 - v));
    put(left + 1, top, u * (1 - v));
    put(left, top + 1, (1 - u) * v);
    put(left + 1, top + 1, u * v);
}

void Kernel::normalise()
{
    float sum = 0;
    for (const float weight : m_weights)
        sum += weight;
    for (float &weight : m_weights)
        weight /= sum;
}

Canvas convolved(const Canvas &canvas, const Kernel &kernel)
{
    // Rows with their ends repeated, so that the inner loop runs over a whole row without a look at the border.
    const int radius = kernel.radius();
    const std::size_t inner = static_cast<std::size_t>(3) * static_cast<std::size_t>(canvas.width);
    const std::size_t stride = inner + 6 * static_cast<std::size_t>(radius);
    std::vector<float> padded(stride * static_cast<std::size_t>(canvas.height));
    for (int y = 0; y < canvas.height; ++y) {
        float *row = padded.data() + stride * static_cast<std::size_t>(y);
        for (int x = -radius; x < canvas.width + radius; ++x)
            std::copy_n(canvas.at(std::clamp(x, 0, canvas.width - 1), y), 3, row + 3 * (x + radius));
    }
    Canvas out(canvas.width, canvas.height);
    for (int y = 0; y < canvas.height; ++y) {
        float *target = out.at(0, y);
        for (int ky = -radius; ky <= radius; ++ky) {
            const float *row = padded.data() + stride * static_cast<std::size_t>(std::clamp(y + ky, 0, canvas.height - 1));
            for (int kx = -radius; kx <= radius; ++kx) {
                const float weight = kernel.at(kx, ky);
                if (weight == 0)
                    continue;
                const float *source = row + 3 * (kx + radius);
                for (std::size_t i = 0; i < inner; ++i)
                    target[i] += weight * source[i];
            }
        }
    }
    return out;
}

} // namespace dscope
