// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/motionenergy.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace dscope {

namespace {

void luminanceOf(const Picture &picture, std::vector<int> &levels)
{
    const std::size_t pixels = picture.rgb.size() / 3;
    levels.resize(pixels);
    for (std::size_t i = 0; i < pixels; ++i)
        levels[i] = 77 * picture.rgb[3 * i] + 150 * picture.rgb[3 * i + 1] + 29 * picture.rgb[3 * i + 2];
}

} // namespace

double motionEnergy(const Clip &clip)
{
    if (clip.frames() < 2)
        return 0;
    std::vector<int> before;
    std::vector<int> now;
    std::int64_t sum = 0;
    luminanceOf(clip.frame(0), before);
    for (int t = 1; t < clip.frames(); ++t) {
        luminanceOf(clip.frame(t), now);
        for (std::size_t i = 0; i < now.size(); ++i)
            sum += std::abs(now[i] - before[i]);
        before.swap(now);
    }
    return static_cast<double>(sum) / (256.0 * (clip.frames() - 1) * static_cast<double>(now.size()));
}

} // namespace dscope
