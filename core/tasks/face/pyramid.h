// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/image/pixels.h"
#include "core/tasks/face/face.h"

#include <functional>
#include <optional>
#include <vector>

namespace dscope {

/// A size at which a picture is looked at.
struct LevelSize {
    int width = 0;
    int height = 0;
    bool operator==(const LevelSize &) const = default;
};

/// The sizes at which a picture is looked at, so that every face from minFace up to the whole picture has, in one of them, a size of which the network
/// gives a good box.
struct LevelPlan {
    std::optional<LevelSize> overview; ///< for faces that are too large at `base`
    std::optional<LevelSize> base;     ///< the picture itself, or its longer side shrunk to 1024; missing where no face wanted is small enough for it
    std::vector<LevelSize> finer;      ///< for faces too small at `base`, coarse to fine; each is looked at in tiles
};

LevelPlan planLevels(int width, int height, const DetectorOptions &options, const DetectorReach &reach);

/// The smallest face that is found well in a video's frames: as small as minFace unless the frame is shrunk.
int smallestFaceOfFrames(int width, int height, const DetectorOptions &options);

/// A part of a picture that is looked at on its own. Parts overlap; a face belongs to the one whose core holds its centre.
struct Tile {
    Area area;
    Area core;
};
/// Tiles whose sides, shrunk by `scale`, are at most 1600, overlapping by 224 there: a face up to 160 whose centre lies in the core is seen whole.
std::vector<Tile> tilesOf(int width, int height, double scale);

/// A face found at a level, in pixels of the whole picture.
struct Candidate {
    Face face;
    float scale = 1; ///< of the level: the network's pixels a pixel of the picture
};

/// Each face once. What overlaps by more than `nms`, or has the same landmarks at another level, is one face: its box is that of the level at which it
/// is nearest to the network's best size, its score the highest. A small "face" amid the landmarks of a larger one (an eye, a mouth) is a part of it and goes.
/// @return strongest first
std::vector<Face> mergeLevels(std::vector<Candidate> candidates, const DetectorReach &reach, float nms);

/// Looks for faces at all levels of a picture. `look` gives what the network finds in a picture at exactly its size, in its pixels.
/// @param progress may be null; cancels between two looks
std::vector<Face> searchPyramid(const PixelSource &pixels, const DetectorOptions &options, const DetectorReach &reach,
                                const std::function<std::vector<Face>(const Picture &)> &look, Progress *progress);

} // namespace dscope
