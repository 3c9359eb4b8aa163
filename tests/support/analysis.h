// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"

#include <filesystem>
#include <string>

namespace dscope::test {

/// What the made-up analysis is like.
struct MadeAnalysis {
    int groups = 6;
    int facesPerGroup = 40;
    int dim = 32;
    bool video = true;                       ///< one video with persons as groups; else a folder of labelled groups
    bool labels = false;                     ///< two groups a label
    bool times = true;                       ///< the models have measured times
    std::filesystem::path file = "clip.mp4"; ///< need not exist
    std::uint64_t seed = 1;
};

/// A coloured gradient as a face of 112 x 112, as JPEG; the better the score, the sharper its stripes.
std::shared_ptr<const std::vector<std::uint8_t>> madeThumbnail(int hue, double score);

/// Groups of embeddings around random centres, the noisier the lower the D-score, with thumbnails, boxes and times.
Analysis madeAnalysis(const MadeAnalysis &wish = {});

/// Gives its faces the D-scores of a made-up second look. @param rule SecondLookOrigin::rule
void lookTwice(Analysis &analysis, const std::string &rule = {});

} // namespace dscope::test
