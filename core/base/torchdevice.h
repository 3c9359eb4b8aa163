// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <c10/core/Device.h>

namespace dscope {

/// libtorch's name for a device. Only for files that use libtorch anyway.
inline c10::Device torchDevice(const Device &device)
{
    return device.isCuda() ? c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(device.index)) : c10::Device(c10::kCPU);
}

} // namespace dscope
