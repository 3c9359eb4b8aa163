// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// A video, and what it was cut out of.
struct SourcedVideo {
    std::filesystem::path file;
    std::string label;  ///< empty where nothing says
    std::string source; ///< videos of one source are alike; none should stand on both sides of a split
};

struct SourcedVideos {
    std::vector<SourcedVideo> videos; ///< by list, or by name
    std::vector<std::string> warnings;
};

/// Reads videos with their sources:
/// - a csv with the columns source, label (or class) and path (or file, video, filename; relative to the csv), or clip, which is then called
///   LABEL/CLIP with any ending; label may be absent,
/// - a folder in which one such csv lies,
/// - a folder without a csv: the videos in it at any depth, of which each is a source of its own and has its folder's name for a label (the folder's own
///   videos have none),
/// - a video.
/// What is listed and not there is a warning. @throws FileError where there is nothing of that kind, Cancelled
SourcedVideos readSourcedVideos(const std::filesystem::path &from, Progress &progress);

} // namespace dscope
