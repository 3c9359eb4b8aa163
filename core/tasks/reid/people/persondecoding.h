// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/pixels.h"
#include "core/nets/rawnetwork.h"
#include "core/tasks/reid/people/person.h"

#include <filesystem>
#include <span>
#include <vector>

namespace dscope {

/// A picture as a detector's network takes it.
struct DetectorInput {
    int width = 0; ///< of the network's input
    int height = 0;
    float scaleX = 1; ///< pixels of the input per pixel of the picture
    float scaleY = 1;
    std::vector<float> planes; ///< [3, height, width]: blue, green, red
};

/// The picture as large as it fits, its proportions kept, in the upper left corner; what is left is `fill`. Pixels 0..255.
/// @throws Error if the picture or the input is empty
DetectorInput letterboxed(const PixelSource &pixels, int width, int height, float fill);
/// (x - mean) / deviation of each plane.
void normalise(DetectorInput &input, std::span<const float, 3> mean, std::span<const float, 3> deviation);

/// Which network an ONNX file is, by its outputs for an input of width x height.
enum class PersonNetwork {
    Yolox,  ///< one output [1, places, 5 + classes]: x, y, log w, log h, objectness, classes; places of strides 8, 16 and 32
    NanoDet ///< classes [1, places, classes] and distances [1, places, 4 bins] for each of the strides 8, 16, 32; in pairs, or all
            ///< classes first
};
/// @throws FileError that lists the outputs where they are neither's
PersonNetwork personNetworkOf(const std::vector<RawOutput> &outputs, int width, int height, const std::filesystem::path &path);

/// YOLOX (Ge et al., 2021): for a place (column, row) of a stride the box's centre is ((x + column) stride, (y + row) stride), its sides e^w stride and e^h
/// stride. Scores are objectness times class 0. @param least scores below are left out @return people in pixels of the picture, overlapping ones not yet
/// suppressed
std::vector<Person> decodeYolox(const RawOutput &output, const DetectorInput &input, float least);
/// NanoDet (generalised focal loss, Li et al., 2020): around the point ((column + .5) stride, (row + .5) stride) the box reaches left, up, right and down by
/// the mean of 0 .. bins - 1 under the softmax of its bins, times the stride. Scores are those of class 0.
std::vector<Person> decodeNanoDet(const std::vector<RawOutput> &outputs, const DetectorInput &input, float least);

} // namespace dscope
