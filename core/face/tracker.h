#pragma once

#include "core/face/face.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dscope {

/// How faces of a video are joined into one group a person.
struct TrackerOptions {
    float minOverlap = 0.3F;   ///< intersection over union with the track's last box (moved on by its velocity) to continue it
    int maxGap = 8;            ///< frames without a face after which overlap alone no longer continues a track
    float minSimilarity = 0.5F; ///< cosine between the mean embeddings of two tracks to mend them into one person
    int minLength = 3;         ///< shorter tracks that no person claims are dropped
};

/// One detected face of a video, as the tracker sees it.
struct TrackFace {
    std::int64_t frame = 0;
    Face face;
    std::vector<float> embedding; ///< may be empty: then only overlap counts
};

/// Joins faces into persons: first by overlap from frame to frame (greedy on the best overlap), then tracks whose mean
/// embeddings are alike and which never appear in the same frame are mended into one. Faces must be ordered by frame.
/// @return for every face the number of its person (0, 1, ... in order of first appearance), or -1 when its track was dropped.
std::vector<int> trackFaces(std::span<const TrackFace> faces, const TrackerOptions &options = {});

} // namespace dscope
