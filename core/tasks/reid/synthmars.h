// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>

namespace dscope {

/// Writes a set in MARS's layout out of tracklets that one has (readTracklets() of `from`): bbox_train/, bbox_test/ with frames called as MARS's
/// (a JPEG as it is, anything else written as one), info/ with the two tables of tracklets, the queries and the lists of frames, and SYNTHETIC.txt.
///
/// Who is where is drawn from the seed. A tenth of the people, at least two, is left aside: half of them are junk (person -1), half distractors (0), in the
/// test part. The others are half in train and half in test, numbered from 1 by their names. Each person of the test part has one query a camera, one of its
/// tracklets there. Tracklets are numbered within a person and camera, cameras from 1 in the order of their numbers.
/// @throws FileError, Error with fewer than six people, more than nine cameras, or nobody of the test part seen by two of them; Cancelled
void writeSyntheticMars(const std::filesystem::path &root, const std::filesystem::path &from, std::uint64_t seed, Progress &progress);

} // namespace dscope
