// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/damage/canvas.h"

namespace dscope {

/// What an occluder looks like: one colour, noise, clouds of two colours, stripes or squares, with light that varies a little.
class Texture {
public:
    /// For a picture of this size, drawn at random.
    Texture(const Picture &in, Random &random);
    /// One colour with light that varies a little, such as cloth.
    static Texture cloth(const Picture &in, const Colour &colour, Random &random);
    Colour at(int x, int y) const;

private:
    enum class Kind { Flat, Noise, Clouds, Stripes, Squares };
    Texture() = default;

    Kind m_kind = Kind::Flat;
    int m_width = 0;
    Colour m_a{};
    Colour m_b{};
    double m_period = 1;
    double m_x = 1; ///< direction of the stripes
    double m_y = 0;
    std::vector<float> m_field; ///< of clouds, or light; 0 to 1
    std::vector<std::uint8_t> m_noise;
};

/// Puts the texture over the pixels for which `share(x, y)` is above 0, mixed by it. `share` in [0, 1].
template<typename Share>
Picture covered(const Picture &in, const Texture &texture, const Share &share)
{
    Picture out = in;
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            const auto part = static_cast<float>(share(x, y));
            if (!(part > 0))
                continue;
            const Colour colour = texture.at(x, y);
            for (int c = 0; c < 3; ++c) {
                std::uint8_t &value = out.row(y)[3 * x + c];
                value = toByte(value + part * (colour[static_cast<std::size_t>(c)] - value));
            }
        }
    return out;
}

} // namespace dscope
