// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace dscope {

/// The side of an aligned face, and of what DDNets see.
constexpr int alignedSide = 112;

/// Where the landmarks of an aligned face lie, in pixels of alignedSide (protocols.md, section 1): left eye, right eye, nose, left and right mouth corner.
constexpr std::array<std::array<double, 2>, 5> alignedLandmarks{
    {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}};

} // namespace dscope
