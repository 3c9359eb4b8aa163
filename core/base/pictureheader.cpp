#include "core/base/pictureheader.h"

#include "core/base/orient.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace dscope {

namespace {

using Format = PictureHeader::Format;

/// The bytes with every access checked: outside them reads as nothing.
class Bytes {
public:
    Bytes(const std::uint8_t *data, std::size_t size) : m_data(data), m_size(size) {}

    std::size_t size() const { return m_size; }
    const std::uint8_t *data() const { return m_data; }
    bool has(std::size_t at, std::size_t count) const { return at <= m_size && count <= m_size - at; }
    bool says(std::size_t at, const char *text) const
    {
        const std::size_t length = std::strlen(text);
        return has(at, length) && std::memcmp(m_data + at, text, length) == 0;
    }
    /// `count` bytes (at most 4) as a number; 0 beyond the end.
    std::uint32_t big(std::size_t at, std::size_t count) const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; has(at, count) && i < count; ++i)
            value = value << 8 | m_data[at + i];
        return value;
    }
    std::uint32_t little(std::size_t at, std::size_t count) const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; has(at, count) && i < count; ++i)
            value |= std::uint32_t{m_data[at + i]} << (8 * i);
        return value;
    }

private:
    const std::uint8_t *m_data;
    std::size_t m_size;
};

/// "BM" alone may begin a text as well: a BMP's reserved words are zero and its header has one of a few sizes.
bool likelyBmp(const Bytes &bytes)
{
    static constexpr std::uint32_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    return !bytes.has(14, 4) || (bytes.little(6, 4) == 0 && std::find(std::begin(sizes), std::end(sizes), bytes.little(14, 4)) != std::end(sizes));
}

std::optional<Format> formatOf(const Bytes &bytes)
{
    if (bytes.says(0, "\xFF\xD8\xFF"))
        return Format::Jpeg;
    if (bytes.says(0, "\x89PNG\r\n\x1A\n"))
        return Format::Png;
    if (bytes.says(0, "RIFF") && bytes.says(8, "WEBP"))
        return Format::WebP;
    if (bytes.says(0, "BM") && likelyBmp(bytes))
        return Format::Bmp;
    if (bytes.has(0, 4) && (bytes.little(0, 4) == 0x002A4949 || bytes.big(0, 4) == 0x4D4D002A))
        return Format::Tiff;
    if (bytes.has(0, 3) && bytes.data()[0] == 'P' && bytes.data()[1] >= '1' && bytes.data()[1] <= '6'
        && (isBlank(static_cast<char>(bytes.data()[2])) || bytes.data()[2] == '#'))
        return Format::Pnm;
    return std::nullopt;
}

bool readJpeg(const Bytes &bytes, PictureHeader &header)
{
    std::size_t at = 2;
    bool sized = false;
    while (bytes.has(at, 4)) {
        if (bytes.data()[at] != 0xFF) {
            ++at;
            continue;
        }
        const std::uint8_t marker = bytes.data()[at + 1];
        if (marker == 0xFF || marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += marker == 0xFF ? 1 : 2;
            continue;
        }
        if (marker == 0xD9)
            return sized;
        const std::size_t length = bytes.big(at + 2, 2);
        const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame && bytes.has(at, 10)) {
            header.height = bytes.big(at + 5, 2);
            header.width = bytes.big(at + 7, 2);
            header.components = bytes.data()[at + 9];
            sized = true;
        } else if (marker == 0xE1 && length >= 8 && bytes.has(at + 2, length) && std::memcmp(bytes.data() + at + 4, "Exif\0\0", 6) == 0) {
            header.orientation = exifOrientation(bytes.data() + at + 10, length - 8);
        } else if (marker == 0xDA) {
            return sized;
        }
        at += 2 + length;
    }
    return sized;
}

bool readPng(const Bytes &bytes, PictureHeader &header)
{
    if (!bytes.says(12, "IHDR") || !bytes.has(16, 8))
        return false;
    header.width = bytes.big(16, 4);
    header.height = bytes.big(20, 4);
    std::size_t at = 8;
    while (bytes.has(at, 12)) {
        const std::size_t length = bytes.big(at, 4);
        if (bytes.says(at + 4, "IEND") || !bytes.has(at + 8, length))
            break;
        if (bytes.says(at + 4, "eXIf"))
            header.orientation = exifOrientation(bytes.data() + at + 8, length);
        at += 12 + length;
    }
    return true;
}

bool readWebP(const Bytes &bytes, PictureHeader &header)
{
    std::size_t at = 12;
    while (bytes.has(at, 8)) {
        const std::size_t length = bytes.little(at + 4, 4);
        const std::size_t body = at + 8;
        if (bytes.says(at, "VP8X") && bytes.has(body, 10)) {
            header.width = std::int64_t{bytes.little(body + 4, 3)} + 1;
            header.height = std::int64_t{bytes.little(body + 7, 3)} + 1;
        } else if (bytes.says(at, "VP8L") && bytes.has(body, 5) && header.width == 0) {
            const std::uint32_t packed = bytes.little(body + 1, 4);
            header.width = std::int64_t{packed & 0x3FFF} + 1;
            header.height = std::int64_t{packed >> 14 & 0x3FFF} + 1;
        } else if (bytes.says(at, "VP8 ") && bytes.has(body, 10) && header.width == 0) {
            header.width = bytes.little(body + 6, 2) & 0x3FFF;
            header.height = bytes.little(body + 8, 2) & 0x3FFF;
        } else if (bytes.says(at, "EXIF") && bytes.has(body, length)) {
            // Some writers keep JPEG's prefix in front of the TIFF header.
            const std::size_t skip = length >= 6 && std::memcmp(bytes.data() + body, "Exif\0\0", 6) == 0 ? 6 : 0;
            header.orientation = exifOrientation(bytes.data() + body + skip, length - skip);
        }
        if (!bytes.has(body, length))
            break;
        at = body + length + (length & 1);
    }
    return header.width > 0;
}

bool readBmp(const Bytes &bytes, PictureHeader &header)
{
    if (!bytes.has(14, 12))
        return false;
    if (bytes.little(14, 4) == 12) {
        header.width = bytes.little(18, 2);
        header.height = bytes.little(20, 2);
    } else {
        header.width = static_cast<std::int32_t>(bytes.little(18, 4));
        header.height = static_cast<std::int32_t>(bytes.little(22, 4));
        header.height = header.height < 0 ? -header.height : header.height; // negative: stored from the top
    }
    return true;
}

bool readTiff(const Bytes &bytes, PictureHeader &header)
{
    const bool big = bytes.data()[0] == 'M';
    const auto number = [&](std::size_t at, std::size_t count) { return big ? bytes.big(at, count) : bytes.little(at, count); };
    const std::size_t directory = number(4, 4);
    const std::uint32_t entries = number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + std::size_t{12} * i;
        if (!bytes.has(entry, 12))
            return false;
        const std::uint32_t tag = number(entry, 2);
        if (tag == 256 || tag == 257)
            (tag == 256 ? header.width : header.height) = number(entry + 8, number(entry + 2, 2) == 3 ? 2 : 4);
    }
    return true;
}

bool readPnm(const Bytes &bytes, PictureHeader &header)
{
    std::size_t at = 2;
    for (std::int64_t *side : {&header.width, &header.height}) {
        while (bytes.has(at, 1) && (isBlank(static_cast<char>(bytes.data()[at])) || bytes.data()[at] == '#')) {
            if (bytes.data()[at] == '#')
                while (bytes.has(at, 1) && bytes.data()[at] != '\n')
                    ++at;
            else
                ++at;
        }
        while (bytes.has(at, 1) && isDigit(static_cast<char>(bytes.data()[at])) && *side < (std::int64_t{1} << 40))
            *side = 10 * *side + (bytes.data()[at++] - '0');
    }
    return true;
}

} // namespace

std::optional<PictureHeader> pictureHeader(std::span<const std::uint8_t> data)
{
    const Bytes bytes(data.data(), data.size());
    const std::optional<Format> format = formatOf(bytes);
    if (!format)
        return std::nullopt;
    PictureHeader header;
    header.format = *format;
    bool read = false;
    switch (*format) {
    case Format::Jpeg: read = readJpeg(bytes, header); break;
    case Format::Png: read = readPng(bytes, header); break;
    case Format::WebP: read = readWebP(bytes, header); break;
    case Format::Bmp: read = readBmp(bytes, header); break;
    case Format::Tiff: read = readTiff(bytes, header); break;
    case Format::Pnm: read = readPnm(bytes, header); break;
    }
    if (!read || header.width <= 0 || header.height <= 0)
        return std::nullopt;
    return header;
}

const char *nameOf(PictureHeader::Format format)
{
    switch (format) {
    case Format::Jpeg: return "JPEG";
    case Format::Png: return "PNG";
    case Format::WebP: return "WebP";
    case Format::Bmp: return "BMP";
    case Format::Tiff: return "TIFF";
    case Format::Pnm: break;
    }
    return "PNM";
}

std::optional<PictureHeader::Format> beginningFormat(std::span<const std::uint8_t> bytes)
{
    return formatOf(Bytes(bytes.data(), bytes.size()));
}

bool beginsLikePicture(const std::uint8_t *bytes, std::size_t size)
{
    return formatOf(Bytes(bytes, size)).has_value();
}

} // namespace dscope
