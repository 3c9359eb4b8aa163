// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"

namespace dscope {

/// The size of a frame once its pixels are square: the side that is too short grows. Ratios within 1 % of square, and those that no camera writes (beyond 8:1),
/// leave it as it is.
struct SquareSize {
    int width = 0;
    int height = 0;
};
/// @param ratio width of a pixel by its height; 0 for unknown @param maxSide a side that would grow beyond it makes the other one shrink instead
SquareSize squareSize(int width, int height, AVRational ratio, int maxSide);

} // namespace dscope
