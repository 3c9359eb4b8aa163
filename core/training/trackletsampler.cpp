// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/trackletsampler.h"

#include "core/base/error.h"
#include "core/base/resample.h"
#include "core/training/augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

namespace dscope {

namespace {

constexpr double s_room = 1.125; ///< of the size that a part is taken of

void checkClip(std::int64_t frames, std::int64_t length)
{
    if (frames < 1 || length < 1)
        throw Error("A clip needs a tracklet with frames, and a length of 1 or more.");
}

/// The part of that size whose corner is (left, top).
Picture part(const Picture &picture, int left, int top, int width, int height)
{
    Picture taken(width, height);
    for (int y = 0; y < height; ++y)
        std::copy_n(picture.row(top + y) + std::ptrdiff_t{3} * left, std::ptrdiff_t{3} * width, taken.row(y));
    return taken;
}

} // namespace

std::vector<std::int64_t> identityOrder(const std::vector<std::int64_t> &labels, int people, int each, std::uint64_t seed, std::int64_t epoch)
{
    if (people < 1 || each < 1)
        throw UsageError("A batch needs at least one person with one tracklet.");
    std::map<std::int64_t, std::vector<std::int64_t>> byPerson;
    for (std::size_t i = 0; i < labels.size(); ++i)
        byPerson[labels[i]].push_back(static_cast<std::int64_t>(i));
    std::vector<std::vector<std::int64_t> *> order;
    for (auto &entry : byPerson)
        order.push_back(&entry.second);
    Random random(seed, 0x40000000000ULL + static_cast<std::uint64_t>(epoch));
    random.shuffle(order);
    order.resize(order.size() / static_cast<std::size_t>(people) * static_cast<std::size_t>(people));
    const auto wanted = static_cast<std::size_t>(each);
    std::vector<std::int64_t> tracklets;
    for (std::vector<std::int64_t> *own : order) {
        if (own->size() >= wanted) {
            random.shuffle(*own);
            tracklets.insert(tracklets.end(), own->begin(), own->begin() + each);
        } else {
            for (std::size_t i = 0; i < wanted; ++i)
                tracklets.push_back((*own)[random.below(own->size())]);
        }
    }
    return tracklets;
}

std::vector<std::int64_t> trainingClip(std::int64_t frames, std::int64_t length, Random &random)
{
    checkClip(frames, length);
    const std::int64_t last = std::max<std::int64_t>(0, frames - length - 1);
    const auto begin = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last) + 1));
    std::vector<std::int64_t> clip;
    for (std::int64_t i = 0; i < length; ++i)
        clip.push_back((begin + i) % frames); // which is beyond the end only where begin is 0
    return clip;
}

std::vector<std::vector<std::int64_t>> testClips(std::int64_t frames, std::int64_t length)
{
    checkClip(frames, length);
    std::vector<std::vector<std::int64_t>> clips;
    std::int64_t begin = 0;
    for (;;) {
        const std::int64_t there = std::min(length, frames - begin);
        std::vector<std::int64_t> &clip = clips.emplace_back();
        for (std::int64_t i = 0; i < length; ++i)
            clip.push_back(begin + i % there);
        if (frames - begin <= length)
            return clips;
        begin += length;
    }
}

Picture personShown(const Picture &frame, int width, int height, Random &random)
{
    if (frame.empty())
        throw Error("A frame of a tracklet is empty.");
    Picture shown;
    if (random.chance(0.5)) {
        shown = resampled(frame, width, height);
    } else {
        const int wide = static_cast<int>(std::lround(s_room * width));
        const int high = static_cast<int>(std::lround(s_room * height));
        const int left = static_cast<int>(std::lround(random.uniform(0, wide - width)));
        const int top = static_cast<int>(std::lround(random.uniform(0, high - height)));
        shown = part(resampled(frame, wide, high), left, top, width, height);
    }
    return random.chance(0.5) ? mirrored(shown) : shown;
}

} // namespace dscope
