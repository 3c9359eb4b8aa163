// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <cstdint>
#include <span>

namespace dscope {

/// The box of one identity in one frame.
struct TrackBox {
    std::int64_t frame = 0;
    std::int64_t id = 0; ///< of a person in the truth, of a track in what was found
    Box box;
};

/// How well tracks follow people. What is a share of nothing is 0.
struct TrackingFigures {
    std::int64_t truths = 0;    ///< boxes of the truth
    std::int64_t found = 0;     ///< boxes of tracks
    std::int64_t matches = 0;   ///< boxes of the truth that have one of a track
    std::int64_t switches = 0;  ///< matches whose track is another than at the last match of the same person
    std::int64_t idMatches = 0; ///< IDTP: matches that an optimal one-to-one assignment of people to tracks explains
    std::int64_t people = 0;
    std::int64_t tracks = 0;
    double overlapSum = 0; ///< of the matches

    double recall() const;    ///< matches / truths
    double precision() const; ///< matches / found
    /// 1 - (misses + false alarms + switches) / truths (Bernardin and Stiefelhagen, 2008)
    double mota() const;
    double meanOverlap() const; ///< of the matches: MOTP as an overlap
    /// 2 IDTP / (truths + found) (Ristani et al., 2016)
    double idf1() const;
    double idRecall() const;    ///< IDTP / truths
    double idPrecision() const; ///< IDTP / found
};

/// CLEAR MOT and IDF1. In each frame a pair of person and track that was matched last stays matched while its boxes overlap by `least`; what is left is
/// assigned optimally, as many pairs as can be and among those the largest overlaps. For IDF1 people and tracks are assigned once for the whole sequence, so
/// that the most boxes fit; a box fits where the two overlap by `least`, whatever else was matched there.
/// @param truth, found in any order, an identity at most once a frame
/// @param least intersection over union, above 0 and at most 1
/// @throws Error if an identity is twice in a frame, a box is not finite, or `least` is out of range
TrackingFigures trackingFigures(std::span<const TrackBox> truth, std::span<const TrackBox> found, double least = 0.5);

} // namespace dscope
