// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/benchmark.h"
#include "core/tasks/reid/matfile.h"

#include <cstdint>
#include <filesystem>

namespace dscope {

inline constexpr const char *marsName = "MARS";

/// The test part of MARS (protocols.md, section 6): info/tracks_test_info.mat, a row a tracklet (its first and last line in the list of frames, from 1 and both
/// included; the person, -1 for junk and 0 for distractors; the camera), info/query_IDX.mat, the queries' rows from 1, info/test_name.txt, a frame a line, and
/// bbox_test/0001/0001C1T0001F001.jpg, which is not looked for. Pictures are in the order of the list.
///
/// A tracklet is a template, numbered by its row; its subject is the person's number, and -1 for junk. Queries are those of the list; the gallery is every
/// tracklet, queries and junk among them, as the protocols differ in what they leave out.
/// @throws FileError naming file and row or line, Cancelled
Benchmark readMars(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// The train part: info/tracks_train_info.mat, info/train_name.txt, bbox_train/. The same, without splits: the tracklets with their people and cameras.
/// @throws FileError, Cancelled
Benchmark readMarsTrain(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// Where MARS's lists are written: rows of {first, last, person, camera} as above.
struct MarsTrack {
    std::int64_t first = 0; ///< from 1
    std::int64_t last = 0;  ///< included
    std::int64_t person = 0;
    std::int32_t camera = 0;
};
/// @throws FileError
void writeMarsTracks(const std::filesystem::path &file, const std::string &variable, const std::vector<MarsTrack> &tracks);

} // namespace dscope
