// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/orient.h"

#include "core/base/tiffdirectory.h"

#include <algorithm>
#include <utility>

namespace dscope {

namespace {

/// Where the pixel (x, y) of the upright picture lies in the stored one, as start and steps in pixels.
struct Walk {
    std::ptrdiff_t start;
    std::ptrdiff_t alongX;
    std::ptrdiff_t alongY;
};

Walk walkOf(int orientation, std::ptrdiff_t w, std::ptrdiff_t h)
{
    switch (orientation) {
    case 2: return {w - 1, -1, w};
    case 3: return {w * h - 1, -1, -w};
    case 4: return {w * (h - 1), 1, -w};
    case 5: return {0, w, 1};
    case 6: return {w * (h - 1), -w, 1};
    case 7: return {w * h - 1, -w, -1};
    default: // 8
        return {w - 1, w, -1};
    }
}

} // namespace

void placeRows(const std::uint8_t *rows, int top, int count, int width, int height, int orientation, Picture &upright)
{
    // Where a stored pixel goes is where the opposite turn would fetch it from.
    constexpr int clockwise = 6;
    constexpr int anticlockwise = 8;
    const int back = orientation == clockwise ? anticlockwise : orientation == anticlockwise ? clockwise : orientation;
    const bool swapped = orientation >= 5;
    const Walk walk = walkOf(back, swapped ? height : width, swapped ? width : height);
    // Square tiles keep both the reading and the writing side within the cache when the picture is turned by 90 degrees.
    constexpr int tile = 32;
    for (int first = 0; first < count; first += tile) {
        for (int left = 0; left < width; left += tile) {
            for (int y = first; y < std::min(first + tile, count); ++y) {
                const std::uint8_t *in =
                    rows + std::size_t{3} * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(left));
                std::ptrdiff_t to = walk.start + walk.alongX * left + walk.alongY * (top + y);
                for (int x = left; x < std::min(left + tile, width); ++x, to += walk.alongX, in += 3) {
                    std::uint8_t *out = upright.rgb.data() + 3 * to;
                    out[0] = in[0];
                    out[1] = in[1];
                    out[2] = in[2];
                }
            }
        }
    }
}

Picture oriented(Picture picture, int orientation)
{
    if (!turns(orientation) || picture.empty())
        return picture;
    const bool swapped = orientation >= 5;
    Picture upright(swapped ? picture.height : picture.width, swapped ? picture.width : picture.height);
    placeRows(picture.rgb.data(), 0, picture.height, picture.width, picture.height, orientation, upright);
    return upright;
}

std::optional<int> findExifOrientation(const std::uint8_t *tiff, std::size_t size)
{
    const PictureBytes bytes(tiff, size);
    const TiffNumbers numbers(bytes);
    if (!bytes.has(0, 8) || !(bytes.says(0, "II") || bytes.says(0, "MM")) || numbers.number(2, 2) != 42)
        return std::nullopt;
    const std::size_t directory = numbers.number(4, 4);
    const std::uint32_t entries = numbers.number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        constexpr std::uint32_t orientationTag = 0x112;
        constexpr std::size_t entryBytes = 12;
        const std::size_t entry = directory + 2 + i * entryBytes;
        if (!bytes.has(entry, entryBytes))
            return std::nullopt;
        // SHORT, says the standard; some writers take another of the types of integers.
        const TiffField field = tiffField(numbers, entry);
        if (numbers.number(entry, 2) != orientationTag || field.size == 0 || field.count != 1)
            continue;
        const std::uint32_t value = numbers.number(field.at, field.size);
        return value >= 1 && value <= 8 ? std::optional(static_cast<int>(value)) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<int> findXmpOrientation(std::string_view xmp)
{
    constexpr std::string_view name = "tiff:Orientation";
    const std::size_t at = xmp.find(name);
    if (at == std::string_view::npos)
        return std::nullopt;
    // <rdf:Description tiff:Orientation="6"> or <tiff:Orientation>6</tiff:Orientation>
    const std::string_view rest = xmp.substr(at + name.size(), 16);
    const std::size_t digit = rest.find_first_not_of(" \t\r\n=\"'>");
    if (digit == std::string_view::npos || rest[digit] < '1' || rest[digit] > '8')
        return std::nullopt;
    const bool alone = digit + 1 < rest.size() && (rest[digit + 1] < '0' || rest[digit + 1] > '9');
    return alone ? std::optional(rest[digit] - '0') : std::nullopt;
}

int exifOrientation(const std::uint8_t *tiff, std::size_t size)
{
    return findExifOrientation(tiff, size).value_or(1);
}

} // namespace dscope
