// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <cstdint>
#include <vector>

namespace dscope {

/// How clips of people are drawn for training and cut for testing, as Gao and Nevatia's code does it ("Revisiting Temporal Modeling for Video-based Person
/// ReID", 2018), which the paper's Table 7 was measured with.

/// The tracklets of an epoch, P people x K tracklets per batch: the people in a random order, each once, with K of their tracklets; the same twice only where a
/// person has fewer. What does not fill the last batch is left out.
/// @param labels each tracklet's person @param people P @param each K @param seed, epoch decide all that is random
/// @return indices into `labels`, a multiple of P K @throws UsageError for P or K below 1
std::vector<std::int64_t> identityOrder(const std::vector<std::int64_t> &labels, int people, int each, std::uint64_t seed, std::int64_t epoch);

/// Frames of a clip to train with: `length` in a row, the first uniform in 0..max(0, frames - length - 1), so that the last possible clip is never drawn; a
/// tracklet that is too short is repeated from its beginning. @throws Error for no frames or no length
std::vector<std::int64_t> trainingClip(std::int64_t frames, std::int64_t length, Random &random);

/// All frames in clips, one after the other: whole ones while more than `length` frames are left; the last one has what is left, repeated from its own first
/// frame: of 10 frames in fours 0 1 2 3, 4 5 6 7, 8 9 8 9. @throws Error for no frames or no length
std::vector<std::vector<std::int64_t>> testClips(std::int64_t frames, std::int64_t length);

/// A frame as it is shown in training, anew for every frame: with chance 1/2 it is brought to the size; else to 9/8 of it, of which a part of the size is taken
/// anywhere. Then mirrored with chance 1/2. @throws Error for an empty picture
Picture personShown(const Picture &frame, int width, int height, Random &random);

} // namespace dscope
