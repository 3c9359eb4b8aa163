// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include <algorithm>
#include <string_view>

namespace dscope {

bool isSrgbProfile(std::span<const std::uint8_t> icc)
{
    // The description is ASCII in version 2 and UTF-16 in version 4 of the format.
    using namespace std::string_view_literals;
    for (const std::string_view name : {"sRGB"sv, "s\0R\0G\0B"sv})
        if (std::search(icc.begin(), icc.end(), name.begin(), name.end()) != icc.end())
            return true;
    return false;
}

} // namespace dscope
