#include "core/base/orient.h"

#include <algorithm>
#include <utility>

namespace dscope {

namespace {

/// Bounds-checked reading of TIFF's integers in either byte order.
class TiffBytes {
public:
    TiffBytes(const std::uint8_t *bytes, std::size_t size) : m_bytes(bytes), m_size(size), m_big(size > 0 && bytes[0] == 'M') {}

    bool has(std::uint64_t at, std::uint64_t count) const { return at <= m_size && count <= m_size - at; }
    std::uint32_t u16(std::uint64_t at) const
    {
        return m_big ? (std::uint32_t{m_bytes[at]} << 8 | m_bytes[at + 1]) : (std::uint32_t{m_bytes[at + 1]} << 8 | m_bytes[at]);
    }
    std::uint32_t u32(std::uint64_t at) const { return m_big ? (u16(at) << 16 | u16(at + 2)) : (u16(at + 2) << 16 | u16(at)); }

private:
    const std::uint8_t *m_bytes;
    std::size_t m_size;
    bool m_big;
};

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
                const std::uint8_t *in = rows + std::size_t{3} * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(left));
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
    const TiffBytes bytes(tiff, size);
    if (!bytes.has(0, 8) || !((tiff[0] == 'I' && tiff[1] == 'I') || (tiff[0] == 'M' && tiff[1] == 'M')) || bytes.u16(2) != 42)
        return std::nullopt;
    const std::uint64_t directory = bytes.u32(4);
    if (!bytes.has(directory, 2))
        return std::nullopt;
    const std::uint32_t entries = bytes.u16(directory);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::uint64_t entry = directory + 2 + std::uint64_t{12} * i;
        if (!bytes.has(entry, 12))
            return std::nullopt;
        constexpr std::uint32_t orientationTag = 0x112;
        constexpr std::uint32_t shortType = 3;
        constexpr std::uint32_t longType = 4; // not what the standard says, but what some writers do
        const std::uint32_t type = bytes.u16(entry + 2);
        if (bytes.u16(entry) == orientationTag && (type == shortType || type == longType)) {
            const std::uint32_t value = type == shortType ? bytes.u16(entry + 8) : bytes.u32(entry + 8);
            return value >= 1 && value <= 8 ? std::optional(static_cast<int>(value)) : std::nullopt;
        }
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
