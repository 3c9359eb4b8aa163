// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope::test {

/// Videos whose clips mostly show nothing: of each the few telling ones favour its class and have high D-scores (and motion, more or less); every seventh
/// video has no clip, one has no known class. The same for the same seed.
inline TemplateFeatures madeClasses(std::int64_t videos = 42, std::int64_t classes = 6, std::uint64_t seed = 5)
{
    TemplateFeatures set;
    set.benchmark = "made videos";
    set.dim = classes;
    for (std::int64_t c = 0; c < classes; ++c)
        set.subjectNames.push_back("class " + std::to_string(c));
    std::vector<float> &motion = set.quality["motion"];
    set.qualityCost["motion"] = {};
    for (std::int64_t v = 0; v < videos; ++v) {
        Random random(seed, static_cast<std::uint64_t>(v));
        const std::int64_t label = v % classes;
        const std::int64_t clips = v % 7 == 6 ? 0 : 4 + static_cast<std::int64_t>(random.below(16));
        const auto telling = clips > 0 ? static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(clips))) : 0;
        for (std::int64_t i = 0; i < clips; ++i) {
            const bool tells = i == telling || i == telling + 1;
            std::vector<double> scores;
            double sum = 0;
            for (std::int64_t c = 0; c < classes; ++c) {
                scores.push_back(random.uniform() + (tells && c == label ? 0.9 : 0));
                sum += scores.back();
            }
            for (const double score : scores)
                set.features.push_back(static_cast<float>(score / sum));
            set.dScores.push_back(static_cast<float>((tells ? 0.6 : 0.1) + 0.35 * random.uniform()));
            motion.push_back(static_cast<float>((tells ? 5 : 3) + 4 * random.uniform()));
            set.spans.push_back({static_cast<float>(i), static_cast<float>(i + 1)});
            set.names.push_back("video " + std::to_string(v));
        }
        set.begin.push_back(set.begin.back() + clips);
        set.ids.push_back(v);
        set.subjects.push_back(v == 3 ? -1 : static_cast<std::int32_t>(label));
    }
    return set;
}

} // namespace dscope::test
