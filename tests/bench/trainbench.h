// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <string>

namespace dscope {

/// Training speed of DDNet and the IResNets in every precision beside a plain eager loop in the same run, beside the device's measured peak, and the
/// speed of the data alone: prints Markdown tables. @param large the IResNets too @param only
/// this precision; empty: all three @param exact as TrainOptions::exact
void trainBench(const Device &device, bool large, const std::string &only = {}, bool exact = true);

} // namespace dscope
