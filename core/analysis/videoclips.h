// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/session.h"
#include "core/base/progress.h"
#include "core/media/clipplaces.h"
#include "core/media/clipreader.h"
#include "core/media/framesource.h"
#include "core/nets/model.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// How a network takes a clip.
struct ClipInput {
    ClipCut cut; ///< the short side is brought to the input's larger side, then the middle is taken
    int frames = 1;
};

/// How the videos of an analysis are divided, and how each network takes a clip. The base says how long a clip is (else the DDNet): so many frames, every
/// stride-th at a rate. A network that takes fewer frames gets spreadOver() of them, as SlowFast's slow pathway does.
struct ClipPlan {
    ClipOptions division;
    std::optional<ClipInput> ddnet;
    std::optional<ClipInput> base;
    std::vector<ClipCut::Part> parts{ClipCut::Part::Middle}; ///< of the frames, an element each

    /// "16 frames, every one at 30 a second, a clip beginning where the one before ends"
    std::string words() const;
    /// Part of the key of results.
    std::string key() const;
};
/// @param ddnet, base null where there is none; not both @throws UsageError for a division that cuts no video, or networks that take pictures
ClipPlan clipPlan(const ModelSpec *ddnet, const ModelSpec *base, const ClipChoice &choice);

/// A video opened to be cut into clips.
struct DividedVideo {
    std::unique_ptr<FrameSource> frames;
    ClipPlaces places;

    double durationS() const;
};
/// @param fromS, toS what is meant of the video @throws FileError, Error for a video of no frames there, Cancelled
DividedVideo divide(const std::filesystem::path &file, const ClipOptions &options, Progress &progress, double fromS = 0, std::optional<double> toS = {});

/// Reads the clips of a video and scores them on the workers' networks; `take` gets them in the order of their last frames, on this thread. On a GPU they come
/// unscored, for the Scorer. @return what reading took @throws Cancelled, Error
ClipWork scoreClips(DividedVideo &video, const std::filesystem::path &file, const ClipPlan &plan, const std::vector<WorkerNets> &workers, bool flip,
                    const std::function<void(PendingElement &&)> &take, Times &times, Progress &progress);

} // namespace dscope
