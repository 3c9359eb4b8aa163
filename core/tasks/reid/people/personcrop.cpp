// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/personcrop.h"

#include <algorithm>
#include <cmath>

namespace dscope {

Picture personCrop(const PixelSource &pixels, const Box &box)
{
    const auto inside = [](float value, int side) { return static_cast<int>(std::clamp(std::round(value), 0.F, static_cast<float>(side))); };
    if (!std::isfinite(box.x) || !std::isfinite(box.y) || !std::isfinite(box.w) || !std::isfinite(box.h))
        return {};
    const int left = inside(box.x, pixels.width());
    const int top = inside(box.y, pixels.height());
    const int width = inside(box.x + box.w, pixels.width()) - left;
    const int height = inside(box.y + box.h, pixels.height()) - top;
    return width < 2 || height < 2 ? Picture() : pixels.region({left, top, width, height});
}

} // namespace dscope
