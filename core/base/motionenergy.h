// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"

namespace dscope {

/// How much moves in a clip, by which clips can be chosen without any training: the mean absolute difference of the luminance of consecutive frames,
///
///     E = 1 / ((T - 1) H W) sum_t sum_x,y |Y_{t+1}(x, y) - Y_t(x, y)|,   Y = .299 R + .587 G + .114 B, unrounded
///
/// for T frames of H x W, in grey values from 0 to 255; 0 for a still. Noise and the movement of the camera count as all else does. @throws Error for an empty
/// clip
double motionEnergy(const Clip &clip);

} // namespace dscope
