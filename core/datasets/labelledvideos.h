// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A stretch of a video that shows an action, in seconds from the video's first frame.
struct LabelledSegment {
    std::int32_t label = -1;
    double fromS = 0;
    double toS = 0;
};

/// A video of a labelled set.
struct LabelledVideo {
    std::filesystem::path file; ///< a video, or a folder with its frames as pictures
    std::string id;             ///< as the set calls it
    /// Of all of it; of an untrimmed video the label with the longest segments, by which its prediction is right or wrong. -1: no label is known.
    std::int32_t label = -1;
    bool untrimmed = false;                ///< only `segments` show the action
    std::vector<LabelledSegment> segments; ///< of an untrimmed one, by their beginnings
    double fromS = 0;                      ///< what is meant of the file
    std::optional<double> toS;             ///< nothing: to its end
};

/// Videos with labels.
struct LabelledVideos {
    std::string name;                 ///< as it stands above a table: "ActivityNet 1.2, validation"
    std::vector<std::string> classes; ///< by label
    std::vector<LabelledVideo> videos;
    std::int64_t missing = 0; ///< listed, but not there
    std::vector<std::string> warnings;
};

/// The layouts that are known.
enum class VideoLayout {
    ActivityNet, ///< a JSON by ActivityNet's schema (`activity_net.v1-2.json`), and the videos by their ids, with `v_` before them or not
    Kinetics,    ///< a csv with label, youtube_id, time_start, time_end, split, and videos called id_START_END (six digits) or by the id alone
    Classes,     ///< a folder per class with videos, or with folders of frames (img_00001.jpg)
    List         ///< a csv with path and label, where wanted with start and end in seconds
};

struct LabelledVideosOptions {
    std::optional<VideoLayout> layout = {}; ///< nothing: by what lies there
    std::filesystem::path list = {};        ///< of ActivityNet, Kinetics or a list; empty: the one that lies in the root
    std::string subset = {};                ///< "validation", "training", "test": only these; empty: of ActivityNet and Kinetics validation, of others all
};

/// The layout that is named, else that of what lies there. @throws FileError for several lists
VideoLayout videoLayoutOf(const std::filesystem::path &root, const LabelledVideosOptions &options);

/// Reads a set of labelled videos. Videos are looked for at any depth below the root, by their names; those that are not there are counted and listed, never
/// fatal. None is opened.
/// @throws FileError where nothing is there or the list cannot be read, Error for a subset that nobody has, Cancelled
LabelledVideos readLabelledVideos(const std::filesystem::path &root, const LabelledVideosOptions &options, Progress &progress);

/// Where the video of a name lies; nothing where it is not there.
using FindVideo = std::function<std::optional<std::filesystem::path>(const std::string &stem)>;
/// The lists alone, of text in hand. @param name of the list, for errors
LabelledVideos parseActivityNet(const std::string &text, const std::filesystem::path &name, const std::string &subset, const FindVideo &find,
                                Progress &progress);
LabelledVideos parseKinetics(std::string text, const std::filesystem::path &name, const std::string &subset, const FindVideo &find, Progress &progress);

/// What a clip shows: of a trimmed video the video's label; of an untrimmed one that of the segments in which at least half of it lies (of several labels the
/// one with the most of it); -1: nothing that has a label, so that it takes part in no training.
std::int32_t clipLabel(const LabelledVideo &video, double fromS, double toS);

} // namespace dscope
