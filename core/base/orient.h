// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope {

/// Turns and mirrors a picture by an EXIF orientation: 1 as it is, 2 mirrored left to right, 3 by 180 degrees, 4 mirrored top to bottom,
/// 5 transposed, 6 turned clockwise by 90, 7 transposed over the other diagonal, 8 turned anticlockwise by 90.
/// Any other value leaves the picture as it is.
Picture oriented(Picture picture, int orientation);
/// Whether an orientation changes anything.
constexpr bool turns(int orientation)
{
    return orientation >= 2 && orientation <= 8;
}
/// Puts rows of the stored picture, `width` x `height`, where they belong in the upright one, so that both need not be held at once.
/// @param rows `count` rows of RGB, of which the first is the stored row `top`
/// @param orientation one that turns
void placeRows(const std::uint8_t *rows, int top, int count, int width, int height, int orientation, Picture &upright);

/// The orientation in a block of EXIF data that begins with its TIFF header; nothing where it says none or is damaged.
std::optional<int> findExifOrientation(const std::uint8_t *tiff, std::size_t size);
/// The tiff:Orientation of an XMP packet; nothing where it says none.
std::optional<int> findXmpOrientation(std::string_view xmp);
/// The orientation in a block of EXIF data that begins with its TIFF header ("II*" or "MM*"); 1 where it says none or is damaged.
int exifOrientation(const std::uint8_t *tiff, std::size_t size);

} // namespace dscope
