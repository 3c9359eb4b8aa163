// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/clipset.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace dscope {

namespace {

ClipSetOpener &clipSetOpener()
{
    static ClipSetOpener opener;
    return opener;
}

} // namespace

std::string ClipSet::describe(std::size_t index) const
{
    const ClipWhere place = where(index);
    return videos()[static_cast<std::size_t>(place.video)] + printed(" from %.2f s", place.fromS);
}

void registerClipSets(ClipSetOpener opener)
{
    clipSetOpener() = std::move(opener);
}

std::unique_ptr<ClipSet> openClipSet(const std::filesystem::path &root, const ClipSetOptions &options, const ClipTargets *targets, Progress &progress)
{
    if (!clipSetOpener())
        throw Error("Videos are opened by the program with FFmpeg; this one was built of what needs libtorch alone.");
    return clipSetOpener()(root, options, targets, progress);
}

ClipSplit splitClips(const ClipSet &set, double share, std::uint64_t seed)
{
    std::set<std::int64_t> found; // groups that have clips
    for (std::size_t i = 0; i < set.size(); ++i)
        found.insert(set.group(set.where(i).video));
    std::vector<std::int64_t> groups(found.begin(), found.end());
    Random random(seed, 78);
    random.shuffle(groups);
    auto count = static_cast<std::size_t>(share * static_cast<double>(groups.size()));
    if (share > 0 && count == 0 && groups.size() > 1)
        count = 1;
    const std::set<std::int64_t> held(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(count));
    ClipSplit split;
    std::set<std::int64_t> videos;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const std::int64_t video = set.where(i).video;
        const bool out = held.contains(set.group(video));
        (out ? split.held : split.train).push_back(i);
        if (out)
            videos.insert(video);
    }
    split.heldVideos = static_cast<std::int64_t>(videos.size());
    return split;
}

} // namespace dscope
