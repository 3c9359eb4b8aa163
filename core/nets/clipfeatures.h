// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"

#include <cstdint>

namespace dscope {

/// What ModelSpec::output calls the features before the last layer of one of the program's own networks on clips (ClipNet::features()), and the class scores
/// with the features behind them.
inline constexpr const char *clipFeatures = "features";
inline constexpr const char *clipScoresAndFeatures = "scores+features";

/// The same network as a description whose Network gives the features of a clip, or its class scores and then its features, in place of the class scores.
/// @throws Error for an architecture that is none of the program's own base networks on clips
ModelSpec withClipFeatures(ModelSpec base, bool scores);

} // namespace dscope
