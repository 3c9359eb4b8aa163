// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/reid/people/person.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dscope {

/// How the people of a video's frames are joined into tracks. Overlaps are intersection over union with the box at which a track is expected.
struct PersonTrackerOptions {
    float minOverlap = 0.3F;    ///< of a sure person to carry a track on
    float faintOverlap = 0.5F;  ///< of one of whom the detector is not sure, which only carries on tracks of the frame before
    int maxGap = 20;            ///< frames without a person after which overlap alone no longer carries a track on
    float sameBox = 0.8F;       ///< two people of a frame that overlap by more are one
    int minLength = 5;          ///< tracks of fewer people are dropped
    float minSimilarity = 0.7F; ///< cosine of a person's embedding and the mean of a track that was lost to take it up again where boxes do not overlap
    float cutSimilarity = 0;    ///< a person whose embedding is less alike to the mean of a track than this does not carry it on
    int longestGap = 150;       ///< frames over which embeddings take up a track again; never fewer than maxGap

    /// @throws Error that names the option out of range
    void check() const;
};

/// The options where only every N-th frame is looked at: frames count as the video's, gaps reach to the next but one that is looked at, and a person is seen
/// in fewer of them. @param everyNth 1 or more
PersonTrackerOptions forEvery(PersonTrackerOptions options, int everyNth);

/// Joins people into tracks, frame by frame as they come.
///
/// A track expects its box by a Kalman filter of constant velocity for centre, width and height each. People and tracks are assigned so that the sum of their
/// overlaps is the largest: first sure people to tracks of two or more people, then people of whom the detector is not sure to the tracks still without one
/// that had one in the frame before (after ByteTrack, Zhang et al., 2022), then the sure ones left to tracks of a single person. Where embeddings are given,
/// the likeness to a track's mean counts beside the overlap, refuses another person in the same place, and takes up tracks that were lost for longer. A sure
/// person that is left begins a track. No person is in two tracks, and no track has two people of a frame.
class PersonTracker {
public:
    /// @throws Error for options
    explicit PersonTracker(const PersonTrackerOptions &options = {});
    ~PersonTracker();
    PersonTracker(PersonTracker &&) noexcept;
    PersonTracker &operator=(PersonTracker &&) noexcept;

    /// The people of a frame, which comes after all before. Frames may be left out.
    /// @param embeddings of each of them, in the same order; an empty one, or none at all, counts as not known
    /// @throws Error if the frame is not after the last, a box is not finite, there are not as many embeddings as people, or these differ in length
    void add(std::int64_t frame, std::span<const Person> people, std::span<const std::vector<float>> embeddings = {});

    /// People added so far.
    std::size_t people() const;
    /// For every person, in the order of add(), the number of its track (0, 1, ... in order of first appearance), or -1 when its track is too short, or it
    /// carried none on, or when the detector was not sure of it and of nobody after it in its track. May be asked at any time, and more may be added after it.
    std::vector<int> tracks() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace dscope
