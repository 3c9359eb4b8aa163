// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <cstdint>

namespace dscope {

/// GFLOP/s of float32 matrix products on a device, measured: the best of several, after one to warm up.
double measuredPeak(const Device &device);

/// D-score targets of random features at the size of the largest public face set's classes: prints a Markdown table of the search's speed
/// beside the device's measured peak and beside the search in double, memory, and what the whole set would take.
void scoreBench(const Device &device, std::int64_t pictures, std::int64_t classes, std::int64_t dim, std::int64_t rowsABlock = 0,
                std::int64_t centroidsABlock = 0);

} // namespace dscope
