// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace dscope {

/// The files of resources/report by their names, which CMake builds in.
std::span<const std::pair<std::string_view, std::string_view>> pages();

} // namespace dscope
