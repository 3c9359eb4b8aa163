// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tiffdata.h"

#include "core/base/jpegentropy.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

namespace dscope {

namespace {

using Part = std::span<const std::uint8_t>;

constexpr std::uint32_t s_lzw = 5;
constexpr std::uint32_t s_jpeg = 7;
constexpr std::uint32_t s_deflate = 8;
constexpr std::uint32_t s_oldDeflate = 32946;

/// Whether the stream comes to its end with the right checksum. @param most how many bytes it may give
bool isWholeDeflate(Part part, std::uint64_t most)
{
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK)
        return true; // nothing is known
    std::array<std::uint8_t, 1 << 15> nowhere{};
    stream.next_in = const_cast<std::uint8_t *>(part.data()); // zlib's older type; it is only read
    stream.avail_in = static_cast<uInt>(part.size());
    int result = Z_OK;
    while (result == Z_OK && stream.total_out <= most) {
        stream.next_out = nowhere.data();
        stream.avail_out = static_cast<uInt>(nowhere.size());
        result = inflate(&stream, Z_NO_FLUSH);
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END;
}

/// How many bytes LZW's codes stand for, without making them; the largest number where a code is none. TIFF's codes begin with the high bits and grow one code
/// early.
std::uint64_t lzwBytes(Part part, std::uint64_t most)
{
    constexpr std::uint32_t clear = 256;
    constexpr std::uint32_t end = 257;
    constexpr std::uint32_t firstFree = 258;
    constexpr std::uint32_t codes = 4096;
    constexpr std::uint64_t bad = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::uint64_t> lengths(codes, 1);
    std::uint32_t next = firstFree;
    int width = 9;
    std::uint64_t before = 0; // bytes of the code before; 0: none since the table was cleared
    std::uint64_t total = 0;
    std::uint32_t bits = 0;
    int count = 0;
    std::size_t at = 0;
    while (total <= most) {
        for (; count < width && at < part.size(); count += 8)
            bits = bits << 8 | part[at++];
        if (count < width)
            return total;
        count -= width;
        const std::uint32_t code = bits >> count & ((1U << width) - 1);
        if (code == end)
            return total;
        if (code == clear) {
            next = firstFree;
            width = 9;
            before = 0;
            continue;
        }
        if (before == 0 ? code >= clear : code > next)
            return bad;
        const std::uint64_t length = code == next && before > 0 ? before + 1 : lengths[code];
        if (before > 0 && next < codes) {
            lengths[next++] = before + 1;
            constexpr int widest = 12;
            if (width < widest && next == (1U << width) - 1)
                ++width;
        }
        before = length;
        total += length;
    }
    return total;
}

/// @param rows of the part, and of one that is not the last
bool isWholeLzw(Part part, const TiffDirectory &directory, std::uint64_t rows, std::uint64_t fullRows)
{
    const bool old = part.size() >= 2 && part[0] == 0 && (part[1] & 1U) != 0; // the other order of bits
    constexpr std::uint32_t ycbcr = 6;                                        // colours of a lower resolution
    if (old || directory.photometric == ycbcr)
        return true;
    const std::uint64_t needed = directory.rowBytes() * rows;
    const std::uint64_t full = directory.rowBytes() * fullRows;
    const std::uint64_t bytes = lzwBytes(part, full);
    return bytes == needed || bytes == full;
}

/// A part that is a JPEG lacks the tables, which stand once for all of them.
bool isWholeJpeg(Part part, Part tables)
{
    std::vector<std::uint8_t> whole;
    constexpr std::size_t marker = 2; // the end of the one and the beginning of the other
    if (tables.size() > 2 * marker && part.size() > marker) {
        whole.assign(tables.begin(), tables.end() - marker);
        whole.insert(whole.end(), part.begin() + marker, part.end());
        part = whole;
    }
    return jpegContradiction(part).empty();
}

} // namespace

std::uint64_t damagedTiffParts(const TiffNumbers &tiff, const TiffDirectory &directory)
{
    const std::uint32_t how = directory.compression;
    constexpr std::uint32_t reversed = 2;
    if ((how != s_lzw && how != s_jpeg && how != s_deflate && how != s_oldDeflate) || directory.fillOrder == reversed)
        return 0;
    const PictureBytes &bytes = tiff.bytes();
    const auto height = static_cast<std::uint64_t>(directory.height);
    const std::uint64_t fullRows = directory.tiled() ? directory.tile[1] : std::min<std::uint64_t>(directory.rowsInStrip, height);
    const std::uint64_t strips = fullRows == 0 ? 0 : (height + fullRows - 1) / fullRows;
    const TiffField &tables = directory.jpegTables;
    constexpr std::uint32_t mostTables = 4096; // all that a JPEG may have take less
    const Part common = tables.count <= mostTables && bytes.has(tables.at, tables.count) ? Part(bytes.data() + tables.at, tables.count) : Part();
    std::uint64_t damaged = 0;
    std::size_t left = bytes.size(); // parts that lie over one another are no picture's
    for (std::uint32_t i = 0; strips > 0 && i < std::min({std::uint64_t{directory.offsets.count}, std::uint64_t{directory.counts.count}, directory.pieces()});
         ++i) {
        const std::size_t at = tiff.number(directory.offsets.at + std::size_t{i} * directory.offsets.size, directory.offsets.size);
        const std::size_t size = tiff.number(directory.counts.at + std::size_t{i} * directory.counts.size, directory.counts.size);
        if (!bytes.has(at, size) || size > left)
            continue; // libtiff's to say
        left -= size;
        const Part part(bytes.data() + at, size);
        const bool last = !directory.tiled() && i % strips == strips - 1;
        const std::uint64_t rows = last ? height - (strips - 1) * fullRows : fullRows;
        const bool whole = how == s_lzw ? isWholeLzw(part, directory, rows, fullRows)
            : how == s_jpeg             ? isWholeJpeg(part, common)
                                        : isWholeDeflate(part, directory.rowBytes() * fullRows);
        damaged += whole ? 0 : 1;
    }
    return damaged;
}

} // namespace dscope
