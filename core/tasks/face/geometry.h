// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace dscope {

/// The side of an aligned face, and of what DDNets see.
constexpr int alignedSide = 112;

/// Where the landmarks of an aligned face lie, in pixels of alignedSide (protocols.md, section 1): left eye, right eye, nose, left and right mouth corner.
constexpr std::array<std::array<double, 2>, 5> alignedLandmarks{
    {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}};

/// The same rounded to a tenth, eyes level, as damage is drawn by them: it is made again from seeds, so that these never change.
namespace alignedParts {
constexpr std::array<double, 2> eyesX{38.3, 73.5};
constexpr double eyeY = 51.6;
constexpr double noseY = 71.7;
} // namespace alignedParts

} // namespace dscope
