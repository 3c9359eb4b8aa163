// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <cmath>

namespace dscope::damage {

Picture gaussianNoise(const Picture &in, double severity, Random &random)
{
    const auto deviation = static_cast<float>(6 + 54 * severity);
    Bells bells(random);
    Picture out = in;
    for (std::uint8_t &value : out.rgb)
        value = toByte(value + deviation * bells.next());
    return out;
}

Picture sensorNoise(const Picture &in, double severity, Random &random)
{
    const double white = geometric(600, 8, severity);
    const double read = random.uniform(1, 3);
    const std::array<double, 3> gain{random.uniform(1, 2), 1, random.uniform(1, 2)};
    Canvas light = lightOf(in);
    Bells bells(random);
    for (std::size_t i = 0; i < light.rgb.size(); ++i) {
        // What the sensor counted before the channel was amplified: n electrons with variance n + read^2.
        const double perByte = white / gain[i % 3] / 255;
        const double electrons = light.rgb[i] * perByte;
        light.rgb[i] = static_cast<float>((electrons + std::sqrt(electrons + read * read) * bells.next()) / perByte);
    }
    return pictureOfLight(light);
}

Picture grainy(const Picture &in, double severity, Random &random)
{
    const double cell = random.uniform(1, 2) * unitOf(in);
    // A smooth field has a deviation of about .215 (uniform at the grid's points, less between them), a mean of two of them three quarters of it.
    constexpr double toOne = 1 / (0.215 * 0.75);
    const double deviation = 8 + 42 * severity;
    const double coloured = random.uniform(0.3, 0.8);
    const std::vector<float> luma = smoothField(in.width, in.height, cell, random);
    Canvas canvas = canvasOf(in);
    for (std::size_t c = 0; c < 3; ++c) {
        const std::vector<float> own = smoothField(in.width, in.height, 1.5 * cell, random);
        for (std::size_t i = 0; i < own.size(); ++i) {
            float &value = canvas.rgb[3 * i + c];
            const double tone = 1 - 0.6 * std::abs(value - 127.5) / 127.5;
            value += static_cast<float>(toOne * deviation * tone * ((1 - coloured) * (luma[i] - 0.5) + coloured * (own[i] - 0.5)));
        }
    }
    return pictureOf(canvas);
}

Picture impulses(const Picture &in, double severity, Random &random)
{
    const double share = geometric(0.005, 0.25, severity);
    Picture out = in;
    for (std::size_t i = 0; i < out.rgb.size(); i += 3) {
        // Every pixel draws the same numbers at every severity: what is hit by a mild one is hit by a strong one.
        const double at = random.uniform();
        const std::uint64_t what = random.next();
        if (at >= share)
            continue;
        for (std::size_t c = 0; c < 3; ++c)
            out.rgb[i + c] = what % 3 == 0 ? 0 : what % 3 == 1 ? 255 : static_cast<std::uint8_t>(what >> (16 + 8 * c));
    }
    return out;
}

} // namespace dscope::damage
