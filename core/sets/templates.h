// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// A stretch of a video, in seconds from its first frame.
struct TimeSpan {
    float fromS = 0;
    float toS = 0;

    bool operator==(const TimeSpan &) const = default;
};

/// The faces of a benchmark arranged by template, with all that any aggregator asks for. Features are extracted once; everything that is
/// evaluated afterwards (a threshold, an aggregator, a protocol's switch) is computed from this.
///
/// N faces in T templates; the faces of template t are rows begin[t] to begin[t + 1] - 1 of every per-face array. A template without a face
/// (no picture could be read, or nothing was found in it) has begin[t] == begin[t + 1].
///
/// Of a classification a template is a video and a "face" one of its clips, in the order of time; its feature are the base's class scores after softmax, so
/// that the weighted mean of Eq. 8 is the fused prediction. `subjects` are the true classes.
struct TemplateFeatures {
    std::string benchmark;  ///< "IJB-C", "YTF", ... as it stands above a table
    bool synthetic = false; ///< drawn from a model, not from people: named so wherever a result appears
    std::int64_t dim = 0;
    std::vector<float> features;                       ///< [N, dim], raw, as the network gives them
    std::vector<float> dScores;                        ///< [N], of DDNet
    std::vector<float> detector;                       ///< [N], the detector's score; empty when there is none
    std::vector<std::int32_t> media;                   ///< [N], media ids; empty when there are none
    std::vector<std::string> names;                    ///< [N], the pictures; empty when nobody needs them
    std::map<std::string, std::vector<float>> quality; ///< further scores by name, each [N]
    std::map<std::string, Cost> qualityCost;           ///< of a face, for those of `quality` that a network at hand has made

    std::vector<std::int64_t> begin{0};    ///< [T + 1]
    std::vector<std::int64_t> ids;         ///< [T], the benchmark's own numbers
    std::vector<std::int32_t> subjects;    ///< [T], 0 to subjectCount - 1, or -1 where unknown
    std::vector<std::string> subjectNames; ///< by subject
    std::vector<std::int32_t> cameras;     ///< [T], of tracklets; empty where there are none
    std::vector<TimeSpan> spans;           ///< [N], of clips: where each lies in its video; else empty
    std::vector<std::uint32_t> pictures;   ///< [N], the place of each face's picture in the benchmark's list; empty when nobody needs it

    std::int64_t templates() const { return static_cast<std::int64_t>(begin.size()) - 1; }
    std::int64_t faces() const { return begin.back(); }
    std::int64_t size(std::int64_t t) const { return begin[static_cast<std::size_t>(t) + 1] - begin[static_cast<std::size_t>(t)]; }
    /// The faces of a template, row-major [size(t), dim].
    std::span<const float> featuresOf(std::int64_t t) const;
    std::span<const float> dScoresOf(std::int64_t t) const;
    /// @param needsFeatures false: a set of scores alone will do, with dim 0
    /// @throws Error that names the array whose size does not fit, a score that is not finite, or a subject out of range
    void check(bool needsFeatures = true) const;
};

/// Pairs of templates to compare, by their place in TemplateFeatures.
struct TemplatePairs {
    std::vector<std::uint32_t> a;
    std::vector<std::uint32_t> b;
    std::vector<std::uint8_t> genuine;

    std::int64_t size() const { return static_cast<std::int64_t>(a.size()); }
    std::int64_t genuineCount() const;
};

/// The pairs by person, for PersonPairs: subjects of both sides. @throws Error when a template of a pair has no subject
void pairSubjects(const TemplateFeatures &set, const TemplatePairs &pairs, std::vector<std::int32_t> &a, std::vector<std::int32_t> &b);

} // namespace dscope
