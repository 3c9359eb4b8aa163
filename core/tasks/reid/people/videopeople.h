// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/tasks/reid/people/persondetector.h"
#include "core/tasks/reid/people/persontracker.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace dscope {

/// One person in one frame of a video.
struct PersonView {
    std::size_t number = 0; ///< of all that were found: the order of the calls
    std::int64_t frame = 0;
    double timeS = 0;
    Person person;
    Picture crop; ///< what of the box lies in the frame; handed to the callback alone
};

/// A person followed through a video, frames ascending.
struct PersonTrack {
    std::vector<PersonView> views; ///< without crops
    TrackFrames frames() const;
};

struct VideoPeopleOptions {
    PersonTrackerOptions tracker;
    int everyNth = 1; ///< frames that are looked at; the tracker's options are taken by forEvery()
};

/// What is called with each person as it is found, with the crop. It returns the person's embedding, or nothing.
using SeePerson = std::function<std::vector<float>(const PersonView &)>;

/// The pixels of a box as far as it lies in the picture; empty where that is less than two pixels a side.
Picture personCrop(const PixelSource &pixels, const Box &box);

/// Decodes a video once, finds its people and joins them into tracks. In memory are one frame with its people's crops, and the boxes of all.
/// @param detector with the option `faint`, so that the tracker has what it takes to carry tracks on
/// @param see may be empty; of the people it is called with those in no track at the end are not in the result
/// @return the tracks in order of first appearance @throws FileError for what is no video, Cancelled
std::vector<PersonTrack> peopleOfVideo(const std::filesystem::path &path, PersonDetector &detector, const VideoPeopleOptions &options, Progress &progress,
                                       const SeePerson &see = {});

} // namespace dscope
