// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/training/reidtrainer.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// What the name of a frame of MARS says: "0001C1T0001F001.jpg" is of person 0001, camera 1, tracklet 1, frame 1.
struct TrackletFrame {
    std::string tracklet; ///< what stands before the frame: "0001C1T0001"
    int camera = 0;
};
/// Nothing for a name of another form.
std::optional<TrackletFrame> frameName(std::string_view name);

/// Reads a training set of re-identification: a folder with a folder a person, as MARS's bbox_train is. In it the frames lie, told apart by MARS's names
/// (frameName(); pictures called otherwise are one tracklet); or each tracklet has a folder of its own. Frames are in the order of their names; people are
/// numbered in the order of theirs. What is no picture is left out, with a notice. @throws FileError where there is no tracklet, Cancelled
std::vector<TrainingTracklet> readTracklets(const std::filesystem::path &folder, Progress &progress);

} // namespace dscope
