// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/progress.h"
#include "core/media/clipplaces.h"
#include "core/media/framesource.h"

#include <cstdint>
#include <functional>
#include <span>

namespace dscope {

/// How the frames of a clip become pictures of a network's size: the short side is brought to a length, then a part is cut out.
struct ClipCut {
    enum class Part { First, Middle, Last }; ///< along the longer side: left or top, in the middle, right or bottom; along the shorter one always the middle

    int shortSide = 0; ///< pixels; no less than height and width
    int height = 0;    ///< of the network's input
    int width = 0;
    Part part = Part::Middle;
};

/// What reading clips took.
struct ClipWork {
    std::int64_t converted = 0; ///< frames that were turned into RGB and resized, each once however many clips have it
    std::int64_t lost = 0;      ///< clips without a frame that can be decoded, which `take` does not get
    std::int64_t replaced = 0;  ///< frames that cannot be decoded, for which the one before stands (the first: the one behind)
};

/// Reads clips out of a video. Only what they need is turned into RGB, each frame once; between clips that are far apart decoding jumps to the key frame
/// before. `take` gets every clip with its place in `places` as soon as its last frame is there; no frame is held longer. Frames are those of
/// FrameSource::decodedAt(), whatever is read before. @throws Error where no clip can be read, or a place has no frames, Cancelled
ClipWork readClips(FrameSource &source, std::span<const ClipPlace> places, const ClipCut &cut, const std::function<void(std::size_t, Clip &&)> &take,
                   Progress &progress);

/// A frame as a clip has it. @throws Error for a cut that leaves nothing
Picture clipFrame(const PixelSource &pixels, const ClipCut &cut);

} // namespace dscope
