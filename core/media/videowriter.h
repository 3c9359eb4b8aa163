// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/media/framerate.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace dscope {

/// What a video is written with.
enum class VideoCodec {
    Best,  ///< H.264 where this FFmpeg can write it (by libx264), else MPEG-4
    H264,  ///< H.264 by libx264
    Mpeg4, ///< MPEG-4 part 2 by FFmpeg's own encoder, which every FFmpeg has
};

struct VideoWriterOptions {
    Ratio rate{30, 1}; ///< frames per second
    /// How coarsely, as x264 counts: a constant rate factor from 0 (as good as it gets) to 51. MPEG-4 takes the nearest of its own 31 steps.
    int crf = 23;
    int gop = 250; ///< frames from a key frame to the next at most; 1: every frame is one
    /// Every frame is written for itself with one quantiser of that number, so that what a frame looks like depends on nothing but its own pixels. `gop` does
    /// not count.
    bool framesAlone = false;
    VideoCodec codec = VideoCodec::Best;

    /// @throws UsageError for what no video has
    void check() const;
};

/// Writes pictures of one size as a video in an MP4 file: 4:2:0 in BT.601 colours, one thread, no frame out of order, nothing of the machine or the day, so
/// that the same pictures give the same bytes with the same FFmpeg. The file is held in memory until finish(), which writes it whole or not at all.
class VideoWriter {
public:
    /// @param width, height of every picture: even numbers from 16 to 8192
    /// @throws UsageError for sizes and options that no video has, FileError where this FFmpeg has no encoder for it
    VideoWriter(std::filesystem::path path, int width, int height, const VideoWriterOptions &options = {});
    ~VideoWriter();
    VideoWriter(const VideoWriter &) = delete;
    VideoWriter &operator=(const VideoWriter &) = delete;

    /// @throws Error for a picture of another size, FileError where it cannot be encoded
    void add(const Picture &picture);
    /// Nothing is there before. @throws FileError, also where there is no picture
    void finish();
    /// What was chosen.
    VideoCodec codec() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// What a user should know of VideoCodec::Best on this machine: a sentence where it is not H.264, else nothing.
std::string videoCodecNotice();

} // namespace dscope
