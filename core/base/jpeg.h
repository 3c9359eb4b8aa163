// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <cstdint>
#include <span>
#include <string>

namespace dscope {

/// What is wrong with a JPEG although it could be decoded.
struct JpegDamage {
    std::string what;      ///< what the decoder met in the picture's own data, in words; empty: nothing
    bool cutShort = false; ///< the data end before the picture does: what follows is made up
    bool noEnd = false;    ///< the end marker is missing, though nothing of the picture
};

/// Decodes a JPEG of one, three or four components and says what is wrong with its data. libjpeg fills what it cannot decode with what was there last, so a
/// caller that does not look at `damage` takes such a picture for a good one.
/// @param orientation EXIF's: the picture is turned upright while it is decoded
/// @throws Error if the bytes are no JPEG, are damaged beyond use, describe more than 2^28 pixels, more than their number can hold, more than 500 scans, or a
/// picture that takes more memory than such a file may (core/base/picturememory.h)
Picture decodeJpeg(std::span<const std::uint8_t> bytes, JpegDamage &damage, int orientation = 1);

} // namespace dscope
