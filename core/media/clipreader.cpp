// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/clipreader.h"

#include "core/base/error.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

namespace {

/// Where a part of `wanted` pixels begins.
int offsetOf(int there, int wanted, bool longer, ClipCut::Part part)
{
    const int room = there - wanted;
    if (!longer || part == ClipCut::Part::Middle)
        return room / 2;
    return part == ClipCut::Part::First ? 0 : room;
}

using Frames = std::map<std::int64_t, std::optional<Picture>>;

/// A clip of frames that have been looked for, those that are missing replaced; an empty one where all are.
Clip clipOf(const ClipPlace &place, const Frames &held)
{
    const Picture *last = nullptr;
    for (const std::int64_t frame : place.frames)
        if (const auto &picture = held.at(frame); picture && last == nullptr)
            last = &*picture;
    if (last == nullptr)
        return {};
    std::vector<Picture> frames;
    for (const std::int64_t frame : place.frames) {
        if (const auto &picture = held.at(frame))
            last = &*picture;
        frames.push_back(*last);
    }
    return Clip(std::move(frames));
}

} // namespace

Picture clipFrame(const PixelSource &pixels, const ClipCut &cut)
{
    if (cut.height < 1 || cut.width < 1 || cut.shortSide < std::max(cut.height, cut.width) || pixels.empty())
        throw Error("A clip's frame of " + std::to_string(cut.width) + " x " + std::to_string(cut.height)
                    + " cannot be cut out of a picture whose short side is " + std::to_string(cut.shortSide) + ".");
    const bool wide = pixels.width() >= pixels.height();
    const std::int64_t shorter = std::min(pixels.width(), pixels.height());
    const std::int64_t longer = std::max(pixels.width(), pixels.height());
    const int length = static_cast<int>(std::max<std::int64_t>(cut.shortSide, (longer * cut.shortSide + shorter / 2) / shorter)); // rounded
    const Picture whole = wide ? pixels.scaled(length, cut.shortSide) : pixels.scaled(cut.shortSide, length);
    const int left = offsetOf(whole.width, cut.width, wide, cut.part);
    const int top = offsetOf(whole.height, cut.height, !wide, cut.part);
    Picture part(cut.width, cut.height);
    for (int y = 0; y < cut.height; ++y)
        std::memcpy(part.row(y), whole.row(top + y) + 3 * left, 3 * static_cast<std::size_t>(cut.width));
    return part;
}

ClipWork readClips(FrameSource &source, std::span<const ClipPlace> places, const ClipCut &cut, const std::function<void(std::size_t, Clip &&)> &take,
                   Progress &progress)
{
    std::map<std::int64_t, int> needs;                       // clips that a frame is still to be a part of
    std::map<std::int64_t, std::vector<std::size_t>> endsAt; // clips by their last frame
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i].frames.empty())
            throw Error("A clip needs frames.");
        for (const std::int64_t frame : places[i].frames)
            ++needs[frame];
        endsAt[*std::max_element(places[i].frames.begin(), places[i].frames.end())].push_back(i);
    }
    ClipWork work;
    Frames held;
    const auto total = static_cast<std::int64_t>(needs.size());
    std::int64_t done = 0;
    // In the order of the video, so that decoding never goes back, however clips overlap.
    for (auto frame = needs.begin(); frame != needs.end();) {
        progress.checkpoint(done++, total);
        const std::int64_t number = frame->first;
        ++frame; // those that nobody needs any more go
        std::optional<Picture> &picture = held[number];
        if (const std::optional<DecodedFrame> decoded = source.decodedAt(number)) {
            picture = clipFrame(*decoded->pixels, cut);
            ++work.converted;
        } else {
            ++work.replaced;
        }
        const auto ending = endsAt.find(number);
        if (ending == endsAt.end())
            continue;
        for (const std::size_t i : ending->second) {
            if (Clip clip = clipOf(places[i], held); clip.empty())
                ++work.lost;
            else
                take(i, std::move(clip));
            for (const std::int64_t used : places[i].frames)
                if (--needs.at(used) == 0) {
                    needs.erase(used);
                    held.erase(used);
                }
        }
    }
    if (work.lost > 0 && work.lost == static_cast<std::int64_t>(places.size()))
        throw Error("No frame of the clips can be decoded.");
    return work;
}

} // namespace dscope
