// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/synth.h"
#include "core/base/random.h"
#include "core/base/words.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace dscope {

/// The classes of writeSyntheticPace(): what was done to a piece of a video.
enum class Pace { AsItIs, Fast, Reversed, Frozen, Shuffled };
inline constexpr Words<Pace, 5> paces{
    "no pace",
    {{Pace::AsItIs, "as it is"}, {Pace::Fast, "twice as fast"}, {Pace::Reversed, "reversed"}, {Pace::Frozen, "frozen"}, {Pace::Shuffled, "shuffled"}}};
/// Which of the `2 * paceFrames` frames of a piece a video of a class shows, in order: paceFrames numbers.
inline constexpr int paceFrames = 24;
std::vector<int> paceOrder(Pace pace, Random &random);

/// Who is taught and who is tested: sources in a drawn order are for training as long as they are no more than two thirds of all pieces together; the others
/// are for validation. @param pieces by source @return by source, whether it is for training @throws Error for fewer than two sources that have any
std::vector<bool> splitSources(const std::vector<std::int64_t> &pieces, Random random);

/// writeSyntheticSet() of "pace": five classes that are true by construction, out of any videos. docs/synthetic.md states how.
void writeSyntheticPace(const std::filesystem::path &root, const SynthOptions &options, Progress &progress);

/// writeSyntheticSet() of "telling": one labelled clip among 9 to 59 others of other sources makes an untrimmed video with a known segment.
void writeSyntheticTelling(const std::filesystem::path &root, const SynthOptions &options, Progress &progress);

} // namespace dscope
