// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/clipplaces.h"

#include "core/base/error.h"

#include <algorithm>
#include <string>

namespace dscope {

namespace {

constexpr int s_most = 4096; ///< frames of a clip, and from one of them to the next
constexpr int s_mostClips = 1'000'000;
constexpr std::int64_t s_mostFrames = 50'000'000; ///< of all clips of a video
constexpr std::int64_t s_longestSpan = 20'000;    ///< frames that may have to be held until a clip is complete

/// Where clips begin.
std::vector<std::int64_t> beginnings(std::int64_t frames, const ClipOptions &options)
{
    const std::int64_t last = std::max<std::int64_t>(0, frames - options.span());
    std::vector<std::int64_t> begins;
    if (options.count == 1)
        return {last / 2};
    for (std::int64_t i = 0; i < options.count; ++i)
        begins.push_back(i * last / (options.count - 1));
    if (options.count > 0) {
        begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
        return begins;
    }
    const std::int64_t step = options.step > 0 ? options.step : static_cast<std::int64_t>(options.frames) * options.stride;
    for (std::int64_t begin = 0; begin <= last; begin += step)
        begins.push_back(begin);
    return begins;
}

} // namespace

void ClipOptions::check() const
{
    if (frames < 1 || frames > s_most || stride < 1 || stride > s_most)
        throw UsageError("A clip has 1 to " + std::to_string(s_most) + " frames, and from one to the next there are as many.");
    if (span() > s_longestSpan)
        throw UsageError("From its first frame to its last a clip may reach over " + std::to_string(s_longestSpan) + " frames at most.");
    if (step < 0 || step > 1'000'000)
        throw UsageError("From one clip to the next there are 1 to 1,000,000 frames.");
    if (count < 0 || count > s_mostClips)
        throw UsageError("A video is divided into 1 to " + std::to_string(s_mostClips) + " clips.");
}

ClipPlaces clipPlaces(const FrameTicks &ticks, const ClipOptions &options)
{
    options.check();
    const std::vector<std::int64_t> at = framesAtRate(ticks, options.rate);
    if (at.empty())
        throw Error("At this rate the video has no frame.");
    ClipPlaces result;
    result.frames = static_cast<std::int64_t>(at.size());
    result.repeated = result.frames < options.span();
    const auto seconds = [&](std::int64_t tick) { return static_cast<double>(tick - ticks.shown.front()) * ticks.second.value(); };
    const auto count = static_cast<std::int64_t>(ticks.shown.size());
    const std::vector<std::int64_t> begins = beginnings(result.frames, options);
    if (static_cast<std::int64_t>(begins.size()) * options.frames > s_mostFrames)
        throw Error("The video has " + std::to_string(begins.size()) + " clips of " + std::to_string(options.frames) + " frames, which is more than "
                    + std::to_string(s_mostFrames) + " frames; take fewer clips, or let them begin further apart.");
    for (const std::int64_t begin : begins) {
        ClipPlace place;
        place.begin = begin;
        std::int64_t latest = 0;
        for (int i = 0; i < options.frames; ++i) {
            place.frames.push_back(at[static_cast<std::size_t>((begin + static_cast<std::int64_t>(i) * options.stride) % result.frames)]);
            latest = std::max(latest, place.frames.back());
        }
        place.fromS = seconds(ticks.shown[static_cast<std::size_t>(place.frames.front())]);
        place.toS = seconds(latest + 1 < count ? ticks.shown[static_cast<std::size_t>(latest) + 1] : ticks.end);
        result.places.push_back(std::move(place));
    }
    return result;
}

std::vector<int> spreadOver(int there, int wanted)
{
    if (wanted == 1)
        return {(there - 1) / 2};
    std::vector<int> places;
    for (int i = 0; i < wanted; ++i)
        places.push_back(static_cast<int>(std::int64_t{i} * (there - 1) / (wanted - 1)));
    return places;
}

FrameTicks ticksWithin(const FrameTicks &ticks, double fromS, std::optional<double> toS, std::int64_t &first)
{
    const auto seconds = [&](std::int64_t tick) { return static_cast<double>(tick - ticks.shown.front()) * ticks.second.value(); };
    const auto begin = std::partition_point(ticks.shown.begin(), ticks.shown.end(), [&](std::int64_t tick) { return seconds(tick) < fromS - 1e-6; });
    const auto end = toS ? std::partition_point(begin, ticks.shown.end(), [&](std::int64_t tick) { return seconds(tick) < *toS - 1e-6; }) : ticks.shown.end();
    first = begin - ticks.shown.begin();
    return {ticks.second, {begin, end}, end == ticks.shown.end() ? ticks.end : *end};
}

} // namespace dscope
