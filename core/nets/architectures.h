// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/nets/network.h"
#include "core/nets/tensorlist.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// All architectures on single pictures of which the program can build a network by itself, base networks before DDNets.
const std::vector<std::string> &faceNetArchitectures();
/// Those on clips. A base network's output is the scores of its classes before a softmax; of how many, its file says.
const std::vector<std::string> &clipNetArchitectures();

/// How the frames of a clip are taken out of a video for the public checkpoints of an architecture.
struct ClipSampling {
    double rate = 0; ///< frames a second, to which the video is brought first; 0: its own
    int stride = 1;  ///< every which of these frames is one of the clip's
};
/// Nothing for an architecture on single pictures. By the public code's defaults: Hara's prepares pictures of every frame; torchvision's reference training
/// takes 15 frames a second; SlowFast's configurations every second of 30 (SAMPLING_RATE, TARGET_FPS); a DDNet on clips sees the frames as section 4.3 of the
/// paper extracts them, at 30 a second.
std::optional<ClipSampling> usualSampling(const std::string &architecture);

/// What such an architecture is for, and how the public checkpoints of it want their input; name and file are empty.
/// @throws Error for an architecture that is not known
ModelSpec usualSpec(const std::string &architecture);

/// The architecture whose state dict has tensors of these names and shapes; nothing where it is none of those known. A common prefix
/// "module." is ignored. It looks at the tensors that tell the architectures apart; loading compares every one.
std::optional<std::string> recogniseArchitecture(const WeightsInfo &weights);

/// What a network of that architecture costs at its usual input. One on pictures is built for the purpose with fresh weights.
struct ArchitectureCost {
    std::int64_t parameters = 0;
    Cost cost;
};
ArchitectureCost costOfArchitecture(const std::string &architecture);

} // namespace dscope
