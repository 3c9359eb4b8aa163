// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/kernels.h"
#include "core/damage/kinds.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <cmath>

namespace dscope::damage {

namespace {

using TapsOf = std::vector<Tap> (*)(int from, int to);

struct Size {
    int width = 0;
    int height = 0;
};

Size small(const Picture &in, double severity, double mild, double strong)
{
    const double side = geometric(mild, strong, severity) / alignedSide;
    return {std::max(1, static_cast<int>(std::lround(side * in.width))), std::max(1, static_cast<int>(std::lround(side * in.height)))};
}

Picture scaled(const Picture &in, Size to, TapsOf taps)
{
    return filtered(in, taps(in.width, to.width), taps(in.height, to.height));
}

} // namespace

Picture shrunkByArea(const Picture &in, double severity, Random &)
{
    const Size size = small(in, severity, 48, 8);
    return resampled(resampled(in, size.width, size.height), in.width, in.height);
}

Picture shrunkByNearest(const Picture &in, double severity, Random &)
{
    return scaled(scaled(in, small(in, severity, 64, 12), nearestTaps), {in.width, in.height}, nearestTaps);
}

Picture shrunkByTwoPoints(const Picture &in, double severity, Random &)
{
    return scaled(scaled(in, small(in, severity, 56, 10), twoPointTaps), {in.width, in.height}, twoPointTaps);
}

Picture shrunkByCubic(const Picture &in, double severity, Random &)
{
    return scaled(scaled(in, small(in, severity, 48, 8), cubicTaps), {in.width, in.height}, cubicTaps);
}

Picture shrunkAfterBlur(const Picture &in, double severity, Random &)
{
    const Size size = small(in, severity, 48, 8);
    const Picture blurred = filtered(in, gaussianTaps(in.width, 0.5 * in.width / size.width), gaussianTaps(in.height, 0.5 * in.height / size.height));
    return scaled(scaled(blurred, size, nearestTaps), {in.width, in.height}, cubicTaps);
}

} // namespace dscope::damage
