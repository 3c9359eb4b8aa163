// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace dscope {

/// Dscope's ONNX executor beside OpenCV DNN (layers fused, as it comes) on the CPU, in turn, with one and with eight pictures of noise: one table.
/// A file that OpenCV cannot run eight pictures of at once is given to it one by one, and the table says so.
void onnxBench(const std::vector<std::filesystem::path> &files, double seconds);

} // namespace dscope
