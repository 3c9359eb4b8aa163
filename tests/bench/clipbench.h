// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// Convolutions in three directions on the CPU, a row a shape of layer: libtorch's own with the channels first and last, and oneDNN's with packed weights, both
/// orders; then the networks on clips as Dscope runs them beside the plain eager module. Processor seconds of one thread, medians of runs in turn.
/// @param seconds a row
void clipBench(double seconds);

} // namespace dscope
