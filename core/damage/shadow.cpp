// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope::damage {

namespace {

/// A straight edge through the picture: 0 on one side, 1 on the other, soft between.
class Edge {
public:
    /// @param from, to where along the direction it may lie, in half diagonals from the middle
    Edge(const Picture &in, double angle, double place, double soft)
        : m_x(std::cos(angle)), m_y(std::sin(angle)), m_soft(soft),
          m_offset((in.width - 1) / 2.0 * m_x + (in.height - 1) / 2.0 * m_y + place * (in.width * std::abs(m_x) + in.height * std::abs(m_y)) / 2)
    {
    }
    double at(int x, int y) const { return std::clamp(0.5 + (x * m_x + y * m_y - m_offset) / m_soft, 0.0, 1.0); }

private:
    double m_x;
    double m_y;
    double m_soft;
    double m_offset;
};

template<typename Share>
Picture lit(const Picture &in, const Share &share)
{
    Canvas light = lightOf(in);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            const auto factor = static_cast<float>(share(x, y));
            for (int c = 0; c < 3; ++c)
                light.at(x, y)[c] *= factor;
        }
    return pictureOfLight(light);
}

} // namespace

Picture castShadow(const Picture &in, double severity, Random &random)
{
    const double left = geometric(0.5, 0.03, severity);
    const double soft = random.uniform(1, 10) * unitOf(in);
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    const std::uint64_t form = random.below(3);
    const Edge first(in, angle, random.uniform(-0.35, 0.35), soft);
    const double turned = angle + random.uniform(0.3, 0.7) * std::numbers::pi;
    const Edge second(in, turned, random.uniform(-0.5, 0), soft);
    const double period = random.uniform(24, 60) * unitOf(in);
    const double shift = random.uniform(0, period);
    return lit(in, [&](int x, int y) {
        double shade = first.at(x, y);
        if (form == 1)
            shade = std::min(shade, second.at(x, y));
        if (form == 2) { // bars: half of each period, with the same soft borders
            const double along = x * std::cos(angle) + y * std::sin(angle) + shift;
            const double part = along - period * std::floor(along / period);
            shade = std::clamp(0.5 + (period / 4 - std::abs(part - period / 2)) / soft, 0.0, 1.0);
        }
        return 1 - shade * (1 - left);
    });
}

Picture lightGradient(const Picture &in, double severity, Random &random)
{
    const double strongest = random.uniform(1, 1.5);
    const double weakest = geometric(1 / 2.0, 1 / 60.0, severity);
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    const double across = in.width * std::abs(std::cos(angle)) + in.height * std::abs(std::sin(angle));
    return lit(in, [&](int x, int y) {
        const double t = 0.5 + ((x - (in.width - 1) / 2.0) * std::cos(angle) + (y - (in.height - 1) / 2.0) * std::sin(angle)) / across;
        return strongest * std::pow(weakest / strongest, std::clamp(t, 0.0, 1.0));
    });
}

Picture glare(const Picture &in, double severity, Random &random)
{
    const double strength = 255 * geometric(0.4, 4, severity);
    const double radius = random.uniform(20, 50) * unitOf(in);
    const double middleX = random.uniform(0.15, 0.85) * in.width;
    const double middleY = random.uniform(0.15, 0.85) * in.height;
    Colour tint;
    for (float &c : tint)
        c = static_cast<float>(random.uniform(0.8, 1));
    Canvas light = lightOf(in);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            const double squares = (x - middleX) * (x - middleX) + (y - middleY) * (y - middleY);
            const auto added = static_cast<float>(strength * std::exp(-2 * squares / (radius * radius)));
            for (std::size_t c = 0; c < 3; ++c)
                light.at(x, y)[c] += added * tint[c];
        }
    return pictureOfLight(light);
}

} // namespace dscope::damage
