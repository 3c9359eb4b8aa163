// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace dscope::resnet50 {

/// What ResNet-50 is made of, in two and in three dimensions (He et al., 2016, Table 1).
constexpr std::int64_t stem = 64;
constexpr std::int64_t expansion = 4;
constexpr std::array<int, 4> blocks{3, 4, 6, 3};

} // namespace dscope::resnet50
