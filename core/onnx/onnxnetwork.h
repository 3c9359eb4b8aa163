#pragma once

namespace dscope {

/// Teaches the program networks of the architecture "onnx": Network::load runs them, describeFile() looks into them. To be called once at the start;
/// calling it again changes nothing.
///
/// The network's input is [N, 3, H, W] (or [N, H, W, 3]) of float. H and W are the file's where it fixes them, else the description's. What is taken
/// of several outputs is the description's `output`, else the first with two dimensions. On the CPU a few pictures go through at a time.
void registerOnnx();

} // namespace dscope
