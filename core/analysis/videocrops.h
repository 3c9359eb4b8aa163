// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/nets/model.h"
#include "core/nets/network.h"
#include "core/tasks/task.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace dscope {

/// How elements are cut out of videos, to teach networks with them.
struct VideoCropsOptions {
    std::string detector; ///< a name or a file; empty: the best there is
    std::string device = "auto";
    float minScore = 0; ///< of the detector; 0: its own
    int everyNth = 1;   ///< frames that are looked at
    int least = 10;     ///< shorter groups are left out
    int most = 40;      ///< elements of a group, spread evenly over it
    /// Groups of one video that were never seen at once become one identity when they are alike. Null: every group is an identity of its own.
    std::shared_ptr<Network> base;
    double same = 0.8; ///< cosine of two groups' mean embeddings from which on they are alike

    /// @throws UsageError that names the option out of range
    void check() const;
};

/// What came of it.
struct VideoCrops {
    std::int64_t videos = 0;
    std::int64_t groups = 0;
    std::int64_t identities = 0;
    std::int64_t elements = 0;
    /// Cosines of the mean embeddings of groups that were seen at once and so are of two identities, ascending; empty without a base.
    std::vector<double> apart;
};

/// Finds the elements of a task in videos, joins them into groups, and writes them as MARS has its frames, `folder/0001/0001C1T0001F000012.jpg` (person,
/// camera: the video, track within it, frame), and `folder/crops.csv` with the columns path, person, camera (the video's name), track, frame, score. People
/// have numbers of their own in every video: nobody is looked for in another one. Of a group only elements of which the detector is sure are taken. Each video
/// is decoded twice, so that no pictures are kept in memory; with a base the embeddings of one video are.
/// @throws FileError for a video or a folder, Error where nothing is found, Cancelled
VideoCrops cutOutOfVideos(const std::vector<std::filesystem::path> &videos, const Task &task, const VideoCropsOptions &options, const ModelStore &store,
                          const std::filesystem::path &folder, Progress &progress);

/// Joins groups into identities: pairs in descending order of the cosine of their means, as long as the two identities' means are at least `same` alike and no
/// two of their groups are `together` (seen at once). @param means [groups, dim] @param together [groups, groups] @return the identity of each group, from 0
std::vector<int> joinedGroups(const std::vector<std::vector<float>> &means, const std::vector<std::vector<bool>> &together, double same);

} // namespace dscope
