// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/progress.h"
#include "core/base/random.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// How videos become clips to learn from; in words and numbers, so that nothing here needs the part of the program that opens videos.
struct ClipSetOptions {
    std::string layout;           ///< "activitynet", "kinetics", "classes", "list"; empty: by what lies there
    std::filesystem::path list;   ///< of the set; empty: the one in its folder
    std::string subset;           ///< "training", "validation", ...; empty: all that the layout knows no subsets of, else "training"
    std::filesystem::path groups; ///< a csv with the columns video and group: videos that are held out together; empty: each by itself
    int frames = 16;              ///< of a clip
    int stride = 1;               ///< frames at `rate` from one of a clip to the next
    std::string rate = "30";      ///< frames per second, as frameRate() reads it
    int step = 0;                 ///< frames at the rate from one clip's beginning to the next one's; 0: a clip begins where the one before ends
    int count = 0;                ///< clips of a video instead, evenly; 0: as many as `step` gives
    bool outside = false;         ///< take clips outside of an untrimmed video's segments too, with the label of the video
    int height = 112;             ///< of the network's input
    int width = 112;
    double cropScale = 0.8;                      ///< least side of the part that training shows, as a share of the largest there is
    double jitter = 0.5;                         ///< how far a clip that is shown may begin earlier or later, as a share of the way from one clip to the next
    bool mirror = false;                         ///< show half of the clips mirrored; "left" becomes "right" by it
    std::int64_t memory = std::int64_t{4} << 30; ///< bytes of frames that are kept; videos beyond are decoded again when they are needed
};

/// Where a clip lies.
struct ClipWhere {
    std::int64_t video = 0; ///< which of ClipSet::videos()
    std::int64_t begin = 0; ///< its first frame at the rate
    double fromS = 0;       ///< seconds from the video's first frame
    double toS = 0;         ///< where its last frame ends
};

/// What is meant of a video's file, in seconds from its first frame.
struct ClipPart {
    double fromS = 0;
    double toS = -1; ///< below 0: to its end
};

/// Labelled clips to learn from. All but the constructors' work may be called from several threads.
class ClipSet {
public:
    virtual ~ClipSet() = default;

    virtual std::size_t size() const = 0;
    /// Of a clip: an index into classes().
    virtual std::int32_t label(std::size_t index) const = 0;
    /// Whether it shows what its label says; else it lies outside of the segments of its video (ClipSetOptions::outside).
    virtual bool isInside(std::size_t) const { return true; }
    virtual ClipWhere where(std::size_t index) const = 0;
    virtual const std::vector<std::string> &classes() const = 0;
    /// What each video is called: its path below root() where it lies there.
    virtual const std::vector<std::string> &videos() const = 0;
    virtual ClipPart part(std::int64_t video) const = 0;
    /// What is held out together with a video: the same number for videos of one group.
    virtual std::int64_t group(std::int64_t video) const = 0;
    /// The folder of the videos.
    virtual const std::filesystem::path &root() const = 0;
    virtual const ClipSetOptions &options() const = 0;
    /// What it is, for fingerprints: the same for the same clips of the same files.
    virtual std::string identity() const = 0;

    /// The clip as it is, as a network is tested on it: the middle of its frames. @throws FileError
    virtual Clip clip(std::size_t index) const = 0;
    /// The clip as training shows it: begun a little earlier or later, a part of it, mirrored where that is wanted, by `random` alone. @throws FileError
    virtual Clip shown(std::size_t index, Random &random) const = 0;

    /// What a clip is called in messages.
    std::string describe(std::size_t index) const;
};

struct ClipTargets;

/// Opens a labelled set of videos, or the clips of targets again (`targets` not null; `root` where their videos lie now, empty: where they say).
using ClipSetOpener =
    std::function<std::unique_ptr<ClipSet>(const std::filesystem::path &root, const ClipSetOptions &options, const ClipTargets *targets, Progress &progress)>;
/// Teaches openClipSet() to open videos. To be called before threads begin.
void registerClipSets(ClipSetOpener opener);
/// @throws Error in a program that opens no videos, FileError, UsageError, Cancelled
std::unique_ptr<ClipSet> openClipSet(const std::filesystem::path &root, const ClipSetOptions &options, const ClipTargets *targets, Progress &progress);

/// The clips of a set that are trained on, and those held out, by their numbers.
struct ClipSplit {
    std::vector<std::size_t> train;
    std::vector<std::size_t> held;
    std::int64_t heldVideos = 0;
};
/// Holds out a share of the groups of videos, drawn by the seed; at least one where the share is above 0 and there are two. @param share in [0, 1)
ClipSplit splitClips(const ClipSet &set, double share, std::uint64_t seed);

} // namespace dscope
