// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/image/pixels.h"

namespace dscope {

/// The pixels of a box as far as it lies in the picture; empty where that is less than two pixels a side.
Picture personCrop(const PixelSource &pixels, const Box &box);

} // namespace dscope
