// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/program.h"

namespace dscope::onnx {

/// For float32 on the CPU: convolutions of pictures become packed ones that take the addition and the activation behind them with them.
/// @param ready the program that `plan` was made of, step for step
void fuse(const Program &ready, Plan &plan);

} // namespace dscope::onnx
