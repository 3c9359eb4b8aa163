// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clip.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/damage/paper.h"

#include <functional>

namespace dscope {

/// Mirrored left to right.
Picture mirrored(const Picture &picture);

/// Brightness and contrast changed by up to a fifth, nothing moved.
Picture relit(const Picture &picture, Random &random);

/// A clip changed as one: every frame by the same draws. `random` is left as the first frame leaves it.
Clip changed(const Clip &clip, Random &random, const std::function<Picture(const Picture &, Random &)> &change);

/// Two faces in one picture, for teaching with more faces than there are people: a weighted mean, or one half each with a soft seam.
Picture blended(const Picture &a, const Picture &b, Random &random);

/// A further person out of two crops, for the same purpose: the upper part of one on the lower part of the other, joined somewhere between a third and two
/// thirds of the height, and the colours of each changed (channels exchanged and weighed) three times of four.
Picture recomposed(const Picture &a, const Picture &b, Random &random);

} // namespace dscope
