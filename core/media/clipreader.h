// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/progress.h"
#include "core/media/clipplaces.h"
#include "core/media/framesource.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

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
    std::int64_t lost = 0;      ///< clips without a frame that can be decoded, which are left out
    std::int64_t replaced = 0;  ///< frames that cannot be decoded, for which the one before stands (the first: the one behind)
};

/// Clips on their way out of a video, each at one or several sizes. Only the frames that they need are turned into RGB, each once however many clips have it;
/// between clips that are far apart decoding jumps to the key frame before, and no frame is held longer than a clip needs it. Frames are those of
/// FrameSource::decodedAt(), whatever is read before.
class ClipStream {
public:
    /// @param cuts one per size @throws Error for a place without frames
    ClipStream(FrameSource &source, std::span<const ClipPlace> places, std::vector<ClipCut> cuts);

    struct Item {
        std::size_t place = 0;   ///< which of the places
        std::vector<Clip> clips; ///< one per cut
    };
    /// The next clip, as soon as its last frame is there; those without a frame that can be decoded are left out. Nothing at the end. @throws Cancelled
    std::optional<Item> next(Progress &progress);
    /// So far.
    const ClipWork &work() const { return m_work; }
    /// Frames looked for so far, and all that there are to look for.
    std::int64_t done() const { return m_done; }
    std::int64_t total() const { return m_total; }

private:
    using Pictures = std::vector<Picture>; ///< one per cut; empty: cannot be decoded

    void readFrame(std::int64_t number);
    Clip clipAt(const ClipPlace &place, std::size_t cut) const;
    std::optional<Item> finished(std::size_t place);

    FrameSource &m_source;
    std::vector<ClipPlace> m_places;
    std::vector<ClipCut> m_cuts;
    std::map<std::int64_t, int> m_needs;                       ///< clips that a frame is still to be a part of
    std::map<std::int64_t, std::vector<std::size_t>> m_endsAt; ///< clips by their last frame
    std::map<std::int64_t, Pictures> m_held;
    std::vector<std::size_t> m_ready; ///< clips whose last frame is there, the next one last
    std::int64_t m_next = 0;          ///< no frame before is looked for any more
    std::int64_t m_done = 0;
    std::int64_t m_total = 0;
    ClipWork m_work;
};

/// Reads all clips of such a stream at one size. `take` gets every clip with its place in `places`. @throws Error where no clip can be read, or a place has no
/// frames, Cancelled
ClipWork readClips(FrameSource &source, std::span<const ClipPlace> places, const ClipCut &cut, const std::function<void(std::size_t, Clip &&)> &take,
                   Progress &progress);

/// A frame whose short side is brought to a length, of which clipFrame() takes a part.
Picture shortSided(const PixelSource &pixels, int side);
/// A frame as a clip has it. @throws Error for a cut that leaves nothing
Picture clipFrame(const PixelSource &pixels, const ClipCut &cut);

} // namespace dscope
