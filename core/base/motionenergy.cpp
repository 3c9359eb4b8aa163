// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/motionenergy.h"

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace dscope {

double motionEnergy(const Clip &clip)
{
    if (clip.empty())
        throw Error("The motion of a clip without frames cannot be measured.");
    if (clip.frames() == 1)
        return 0;
    const auto pixels = static_cast<std::size_t>(clip.width()) * static_cast<std::size_t>(clip.height());
    std::int64_t sum = 0; // thousandths of a grey value, so that the order of adding up is none of the result's business
    for (int t = 0; t + 1 < clip.frames(); ++t) {
        const std::uint8_t *before = clip.frame(t).rgb.data();
        const std::uint8_t *after = clip.frame(t + 1).rgb.data();
        for (std::size_t i = 0; i < pixels; ++i, before += 3, after += 3)
            sum += std::abs(299 * (after[0] - before[0]) + 587 * (after[1] - before[1]) + 114 * (after[2] - before[2]));
    }
    return static_cast<double>(sum) / 1000 / static_cast<double>(clip.frames() - 1) / static_cast<double>(pixels);
}

} // namespace dscope
