// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/aspect.h"

#include <algorithm>
#include <cmath>

namespace dscope {

SquareSize squareSize(int width, int height, AVRational ratio, int maxSide)
{
    if (ratio.num <= 0 || ratio.den <= 0)
        return {width, height};
    constexpr double most = 8;
    constexpr double little = 0.01;
    const double wide = av_q2d(ratio);
    if (wide > most || wide < 1 / most || std::abs(wide - 1) < little)
        return {width, height};
    const auto times = [](int side, double factor) { return std::max(1, static_cast<int>(std::lround(side * factor))); };
    if (wide > 1)
        return times(width, wide) <= maxSide ? SquareSize{times(width, wide), height} : SquareSize{width, times(height, 1 / wide)};
    return times(height, 1 / wide) <= maxSide ? SquareSize{width, times(height, 1 / wide)} : SquareSize{times(width, wide), height};
}

} // namespace dscope
