// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace dscope::test {

/// Writes a folder with a manifest.json, a base ("made-base", the compact architecture) and a DDNet ("made-ddnet") of random weights: what
/// tests of everything but the scores' meaning run on, whatever models are on the machine. The same weights for the same seed.
void writeMadeNets(const std::filesystem::path &folder, std::uint64_t seed = 1);

/// The same for clips: a base ("made-clips", 3D-ResNet-18 at an eighth of its width) that tells run, sit and walk apart, and a DDNet ("made-ddnet-3d").
void writeMadeClipNets(const std::filesystem::path &folder, std::uint64_t seed = 1);

} // namespace dscope::test
