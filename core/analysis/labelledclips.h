// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/training/clipset.h"
#include "core/training/cliptargets.h"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace dscope {

/// What became of the videos of a labelled set.
struct LabelledClipsReport {
    std::int64_t videos = 0;     ///< that give clips
    std::int64_t missing = 0;    ///< listed, but not there
    std::int64_t broken = 0;     ///< that cannot be read
    std::int64_t labelled = 0;   ///< clips that show what their label says
    std::int64_t outside = 0;    ///< clips outside of the segments that take part (ClipSetOptions::outside)
    std::int64_t unlabelled = 0; ///< clips outside of the segments of untrimmed videos, which take no part
    std::int64_t repeated = 0;   ///< videos shorter than a clip
    std::int64_t kept = 0;       ///< videos whose frames are kept in memory
};

/// The clips of labelled videos (core/datasets/labelledvideos.h), decoded once: their frames at the rate are kept, the short side as the larger side of the
/// input, as far as the memory goes; those of further videos are decoded when they are needed. Videos that are missing, broken or without a labelled clip are
/// counted, listed as notices and left out. @param report may be null @throws FileError, UsageError, Cancelled, Error where there is no clip at all
std::unique_ptr<ClipSet> readLabelledClips(const std::filesystem::path &root, const ClipSetOptions &options, Progress &progress,
                                           LabelledClipsReport *report = nullptr);

/// The clips of targets again, in their order. @param root where the videos lie now; empty: where the targets say @param options height, width, cropScale,
/// jitter, mirror and memory of these; the rest is the targets' @throws FileError for a video that cannot be read any more, or is another one
std::unique_ptr<ClipSet> readTargetClips(const std::filesystem::path &root, const ClipSetOptions &options, const ClipTargets &targets, Progress &progress);

/// Both, for registerClipSets().
std::unique_ptr<ClipSet> openLabelledClips(const std::filesystem::path &root, const ClipSetOptions &options, const ClipTargets *targets, Progress &progress);

} // namespace dscope
