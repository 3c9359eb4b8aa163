// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/media/framerate.h"
#include "core/media/video.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// The frames of a video by their numbers, however they are kept: a file, or a folder with a picture per frame. From one thread at a time.
class FrameSource {
public:
    virtual ~FrameSource() = default;

    /// When each is shown.
    virtual const FrameTicks &ticks() const = 0;
    /// Frame n; nothing where it cannot be read. Ascending numbers are cheapest.
    virtual std::optional<DecodedFrame> decodedAt(std::int64_t index) = 0;
    /// What went wrong so far, oldest first.
    virtual std::vector<std::string> warnings() const = 0;

    std::int64_t count() const { return static_cast<std::int64_t>(ticks().shown.size()); }
};

/// Opens a video file, or a folder with the frames of one as pictures (img_00001.jpg, ...; in the order of their numbers), of which nothing says when they were
/// taken: they come at `folderRate`. @throws FileError for what is neither, Cancelled
std::unique_ptr<FrameSource> openFrames(const std::filesystem::path &path, const Ratio &folderRate, Progress &progress, const VideoOptions &options = {});

} // namespace dscope
