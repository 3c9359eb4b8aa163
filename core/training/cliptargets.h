// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/nets/network.h"
#include "core/scores/dscore.h"
#include "core/training/clipset.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// D-score targets of the clips of labelled videos: what `dscope label` writes of them and `dscope train ddnet` reads. The clips are not stored; where each
/// lies is, and how videos were divided.
struct ClipTargets {
    std::filesystem::path root;      ///< of the videos
    std::vector<std::string> videos; ///< below it, or whole paths
    std::vector<ClipPart> parts;     ///< what is meant of each
    std::vector<std::string> groups; ///< of each video, what is held out together with it: the same text for the same group
    std::vector<std::string> classes;
    ClipSetOptions clips; ///< how the videos were divided; height and width are the base's
    std::vector<ClipWhere> places;
    std::vector<std::int32_t> labels;
    std::vector<std::uint8_t> inside; ///< 0 for a clip outside of the segments, of which no centroid is made; empty: there is none
    ModelSpec base;
    std::string baseHash;
    DScoreOptions dscore;
    DScores scores;
    std::vector<double> loss; ///< of each clip the base's cross-entropy, -log softmax(class scores)[label]; empty where its classes are others
};

struct ClipLabelOptions {
    DScoreOptions dscore;
    int batch = 32;
    /// Whether suitedTo() chooses what of `dscore` suits the set.
    bool suit = true;
    CentroidChoice chosen;
};

/// Embeds every clip by the features before the last layer of the base and computes its D-score against the centroids of the action classes (Eq. 2-4), which
/// are made of the clips inside of the segments alone (withOutsiders()). What is
/// done so far lies in `work` and is resumed by a later call with the same clips, network and batch.
/// @param base made of withClipFeatures(spec, true) @param spec the base as it is @throws Cancelled, FileError, Error
ClipTargets labelClips(const ClipSet &set, Network &base, const ModelSpec &spec, const ClipLabelOptions &options, const std::filesystem::path &work,
                       Progress &progress);

/// Writes targets as safetensors: video, label, hardest_class (int32), begin (int64), from_s, to_s, raw, normalised, own, hardest, loss (float64), target
/// (uint8), inside (uint8, where some are not), the rest in the metadata `dscope.cliptargets`. Atomic.
void writeClipTargets(const std::filesystem::path &path, const ClipTargets &targets);
/// Whether a file says that it is such. @throws FileError for one that cannot be read
bool isClipTargets(const std::filesystem::path &path);
/// @throws FileError if the file is no target file of clips or does not fit itself
ClipTargets readClipTargets(const std::filesystem::path &path);
/// The same out of bytes in hand. @param path what they are called
ClipTargets parseClipTargets(std::span<const std::uint8_t> bytes, const std::filesystem::path &path);

} // namespace dscope
