// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/clipreader.h"

#include "core/base/error.h"

#include <algorithm>
#include <cstring>
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

} // namespace

Picture shortSided(const PixelSource &pixels, int side)
{
    const bool wide = pixels.width() >= pixels.height();
    const std::int64_t shorter = std::min(pixels.width(), pixels.height());
    const std::int64_t longer = std::max(pixels.width(), pixels.height());
    const int length = static_cast<int>(std::max<std::int64_t>(side, (longer * side + shorter / 2) / shorter)); // rounded
    return wide ? pixels.scaled(length, side) : pixels.scaled(side, length);
}

Picture clipFrame(const PixelSource &pixels, const ClipCut &cut)
{
    if (cut.height < 1 || cut.width < 1 || cut.shortSide < std::max(cut.height, cut.width) || pixels.empty())
        throw Error("A clip's frame of " + std::to_string(cut.width) + " x " + std::to_string(cut.height)
                    + " cannot be cut out of a picture whose short side is " + std::to_string(cut.shortSide) + ".");
    const bool wide = pixels.width() >= pixels.height();
    const Picture whole = shortSided(pixels, cut.shortSide);
    const int left = offsetOf(whole.width, cut.width, wide, cut.part);
    const int top = offsetOf(whole.height, cut.height, !wide, cut.part);
    Picture part(cut.width, cut.height);
    for (int y = 0; y < cut.height; ++y)
        std::memcpy(part.row(y), whole.row(top + y) + 3 * left, 3 * static_cast<std::size_t>(cut.width));
    return part;
}

ClipStream::ClipStream(FrameSource &source, std::span<const ClipPlace> places, std::vector<ClipCut> cuts)
    : m_source(source), m_places(places.begin(), places.end()), m_cuts(std::move(cuts))
{
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        const std::vector<std::int64_t> &frames = m_places[i].frames;
        if (frames.empty())
            throw Error("A clip needs frames.");
        for (const std::int64_t frame : frames)
            ++m_needs[frame];
        m_endsAt[*std::max_element(frames.begin(), frames.end())].push_back(i);
    }
    m_total = static_cast<std::int64_t>(m_needs.size());
}

void ClipStream::readFrame(std::int64_t number)
{
    Pictures &pictures = m_held[number];
    const std::optional<DecodedFrame> decoded = m_source.decodedAt(number);
    if (!decoded) {
        ++m_work.replaced;
        return;
    }
    for (const ClipCut &cut : m_cuts)
        pictures.push_back(clipFrame(*decoded->pixels, cut));
    ++m_work.converted;
}

/// A clip of frames that have been looked for, those that are missing replaced; an empty one where all are.
Clip ClipStream::clipAt(const ClipPlace &place, std::size_t cut) const
{
    const Picture *last = nullptr;
    for (const std::int64_t frame : place.frames)
        if (const Pictures &pictures = m_held.at(frame); !pictures.empty() && last == nullptr)
            last = &pictures[cut];
    if (last == nullptr)
        return {};
    std::vector<Picture> frames;
    for (const std::int64_t frame : place.frames) {
        if (const Pictures &pictures = m_held.at(frame); !pictures.empty())
            last = &pictures[cut];
        frames.push_back(*last);
    }
    return Clip(std::move(frames));
}

std::optional<ClipStream::Item> ClipStream::finished(std::size_t place)
{
    Item item{place, {}};
    for (std::size_t cut = 0; cut < m_cuts.size(); ++cut)
        if (Clip clip = clipAt(m_places[place], cut); !clip.empty())
            item.clips.push_back(std::move(clip));
    for (const std::int64_t used : m_places[place].frames)
        if (--m_needs.at(used) == 0) {
            m_needs.erase(used);
            m_held.erase(used);
        }
    if (item.clips.size() == m_cuts.size())
        return item;
    ++m_work.lost;
    return std::nullopt;
}

std::optional<ClipStream::Item> ClipStream::next(Progress &progress)
{
    for (;;) {
        while (!m_ready.empty()) {
            const std::size_t place = m_ready.back();
            m_ready.pop_back();
            if (std::optional<Item> item = finished(place))
                return item;
        }
        // In the order of the video, so that decoding never goes back, however clips overlap.
        const auto frame = m_needs.lower_bound(m_next);
        if (frame == m_needs.end())
            return std::nullopt;
        progress.throwIfCancelled();
        const std::int64_t number = frame->first;
        m_next = number + 1;
        readFrame(number);
        ++m_done;
        if (const auto ending = m_endsAt.find(number); ending != m_endsAt.end())
            m_ready.assign(ending->second.rbegin(), ending->second.rend());
    }
}

ClipWork readClips(FrameSource &source, std::span<const ClipPlace> places, const ClipCut &cut, const std::function<void(std::size_t, Clip &&)> &take,
                   Progress &progress)
{
    ClipStream stream(source, places, {cut});
    progress.checkpoint(0, stream.total());
    while (std::optional<ClipStream::Item> item = stream.next(progress)) {
        take(item->place, std::move(item->clips.front()));
        progress.checkpoint(stream.done(), stream.total());
    }
    if (stream.work().lost > 0 && stream.work().lost == static_cast<std::int64_t>(places.size()))
        throw Error("No frame of the clips can be decoded.");
    return stream.work();
}

} // namespace dscope
