// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/texture.h"

#include <cmath>
#include <numbers>

namespace dscope {

Texture::Texture(const Picture &in, Random &random) : m_kind(static_cast<Kind>(random.below(5))), m_width(in.width)
{
    for (Colour *colour : {&m_a, &m_b})
        for (float &c : *colour)
            c = static_cast<float>(random.below(256));
    m_period = random.uniform(4, 24) * unitOf(in);
    const double angle = random.uniform(0, std::numbers::pi);
    m_x = std::cos(angle);
    m_y = std::sin(angle);
    m_field = smoothField(in.width, in.height, random.uniform(6, 40) * unitOf(in), random);
    if (m_kind != Kind::Noise)
        return;
    m_noise.resize(in.rgb.size());
    for (std::uint8_t &value : m_noise)
        value = static_cast<std::uint8_t>(random.next() >> 56);
}

Texture Texture::cloth(const Picture &in, const Colour &colour, Random &random)
{
    Texture texture;
    texture.m_width = in.width;
    texture.m_a = colour;
    texture.m_field = smoothField(in.width, in.height, random.uniform(10, 40) * unitOf(in), random);
    return texture;
}

Colour Texture::at(int x, int y) const
{
    const std::size_t i = static_cast<std::size_t>(y) * static_cast<std::size_t>(m_width) + static_cast<std::size_t>(x);
    if (m_kind == Kind::Noise)
        return {static_cast<float>(m_noise[3 * i]), static_cast<float>(m_noise[3 * i + 1]), static_cast<float>(m_noise[3 * i + 2])};
    const auto along = [this](double u) { return std::fmod(std::floor(2 * u / m_period), 2) != 0; };
    bool second = false;
    if (m_kind == Kind::Stripes)
        second = along(x * m_x + y * m_y);
    if (m_kind == Kind::Squares)
        second = along(x * m_x + y * m_y) != along(y * m_x - x * m_y);
    Colour colour = second ? m_b : m_a;
    const float field = m_field[i];
    for (std::size_t c = 0; c < 3; ++c)
        colour[c] = m_kind == Kind::Clouds ? m_a[c] + field * (m_b[c] - m_a[c]) : colour[c] * (0.75F + 0.5F * field);
    return colour;
}

} // namespace dscope
