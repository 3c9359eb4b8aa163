// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"

namespace dscope {

/// How much a clip moves: the mean over all pixels and pairs of consecutive frames of |Y(t + 1) - Y(t)|, with the luminance Y = (77 R + 150 G + 29 B) / 256 in
/// levels of 0 to 255 (BT.601). 0 for a still. The rival of a D-score that needs no training.
double motionEnergy(const Clip &clip);

} // namespace dscope
