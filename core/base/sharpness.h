// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

namespace dscope {

/// The usual measure of sharpness: the variance of the Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0) of the grey values (.299 R + .587 G + .114 B, unrounded) over
/// all pixels that have four neighbours. In squared grey values, 0 for a flat picture; larger is sharper, and noisier. @throws Error for a picture below 3 x 3
double laplacianVariance(const Picture &picture);

} // namespace dscope
