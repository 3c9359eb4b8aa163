// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <cmath>

namespace dscope::damage {

namespace {

template<typename Curve>
Picture throughOne(const Picture &in, const Curve &curve)
{
    Curves curves;
    for (std::size_t v = 0; v < 256; ++v)
        curves[0][v] = toByte(static_cast<float>(curve(static_cast<double>(v))));
    curves[1] = curves[2] = curves[0];
    return curved(in, curves);
}

} // namespace

Picture underExposed(const Picture &in, double severity, Random &random)
{
    const double gain = 1 / geometric(3, 48, severity);
    const double read = random.uniform(0.5, 2);
    std::array<float, 256> dark;
    for (std::size_t v = 0; v < 256; ++v)
        dark[v] = static_cast<float>(fromLight(gain * toLight(static_cast<double>(v))));
    Bells bells(random);
    Picture out = in;
    for (std::uint8_t &value : out.rgb)
        value = toByte(dark[value] + static_cast<float>(read) * bells.next());
    return out;
}

Picture overExposed(const Picture &in, double severity, Random &)
{
    const double gain = geometric(1.5, 9, severity);
    return throughOne(in, [gain](double v) { return fromLight(gain * toLight(v)); });
}

Picture gammaChanged(const Picture &in, double severity, Random &random)
{
    const double power = geometric(1.4, 3.8, severity);
    const double exponent = random.chance(0.5) ? power : 1 / power;
    return throughOne(in, [exponent](double v) { return 255 * std::pow(v / 255, exponent); });
}

Picture flattened(const Picture &in, double severity, Random &random)
{
    const double contrast = geometric(0.6, 0.08, severity);
    const double grey = random.uniform(60, 200);
    return throughOne(in, [=](double v) { return grey + contrast * (v - 127.5); });
}

Picture steepened(const Picture &in, double severity, Random &random)
{
    const double contrast = geometric(1.5, 7, severity);
    const double grey = random.uniform(80, 175);
    return throughOne(in, [=](double v) { return 127.5 + contrast * (v - grey); });
}

} // namespace dscope::damage
