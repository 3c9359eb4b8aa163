// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// Teaches the program networks of the architecture "onnx": Network::load runs them, describeFile() looks into them. To be called once at the start;
/// calling it again changes nothing.
///
/// The network's input is [N, 3, H, W] or [N, H, W, 3] of any number type (onnx::pictureInput()). H and W are the file's where it fixes them, else the
/// description's. How the pixels are prepared a description says, else the network's first layers (onnx::preparationOf()), else the usual mean and scale;
/// whole numbers take the pixels as they are. Of several outputs the one is taken that fits the use (onnx::chooseOutput()). On the CPU a few pictures go
/// through at a time.
void registerOnnx();

} // namespace dscope
