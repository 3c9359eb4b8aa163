// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/base/json.h"
#include "core/sets/templates.h"
#include "core/threshold/keep.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// A clip of a video that is classified.
struct ClassifiedClip {
    TimeSpan span;
    float dScore = 0;
    bool kept = false;
};

/// What a video shows, by the clips that were kept alone.
struct ClassifiedVideo {
    std::filesystem::path path;
    std::vector<ClassifiedClip> clips; ///< in the order of time; empty where the video cannot be read
    std::vector<double> scores;        ///< [classes], fused (Eq. 8 to 11); sum 1. Empty where no clip was kept
    std::int64_t framesRead = 0;       ///< turned into RGB, for both networks
    std::vector<std::string> warnings;

    std::int64_t keptCount() const;
};

/// Videos classified in two stages.
struct Classification {
    std::vector<ClassifiedVideo> videos;
    std::vector<std::string> classes; ///< empty where the base does not name them
    UsedModel ddnet;
    UsedModel base;
    std::string device;
    std::string clips; ///< how videos were divided, in words
    Keep keep;

    /// As people call it, else by its number.
    std::string className(std::size_t label) const;
    /// The classes of a video's largest scores, from the largest; earlier ones first on ties.
    static std::vector<std::size_t> best(const ClassifiedVideo &video, std::size_t most);
};

/// The paper's way to recognise actions (section 4.3): DDNet scores every clip of a video, those that `keep` keeps are decoded anew and go through the base,
/// and their class scores are fused. Where analyse() runs the base on all clips, so that the threshold can be moved, this spends no more than it has to. A
/// video that fails becomes a warning of its own; only when all fail is it an Error. @param paths videos, folders of videos, folders of frames
/// @throws UsageError without a DDNet, Error, Cancelled
Classification classify(const std::vector<std::filesystem::path> &paths, const AnalysisOptions &options, const Keep &keep, const ModelStore &store,
                        Progress &progress);

/// Schema "dscope.classification/1".
Json toJson(const Classification &result);
/// A row a video: path, predicted, score, clips, kept.
std::string classificationCsv(const Classification &result);

} // namespace dscope
