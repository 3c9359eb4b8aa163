// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <string>
#include <vector>

namespace dscope {

/// The first ways in which this program made a picture worse. The first five are what the shipped DDNets were trained with ("paper" among the families, the
/// default); the last two were kept unseen. Targets made with them are made again from their seed, so they stay as they are, bit for bit; newer kinds are
/// families of damage (families.h).
enum class Degradation { LowResolution, Blur, Occlusion, Darkness, Noise, Jpeg, MotionBlur };

std::string degradationName(Degradation kind);
/// The kinds that training uses.
const std::vector<Degradation> &trainedDegradations();

/// A worse copy of a 112 x 112 face (any size is taken). `severity` in [0, 1]:
/// - LowResolution: area-shrunk to 32 (0) ... 10 (1) pixels a side and enlarged again, bilinear;
/// - Blur: Gaussian of sigma 1.5 ... 6 pixels;
/// - Occlusion: a box of 30 ... 90 pixels a side at a random place, filled with one colour or noise;
/// - Darkness: values times 0.5 ... 0.08, then Gaussian noise of deviation 4 ... 12;
/// - Noise: Gaussian noise of deviation 15 ... 60;
/// - Jpeg: quality 25 ... 3;
/// - MotionBlur: a line of 7 ... 31 pixels in a random direction.
/// Sizes are for a side of 112 and grow with the picture. Everything random comes from `random`. @throws Error for a severity outside [0, 1]
Picture degraded(const Picture &picture, Degradation kind, double severity, Random &random);

/// One trained kind at a random severity, and with probability 0.3 a second one.
Picture randomlyDegraded(const Picture &picture, Random &random);

} // namespace dscope
