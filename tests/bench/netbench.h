// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/nets/model.h"

#include <vector>

namespace dscope {

/// Rows of a table: Dscope's networks (batch-norm folded, channels-last, pictures prepared and brought to the device) beside the plain eager module, which gets
/// the same pictures as a ready tensor in plain layout, so that only the network is compared. In turn, medians.
/// @param peak float32 FLOP/s, measured @param budget seconds a row
void networkRows(const ModelSpec &spec, const Device &device, const std::vector<int> &batches, double budget, double peak);

/// The table for every network that is at hand and for IResNet-50 and -100 with fresh weights, on a device.
/// @param rounded let a GPU's convolutions round their factors to TF32, both sides
void netBench(const Device &device, double budget, bool rounded = false);

} // namespace dscope
