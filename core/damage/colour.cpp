// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope::damage {

Picture colourCast(const Picture &in, double severity, Random &random)
{
    // Exponents between -1/2 and 1/2 that are spread over the whole range: one channel is the strongest, one the weakest.
    std::array<double, 3> share{0.5, -0.5, random.uniform(-0.5, 0.5)};
    for (std::size_t i = share.size(); i > 1; --i)
        std::swap(share[i - 1], share[random.below(i)]);
    const double apart = geometric(1.3, 5, severity);
    Curves curves;
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v)
            curves[c][v] = toByte(static_cast<float>(static_cast<double>(v) * std::pow(apart, share[c])));
    return curved(in, curves);
}

Picture hueTurned(const Picture &in, double severity, Random &random)
{
    const double angle = (random.chance(0.5) ? 1 : -1) * (20 + 160 * severity) * std::numbers::pi / 180;
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    Canvas canvas = canvasOf(in);
    for (std::size_t i = 0; i < canvas.rgb.size(); i += 3) {
        float *p = canvas.rgb.data() + i;
        // NTSC's YIQ, whose chrominance plane is turned.
        const float y = 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
        const float a = 0.596F * p[0] - 0.274F * p[1] - 0.322F * p[2];
        const float b = 0.211F * p[0] - 0.523F * p[1] + 0.312F * p[2];
        const float turnedA = cosine * a - sine * b;
        const float turnedB = sine * a + cosine * b;
        p[0] = y + 0.956F * turnedA + 0.621F * turnedB;
        p[1] = y - 0.272F * turnedA - 0.647F * turnedB;
        p[2] = y - 1.106F * turnedA + 1.703F * turnedB;
    }
    return pictureOf(canvas);
}

Picture faded(const Picture &in, double severity, Random &)
{
    const auto share = static_cast<float>(0.5 + 0.5 * severity);
    Canvas canvas = canvasOf(in);
    for (std::size_t i = 0; i < canvas.rgb.size(); i += 3) {
        float *p = canvas.rgb.data() + i;
        const float y = 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
        for (int c = 0; c < 3; ++c)
            p[c] += share * (y - p[c]);
    }
    return pictureOf(canvas);
}

Picture posterised(const Picture &in, double severity, Random &)
{
    const double steps = std::round(12 - 10 * severity) - 1;
    Curves curves;
    for (std::size_t v = 0; v < 256; ++v)
        curves[0][v] = toByte(static_cast<float>(std::min(steps, std::floor(static_cast<double>(v) * (steps + 1) / 256)) * 255 / steps));
    curves[1] = curves[2] = curves[0];
    return curved(in, curves);
}

Picture solarised(const Picture &in, double severity, Random &)
{
    const double border = 224 * (1 - severity);
    Curves curves;
    for (std::size_t v = 0; v < 256; ++v)
        curves[0][v] = static_cast<std::uint8_t>(static_cast<double>(v) >= border ? 255 - v : v);
    curves[1] = curves[2] = curves[0];
    return curved(in, curves);
}

} // namespace dscope::damage
