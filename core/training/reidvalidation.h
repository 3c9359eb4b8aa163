// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/training/reidtrainer.h"

#include <cstdint>
#include <vector>

namespace dscope {

/// People kept out of a training of re-identification, and how well they are found after an epoch.
///
/// A tracklet of each of their cameras is a query and looked for among all their tracklets, by the official protocol (protocols.md, section 6) and the squared
/// distance of trackletFeatures(). Where nobody is seen by two cameras every tracklet counts as a camera's own.
class ReidValidation {
public:
    /// At most so many clips of a tracklet are looked at: an epoch is followed, not a benchmark run.
    static constexpr std::int64_t clips = 8;

    /// Takes `share` of the people of `tracklets`, drawn by the seed, out of them. @throws Error where a share is asked for and nobody of them could be found,
    /// since no two tracklets are of one person
    ReidValidation(std::vector<TrainingTracklet> &tracklets, double share, std::uint64_t seed);

    bool empty() const { return m_tracklets.empty(); }
    std::int64_t people() const { return m_people; }

    /// "map" and "cmc1" of them, in [0, 1]; nothing without people. The network is in evaluation mode. @throws FileError, Cancelled
    Json judge(ReidNet &net, const ElementShape &shape, const FrameReader &reader, Progress &progress) const;

private:
    std::vector<TrainingTracklet> m_tracklets;
    std::vector<std::uint32_t> m_queries;
    std::int64_t m_people = 0;
};

} // namespace dscope
