// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <vector>

namespace dscope {

/// Weights of the source pixels that make one target pixel, along one axis.
struct Tap {
    int first = 0;
    std::vector<float> weights;
};

/// Applies taps along both axes, in float, rounding once at the end.
Picture filtered(const Picture &in, const std::vector<Tap> &across, const std::vector<Tap> &down);

/// The picture at another size, without OpenCV: along each axis shrunk by averaging what falls together, or enlarged by a straight line between pixels.
Picture resampled(const Picture &in, int width, int height);

} // namespace dscope
