// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

namespace dscope {

/// The live threshold at the size of IJB-C (times `scale`), each figure beside the straightforward way in the same run, as Markdown.
void liveBench(const Device &device, double scale);

} // namespace dscope
