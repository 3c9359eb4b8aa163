// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturewhole.h"

#include "core/base/picturebytes.h"
#include "core/base/text.h"
#include "core/base/tiffdirectory.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

namespace dscope {

namespace {

/// Whether the compressed data come to their end in these chunks, one behind the other from `at`.
class PngData {
public:
    PngData() { m_good = inflateInit(&m_stream) == Z_OK; }
    ~PngData() { inflateEnd(&m_stream); }
    PngData(const PngData &) = delete;
    PngData &operator=(const PngData &) = delete;

    void add(const std::uint8_t *data, std::size_t size)
    {
        std::array<std::uint8_t, 1 << 15> nowhere{};
        m_stream.next_in = const_cast<std::uint8_t *>(data); // zlib's older type; it is only read
        m_stream.avail_in = static_cast<uInt>(size);
        while (m_good && !m_ended && m_stream.avail_in > 0) {
            m_stream.next_out = nowhere.data();
            m_stream.avail_out = static_cast<uInt>(nowhere.size());
            const int result = inflate(&m_stream, Z_NO_FLUSH);
            m_ended = result == Z_STREAM_END;
            m_good = result == Z_OK || m_ended;
        }
    }
    bool ended() const { return m_ended; }

private:
    z_stream m_stream{};
    bool m_good = false;
    bool m_ended = false;
};

PictureWholeness pngWholeness(const PictureBytes &bytes)
{
    constexpr std::size_t around = 12; // length, name and checksum
    PictureWholeness found;
    bool ended = false;
    std::size_t at = 8;
    while (bytes.has(at, around)) {
        const std::size_t length = bytes.big(at, 4);
        if (!bytes.has(at + 8, length + 4))
            break;
        const auto sum = static_cast<std::uint32_t>(crc32(0, bytes.data() + at + 4, static_cast<uInt>(length + 4)));
        found.damaged = found.damaged || sum != bytes.big(at + 8 + length, 4);
        ended = bytes.says(at + 4, "IEND");
        at += around + length;
        if (ended)
            return found;
    }
    // Without its end: look whether the picture itself is whole.
    PngData data;
    for (at = 8; bytes.has(at, 8);) {
        const std::size_t length = bytes.big(at, 4);
        if (bytes.says(at + 4, "IDAT"))
            data.add(bytes.data() + at + 8, std::min(length, bytes.size() - at - 8));
        if (!bytes.has(at + 8, length + 4))
            break;
        at += around + length;
    }
    (data.ended() ? found.noEnd : found.cutShort) = true;
    found.end = std::min(at, bytes.size());
    return found;
}

bool bmpIsCut(const PictureBytes &bytes, const PictureHeader &header)
{
    constexpr std::uint32_t oldHeader = 12;
    const bool old = bytes.little(14, 4) == oldHeader;
    const std::uint64_t bits = old ? bytes.little(24, 2) : bytes.little(28, 2);
    const std::uint32_t compression = old ? 0 : bytes.little(30, 4);
    if (compression != 0 && compression != 3 && compression != 6) // run lengths: their decoder tells
        return false;
    const std::uint64_t row = (bits * static_cast<std::uint64_t>(header.width) + 31) / 32 * 4;
    return bytes.little(10, 4) + row * static_cast<std::uint64_t>(header.height) > bytes.size();
}

bool pnmIsCut(const PictureBytes &bytes, const PictureHeader &header)
{
    const char kind = static_cast<char>(bytes.data()[1]);
    if (kind < '4') // written as text
        return false;
    // Two or three numbers, of which comments are no part, and one blank behind them.
    std::size_t at = 2;
    std::uint64_t number = 0;
    for (int left = kind == '4' ? 2 : 3; left > 0; --left) {
        while (bytes.has(at, 1) && !isDigit(static_cast<char>(bytes.data()[at]))) {
            if (bytes.data()[at] == '#')
                while (bytes.has(at, 1) && bytes.data()[at] != '\n')
                    ++at;
            else
                ++at;
        }
        for (number = 0; bytes.has(at, 1) && isDigit(static_cast<char>(bytes.data()[at])) && number < 1'000'000'000; ++at)
            number = 10 * number + (bytes.data()[at] - std::uint64_t{'0'});
    }
    constexpr std::uint64_t byteRange = 255;
    const auto width = static_cast<std::uint64_t>(header.width);
    const std::uint64_t row = kind == '4' ? (width + 7) / 8 : width * (kind == '6' ? 3 : 1) * (number > byteRange ? 2 : 1);
    return at + 1 + row * static_cast<std::uint64_t>(header.height) > bytes.size();
}

/// Whether a strip or tile of the picture lies beyond the end.
bool tiffIsCut(const PictureBytes &bytes, const PictureHeader &header)
{
    const TiffNumbers tiff(bytes);
    const std::optional<TiffDirectory> directory = tiffDirectory(tiff, header.directory);
    if (!directory)
        return true;
    const TiffField &offsets = directory->offsets;
    const TiffField &counts = directory->counts;
    for (std::uint32_t i = 0; i < std::min(offsets.count, counts.count); ++i) {
        const std::size_t offset = offsets.at + std::size_t{i} * offsets.size;
        const std::size_t count = counts.at + std::size_t{i} * counts.size;
        if (!bytes.has(offset, offsets.size) || !bytes.has(count, counts.size)
            || !bytes.has(tiff.number(offset, offsets.size), tiff.number(count, counts.size)))
            return true;
    }
    return false;
}

} // namespace

PictureWholeness wholenessOf(std::span<const std::uint8_t> data, const PictureHeader &header)
{
    const PictureBytes bytes(data.data(), data.size());
    PictureWholeness found;
    switch (header.format) {
    case PictureHeader::Format::Png: return pngWholeness(bytes);
    case PictureHeader::Format::Bmp: found.cutShort = bmpIsCut(bytes, header); break;
    case PictureHeader::Format::Pnm: found.cutShort = pnmIsCut(bytes, header); break;
    case PictureHeader::Format::Tiff: found.cutShort = tiffIsCut(bytes, header); break;
    case PictureHeader::Format::Jpeg:
    case PictureHeader::Format::WebP:
    case PictureHeader::Format::Heic:
    case PictureHeader::Format::Avif:
    case PictureHeader::Format::Jxl: break;
    }
    return found;
}

} // namespace dscope
