// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/overlap.h"

#include <algorithm>

namespace dscope {

float overlap(const Box &a, const Box &b)
{
    if (a.w <= 0 || a.h <= 0 || b.w <= 0 || b.h <= 0)
        return 0;
    const float w = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const float h = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    if (w <= 0 || h <= 0)
        return 0;
    const float both = w * h;
    return both / (a.w * a.h + b.w * b.h - both);
}

} // namespace dscope
