// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/overlap.h"
#include "core/tasks/face/face.h"

#include <string>
#include <vector>

namespace dscope {

/// Greedy non-maximum suppression: strongest first, a face goes when its overlap with a stronger one that stayed is above `threshold`.
/// Of more than `limit` faces only the strongest `limit` take part, so that the time stays bounded whatever a network says.
std::vector<Face> suppress(std::vector<Face> faces, float threshold, std::size_t limit = 5000);

/// Keeps the faces that a picture can really hold: finite numbers, the box's centre inside the picture, the shorter side at least `minFace`.
std::vector<Face> plausible(std::vector<Face> faces, int width, int height, int minFace);

/// The network's input for a picture: its sides rounded up to a multiple of 32.
struct InputSize {
    int paddedWidth = 0;
    int paddedHeight = 0;
};
InputSize inputSize(const Picture &picture);

/// @throws Error that names the option out of range
void checkOptions(const DetectorOptions &options);

/// The options as text for a cache key.
std::string optionsKey(const DetectorOptions &options);

/// SHA-256 of the weights, compared with the one in the manifest where it gives one. @throws FileError
std::string checkedHash(const ModelSpec &spec);

/// From pixels of the resized picture to pixels of the original (pixel centres on whole numbers in both).
inline float toOriginal(float position, int original, int resized)
{
    return (position + 0.5F) * static_cast<float>(original) / static_cast<float>(resized) - 0.5F;
}

} // namespace dscope
