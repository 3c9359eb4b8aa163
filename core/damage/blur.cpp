// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/kernels.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope::damage {

Picture gaussianBlurred(const Picture &in, double severity, Random &)
{
    const double sigma = geometric(0.8, 6, severity) * unitOf(in);
    return filtered(in, gaussianTaps(in.width, sigma), gaussianTaps(in.height, sigma));
}

Picture defocused(const Picture &in, double severity, Random &)
{
    const double radius = geometric(1, 9, severity) * unitOf(in);
    return pictureOfLight(convolved(lightOf(in), Kernel::disc(std::max(radius, 0.5))));
}

Picture motionBlurred(const Picture &in, double severity, Random &random)
{
    const double angle = random.uniform(0, std::numbers::pi);
    const double half = geometric(4, 34, severity) * unitOf(in) / 2;
    const int steps = std::max(2, static_cast<int>(std::ceil(4 * half)));
    Kernel kernel(static_cast<int>(std::ceil(half)) + 1);
    for (int s = 0; s <= steps; ++s) {
        const double t = half * (2.0 * s / steps - 1);
        kernel.add(t * std::cos(angle), t * std::sin(angle), 1);
    }
    kernel.normalise();
    return pictureOf(convolved(canvasOf(in), kernel));
}

Picture shaken(const Picture &in, double severity, Random &random)
{
    // A walk whose direction turns by a normal share of a radian each step; the same shape at every severity, at another size.
    constexpr int steps = 48;
    std::array<double, steps + 1> x{};
    std::array<double, steps + 1> y{};
    double angle = random.uniform(0, 2 * std::numbers::pi);
    double middleX = 0;
    double middleY = 0;
    for (std::size_t s = 1; s <= steps; ++s) {
        angle += 0.35 * random.normal();
        x[s] = x[s - 1] + std::cos(angle);
        y[s] = y[s - 1] + std::sin(angle);
        middleX += x[s] / (steps + 1);
        middleY += y[s] / (steps + 1);
    }
    const double scale = geometric(5, 40, severity) * unitOf(in) / steps;
    Kernel kernel(static_cast<int>(std::ceil(scale * steps)) + 1);
    constexpr int fine = 4; // places per step, so that a long path has no gaps
    for (std::size_t s = 0; s < steps; ++s)
        for (int f = 0; f < fine; ++f) {
            const double t = static_cast<double>(f) / fine;
            kernel.add(scale * (x[s] + t * (x[s + 1] - x[s]) - middleX), scale * (y[s] + t * (y[s + 1] - y[s]) - middleY), 1);
        }
    kernel.normalise();
    return pictureOf(convolved(canvasOf(in), kernel));
}

} // namespace dscope::damage
