// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/framerate.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dscope {

/// How a video is divided into clips.
struct ClipOptions {
    int frames = 16;   ///< of a clip
    int stride = 1;    ///< frames at `rate` from one of a clip to the next
    Ratio rate{30, 1}; ///< at which the video is seen, see framesAtRate()
    int step = 0;      ///< frames at `rate` from one clip's beginning to the next one's; 0: a clip begins where the one before ends
    int count = 0;     ///< so many instead, evenly from the first to the last place a clip has, fewer where there are not as many; 0: as many as `step` gives

    /// Frames at `rate` from the first of a clip to the last, both counted.
    std::int64_t span() const { return static_cast<std::int64_t>(frames - 1) * stride + 1; }
    /// @throws UsageError for what cuts no video
    void check() const;
};

/// What a user says of the division; the rest follows from the networks.
struct ClipChoice {
    int count = 0;             ///< clips of a video; 0: as many as `step` gives
    int step = 0;              ///< frames at the rate from one clip's beginning to the next one's; 0: a clip begins where the one before ends
    int stride = 0;            ///< frames from one of a clip to the next; 0: the network's
    std::optional<Ratio> rate; ///< nothing: the network's, else 30 frames a second
    int crops = 1;             ///< of each clip: the middle, or three along the longer side, as multi-view tests have them

    bool operator==(const ClipChoice &) const = default;
};

/// Where a clip lies in its video.
struct ClipPlace {
    std::int64_t begin = 0;           ///< its first frame at the rate
    std::vector<std::int64_t> frames; ///< of the video as it is, ascending but where a short one is repeated
    double fromS = 0;                 ///< seconds from the video's first frame
    double toS = 0;                   ///< where its last frame ends
};

/// The clips of a video.
struct ClipPlaces {
    std::vector<ClipPlace> places; ///< by their beginnings
    std::int64_t frames = 0;       ///< of the video at the rate
    bool repeated = false;         ///< it is shorter than a clip, so the one clip there is begins anew where the video ends
};

/// Divides a video. What is left behind the last whole clip belongs to none (where `step` counts). @throws UsageError, Error for a video of no frames or with
/// times of no use
ClipPlaces clipPlaces(const FrameTicks &ticks, const ClipOptions &options);

/// The part of a video's times that is meant: from `fromS` seconds after its first frame until `toS`. @param first which frame of the video is the part's first
FrameTicks ticksWithin(const FrameTicks &ticks, double fromS, std::optional<double> toS, std::int64_t &first);

/// Which of a clip's frames a network takes that wants `wanted` of them: int(i (there - 1) / (wanted - 1)), the first to the last; of one the middle.
std::vector<int> spreadOver(int there, int wanted);

} // namespace dscope
