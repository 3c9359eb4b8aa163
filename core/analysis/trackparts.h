// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/evaluation/draws.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace dscope {

/// How tracks become templates.
struct TrackPartsOptions {
    std::int64_t atLeast = 9; ///< faces of a track; shorter ones are left out
    /// Who is seen in a video, for videos of one person each; videos that are not named here say nothing of who they show.
    std::map<std::filesystem::path, std::string> people;
};

/// The tracks of videos as templates with pairs, so that aggregation can be judged on video for which nobody has written down who is who.
struct TrackParts {
    ComparedSet parts;            ///< per track the first third of its faces, then the last third; ids count from 0
    std::int64_t tracks = 0;      ///< that are in it
    std::int64_t shortTracks = 0; ///< left out
    std::int64_t others = 0;      ///< left out: in a video of one person, seen beside its longest track (a hand, a picture on the wall, a passer-by)
    std::int64_t unseen = 0;      ///< videos of the list of people that are not among those opened
    std::int64_t genuine = 0;
    std::int64_t impostor = 0;
};

/// Templates are the first and the last third of each track (n / 3 faces each, in order of time): the middle keeps them apart.
/// - Genuine: both thirds of one track; thirds of tracks of videos that show the same person.
/// - Impostor: thirds of tracks that are seen in the same frame, who are two people for certain; of videos that show different people.
/// - All other pairs may be one or the other and take no part.
/// In a video that names its person, the longest track is that person, and so are tracks that are never seen together with it.
/// Subjects are people where videos name them, and tracks otherwise.
/// @throws Error where an analysis has no embeddings, no track is long enough, none of the videos that the list names was opened, or there are no impostor
/// pairs
TrackParts trackParts(const Analysis &analysis, const TrackPartsOptions &options);

/// `people` of a csv with the columns video and person; videos are looked for beside the csv. @throws FileError that names the line
std::map<std::filesystem::path, std::string> readVideoPeople(const std::filesystem::path &csv);

} // namespace dscope
