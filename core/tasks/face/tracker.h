// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/elementoptions.h"
#include "core/tasks/face/face.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// One detected face of a video, as the tracker sees it.
struct TrackFace {
    std::int64_t frame = 0;
    Face face;
    std::vector<float> embedding; ///< may be empty: then only overlap counts
    /// How much the embedding says of who it is, 0 to 1. Pictures that are ruined in the same way are more alike than those of one person: their embeddings
    /// must not join people.
    float weight = 1;
};

/// The options for a video of which so few frames were looked at that its faces cannot make long tracks: with fewer than ten, a face in each of them
/// needs no sure score, and a sure one may be alone. So a still picture stored as a video gives what it gives as a picture.
TrackerOptions forLength(TrackerOptions options, std::int64_t frames);

/// The options where only every N-th frame is looked at: frames count as the video's, and overlap has to go on from one that was looked at to the next but one,
/// up to about a second, and a person is seen in fewer of them. @param everyNth 1 or more
TrackerOptions forEvery(TrackerOptions options, int everyNth);

/// Joins faces into persons. First by overlap from frame to frame (greedy, best overlap first; where several tracks or faces compete,
/// the likeness of their embeddings counts too). Then short pieces go to the track between whose faces they lie in time and place. Then
/// the two most alike sets of tracks that share no frame are mended into one, again and again, while their mean unit embeddings are at
/// least minSimilarity alike. Means are weighted by TrackFace::weight, and only tracks that know their person are likened at all: weights
/// that sum to .5 at least, and are .25 in their own weighted mean.
/// Faces must be ordered by frame. Embeddings of zero length or with numbers that are not finite count as absent.
/// @return for every face the number of its person (0, 1, ... in order of first appearance), or -1 when its track was dropped.
/// @throws Error if the frames are not in order, embeddings differ in length, a weight or an option is out of range
std::vector<int> trackFaces(std::span<const TrackFace> faces, const TrackerOptions &options = {});

} // namespace dscope
