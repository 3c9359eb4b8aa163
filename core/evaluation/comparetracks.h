// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/compare.h"
#include "core/metrics/retrieval.h"

#include <span>
#include <string>
#include <vector>

namespace dscope {

struct CompareTracksOptions {
    RetrievalProtocol protocol = RetrievalProtocol::VideoReid; ///< its average precision: a precision at each match
    RetrievalDistance distance = RetrievalDistance::Cosine;
    int resamples = 200; ///< of the bootstrap over people and draws; 0: no intervals
    std::uint64_t seed = 1;
    Cost ddnetCost{}; ///< of an element; 0: not known, so that there are no costs
    Cost baseCost{};
    Method reference = plainAverage(); ///< what gains are over
};

/// What one method gives where every tracklet is looked for among all others of other cameras.
struct ComparedTracks {
    std::string part;   ///< what was compared, such as "3, degraded"
    std::string method; ///< nameOf()
    std::string title;  ///< titleOf()
    double map = 0;     ///< mean average precision, mean over the draws
    Interval mapInterval;
    double mapGain = 0; ///< over the reference
    Interval mapGainInterval;
    double cmc1 = 0; ///< share of the queries whose nearest tracklet is right
    Interval cmc1Interval;
    double cmc1Gain = 0;
    Interval cmc1GainInterval;
    double queries = 0;       ///< counted, mean over the draws
    double embeddedShare = 0; ///< of the elements that go through the base
    double macPerElement = 0; ///< what scores + the base on those, mean over all elements; 0: not known
};

/// Compares methods by retrieval on the same draws of drawTracklets(): every tracklet is a query, all are the gallery, those of the query's own person and
/// camera are ignored (protocols.md, section 6). Intervals resample people and draws together, the same for every method, so that gains are paired.
/// @throws Error as represent() does, and where no query has a match; Cancelled
std::vector<ComparedTracks> compareTracks(std::span<const ComparedSet> draws, const std::vector<Method> &methods, const CompareTracksOptions &options,
                                          const std::string &part, Progress &progress);

/// Markdown: mAP and CMC-1 in % with intervals, a row a method, a column a part; then the gains.
std::string compareTracksMarkdown(const std::vector<ComparedTracks> &rows, const CompareHeading &heading);
/// A line a row, every number in full.
std::string compareTracksCsv(const std::vector<ComparedTracks> &rows);
/// dscope.retrievals/1: the heading and the rows.
Json compareTracksJson(const std::vector<ComparedTracks> &rows, const CompareHeading &heading);

} // namespace dscope
