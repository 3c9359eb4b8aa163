// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <cstddef>
#include <vector>

namespace dscope {

/// A person in a picture, in that picture's pixels.
struct Person {
    Box box;
    float score = 0;  ///< the detector's confidence, 0 to 1
    bool sure = true; ///< the score is at least the detector's minScore; the others only carry tracks on
};

/// Greedy non-maximum suppression: strongest first, a person goes when its overlap (intersection over union) with a stronger one that stayed is above
/// `threshold`. Of more than `limit` people only the strongest `limit` take part, so that the time stays bounded whatever a network says.
std::vector<Person> suppressPeople(std::vector<Person> people, float threshold, std::size_t limit = 2000);

/// Keeps the people that a picture can really hold: finite numbers, the box's centre inside the picture, at least two pixels a side and not larger than twice
/// the picture.
std::vector<Person> plausiblePeople(std::vector<Person> people, int width, int height);

} // namespace dscope
