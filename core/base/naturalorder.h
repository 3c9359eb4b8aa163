// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace dscope {

/// Order of names as people count: digits compare as numbers, so frame2 stands before frame10; letters by their bytes.
bool naturalLess(std::string_view a, std::string_view b);

} // namespace dscope
