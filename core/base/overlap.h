// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

namespace dscope {

/// Intersection over union of two boxes, 0 where either is empty.
float overlap(const Box &a, const Box &b);

} // namespace dscope
