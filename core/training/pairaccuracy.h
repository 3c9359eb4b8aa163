// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/statistics.h"
#include "core/nets/network.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// Verification of single pictures.
struct PairAccuracy {
    std::string protocol; ///< what was done, in one sentence
    std::int64_t genuine = 0;
    std::int64_t impostor = 0;
    double accuracy = 0;  ///< ten-fold mean
    double deviation = 0; ///< population, over the folds
    Interval interval;    ///< of the mean; by-person bootstrap for random pairs, empty for a pair list
};

/// LFW's own protocol on aligned faces: `pairs` in LFW's format (a first line "10 300", then name i j or name i name j), unshuffled ten-fold
/// accuracy (protocols.md, section 4). @throws FileError for a line that is malformed or names a face that is not there
PairAccuracy lfwAccuracy(Network &base, const std::filesystem::path &faces, const std::filesystem::path &pairs, Progress &progress);

/// Balanced random pairs of a list: `pairs` genuine ones (a person drawn uniformly among those with two faces, then two faces) and as many
/// impostor ones, ten-fold accuracy at the best threshold of the other nine folds, interval by bootstrap over people.
PairAccuracy randomPairAccuracy(Network &base, FaceList faces, std::int64_t pairs, std::uint64_t seed, Progress &progress);

/// What a network puts out for each picture, in blocks that report. @param stage what that is called
std::vector<float> outputsOf(Network &net, const std::vector<Picture> &pictures, const std::string &stage, Progress &progress);

/// Faces of each person of a list.
std::vector<std::vector<std::size_t>> facesByPerson(const FaceList &faces);

} // namespace dscope
