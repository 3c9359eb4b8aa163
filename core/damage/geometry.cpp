// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/border.h"
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace dscope::damage {

namespace {

/// A picture whose pixel (x, y) is what lies at `from(x, y)` of `in`; what lies beyond its border is filled at random.
template<typename From>
Picture moved(const Picture &in, const From &from, Random &random)
{
    const Fill how = drawFill(random);
    const auto mirrored = [&](double value, int side) {
        if (how != Fill::Reflected)
            return value;
        const double period = 2.0 * side;
        const double part = value + 0.5 - period * std::floor((value + 0.5) / period);
        return std::min(part, period - part) - 0.5;
    };
    Picture out(in.width, in.height);
    std::vector<std::uint8_t> nothing(out.rgb.size() / 3);
    std::size_t at = 0;
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x, ++at) {
            const auto [sx, sy] = from(x, y);
            nothing[at] = sx < -0.5 || sy < -0.5 || sx > in.width - 0.5 || sy > in.height - 0.5 ? 1 : 0;
            const Colour colour = between(in, mirrored(sx, in.width), mirrored(sy, in.height)); // which goes on with the outermost pixels
            for (std::size_t c = 0; c < 3; ++c)
                out.rgb[3 * at + c] = toByte(colour[c]);
        }
    if (how != Fill::Reflected && how != Fill::Replicated)
        fill(out, nothing, how, random);
    return out;
}

} // namespace

Picture misaligned(const Picture &in, double severity, Random &random)
{
    // Each error at its most, either way, but for one of them, which is anywhere between.
    std::array<double, 4> errors; // angle, scale, and the shift's length and direction
    for (double &error : errors)
        error = random.chance(0.5) ? 1 : -1;
    const double direction = random.uniform(0, 2 * std::numbers::pi);
    errors[random.below(3)] *= random.uniform();
    const double angle = errors[0] * (4 + 31 * severity) * std::numbers::pi / 180;
    const double scale = std::pow(geometric(1.06, 1.6, severity), errors[1]);
    const double shift = errors[2] * (0.03 + 0.23 * severity);
    const double middleX = (in.width - 1) / 2.0;
    const double middleY = (in.height - 1) / 2.0;
    const double dx = shift * in.width * std::cos(direction);
    const double dy = shift * in.height * std::sin(direction);
    return moved(
        in,
        [&](int x, int y) {
            const double u = (x - middleX - dx) / scale;
            const double v = (y - middleY - dy) / scale;
            return std::pair(middleX + u * std::cos(angle) + v * std::sin(angle), middleY + v * std::cos(angle) - u * std::sin(angle));
        },
        random);
}

Picture stretched(const Picture &in, double severity, Random &random)
{
    const double factor = geometric(1.15, 2.4, severity);
    const double angle = random.chance(0.5) ? random.uniform(-0.3, 0.3) : random.uniform(-0.3, 0.3) + std::numbers::pi / 2;
    const double middleX = (in.width - 1) / 2.0;
    const double middleY = (in.height - 1) / 2.0;
    return moved(
        in,
        [&](int x, int y) {
            // Along the direction shorter and across longer, so that the area stays.
            const double along = ((x - middleX) * std::cos(angle) + (y - middleY) * std::sin(angle)) * std::sqrt(factor);
            const double across = ((y - middleY) * std::cos(angle) - (x - middleX) * std::sin(angle)) / std::sqrt(factor);
            return std::pair(middleX + along * std::cos(angle) - across * std::sin(angle), middleY + along * std::sin(angle) + across * std::cos(angle));
        },
        random);
}

} // namespace dscope::damage
