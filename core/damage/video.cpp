// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/kernels.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>

namespace dscope::damage {

Picture combed(const Picture &in, double severity, Random &random)
{
    const double shift = (random.chance(0.5) ? 1 : -1) * geometric(1.5, 14, severity) * unitOf(in);
    const int first = static_cast<int>(random.below(2));
    // In a picture that is larger than an aligned face the rows of the video were larger too.
    const int rows = std::max(1, static_cast<int>(std::lround(unitOf(in))));
    Picture out = in;
    for (int y = 0; y < in.height; ++y) {
        if ((y / rows) % 2 != first)
            continue;
        for (int x = 0; x < in.width; ++x) {
            const Colour colour = between(in, x + shift, y);
            for (std::size_t c = 0; c < 3; ++c)
                out.row(y)[3 * x + static_cast<int>(c)] = toByte(colour[c]);
        }
    }
    return out;
}

Picture blocksLost(const Picture &in, double severity, Random &random)
{
    const double share = geometric(0.04, 0.6, severity);
    const int side = std::max(1, static_cast<int>(std::lround(16 * unitOf(in))));
    const int offset = static_cast<int>(random.below(static_cast<std::uint64_t>(side))); // the crop's border is none of the codec's
    Picture out = in;
    for (int top = -offset; top < in.height; top += side)
        for (int left = -offset; left < in.width; left += side) {
            const double at = random.uniform();
            const std::uint64_t how = random.below(3);
            const int dx = static_cast<int>(random.below(static_cast<std::uint64_t>(2 * side) + 1)) - side;
            const int dy = static_cast<int>(random.below(static_cast<std::uint64_t>(2 * side) + 1)) - side;
            if (at >= share)
                continue;
            for (int y = std::max(0, top); y < std::min(in.height, top + side); ++y)
                for (int x = std::max(0, left); x < std::min(in.width, left + side); ++x) {
                    const int fromX = how == 0 ? std::clamp(x + dx, 0, in.width - 1) : x;
                    const int fromY = how == 0 ? std::clamp(y + dy, 0, in.height - 1) : std::max(0, top);
                    for (int c = 0; c < 3; ++c)
                        out.row(y)[3 * x + c] = how == 1 ? std::uint8_t{128} : in.row(fromY)[3 * fromX + c];
                }
        }
    return out;
}

Picture haloed(const Picture &in, double severity, Random &random)
{
    const double sigma = random.uniform(1, 2.5) * unitOf(in);
    const auto amount = static_cast<float>(geometric(1.5, 10, severity));
    const Picture soft = filtered(in, gaussianTaps(in.width, sigma), gaussianTaps(in.height, sigma));
    Picture out = in;
    for (std::size_t i = 0; i < out.rgb.size(); ++i)
        out.rgb[i] = toByte(in.rgb[i] + amount * (static_cast<float>(in.rgb[i]) - soft.rgb[i]));
    return out;
}

} // namespace dscope::damage
