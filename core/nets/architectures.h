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

/// All architectures of which the program can build a network by itself, base networks before DDNets.
const std::vector<std::string> &faceNetArchitectures();

/// What such an architecture is for, and how the public checkpoints of it want their input; name and file are empty.
/// @throws Error for an architecture that is not known
ModelSpec usualSpec(const std::string &architecture);

/// The architecture whose state dict has tensors of these names and shapes; nothing where it is none of those known. A common prefix
/// "module." is ignored. It looks at the tensors that tell the architectures apart; loading compares every one.
std::optional<std::string> recogniseArchitecture(const WeightsInfo &weights);

/// What a network of that architecture costs at its usual input. Built for the purpose with fresh weights.
struct ArchitectureCost {
    std::int64_t parameters = 0;
    Cost cost;
};
ArchitectureCost costOfArchitecture(const std::string &architecture);

} // namespace dscope
