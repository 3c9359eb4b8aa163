// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/image/pixels.h"
#include "core/media/framerate.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// One decoded frame, upright (rotation metadata applied), with square pixels, SDR in BT.709 colours.
struct VideoFrame {
    std::int64_t index = 0; ///< from 0, in presentation order
    double timeS = 0;       ///< presentation time from the first frame, seconds
    Picture picture;
};

/// One decoded frame whose pixels are turned into RGB where they are looked at, and only there. It may outlive the reader.
struct DecodedFrame {
    std::int64_t index = 0; ///< as in VideoFrame
    double timeS = 0;
    std::shared_ptr<const PixelSource> pixels; ///< upright; null where nobody wants them
};

/// What is known of a video without decoding it.
struct VideoInfo {
    int width = 0; ///< upright
    int height = 0;
    int rotation = 0;   ///< degrees clockwise that were applied: 0, 90, 180, 270
    int pixelWidth = 1; ///< shape of the stored pixels (sample aspect ratio), 1:1 for square ones; frames are stretched until theirs are square
    int pixelHeight = 1;
    std::string range; ///< "SDR", or what was turned into it: "HDR (PQ)", "HDR (HLG)", "SDR in BT.2020 colours"
    std::string container;
    std::string codec;
    double fps = 0; ///< average; the frames' own times may vary
    double durationS = 0;
    std::int64_t frames = 0; ///< by the timestamp index; exact for a sound file
};

/// Limits against hostile files.
struct VideoOptions {
    int maxSide = 16384;                            ///< pixels; larger frames are refused
    std::int64_t maxPixels = std::int64_t{1} << 27; ///< a frame
    std::int64_t maxFrames = 10'000'000;
    int threads = 1; ///< decoder threads
};

/// Reads the video stream of a file (of several the one marked as the default, else the first) through FFmpeg's libraries. Only the `file` protocol and
/// container formats of a whitelist (no playlists: hls, dash, concat); bounded probing. A damaged file yields the frames it still has, and warnings() says
/// where. Frame n is the same picture whether it is reached by next() or by frameAt(n).
class VideoReader {
public:
    /// Reads the whole file once for its timestamps, and decodes it where they say too little; `progress`, if given, follows that and may cancel it.
    /// @throws FileError if there is no video that can be decoded, Cancelled
    explicit VideoReader(const std::filesystem::path &path, const VideoOptions &options = {}, Progress *progress = nullptr);
    ~VideoReader();
    VideoReader(const VideoReader &) = delete;
    VideoReader &operator=(const VideoReader &) = delete;

    const VideoInfo &info() const;
    /// The next frame in order, or nothing at the end.
    std::optional<VideoFrame> next();
    /// The same, but with pixels only where the index is a multiple of `every`: no other frame is turned into RGB.
    std::optional<DecodedFrame> nextDecoded(std::int64_t every = 1);
    /// Frame n by random access; next() goes on after it. Nothing if the file has no such frame (or it is damaged).
    std::optional<VideoFrame> frameAt(std::int64_t index);
    /// The same, but turned into RGB only where it is looked at.
    std::optional<DecodedFrame> decodedAt(std::int64_t index);
    /// Presentation times of all frames in seconds from the first, ascending: the timestamp index.
    const std::vector<double> &times() const;
    /// The same exactly, for framesAtRate().
    const FrameTicks &ticks() const;
    /// What went wrong so far, with the position (time and byte or frame), oldest first.
    const std::vector<std::string> &warnings() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// True when the file's beginning or its name looks like a video rather than a picture.
bool looksLikeVideo(const std::filesystem::path &path);

} // namespace dscope
