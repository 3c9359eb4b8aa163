// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/pictureheader.h"

#include "core/base/orient.h"
#include "core/base/picturebytes.h"
#include "core/base/text.h"
#include "core/base/tiffdirectory.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <iterator>

namespace dscope {

namespace {

using Format = PictureHeader::Format;
using Bytes = PictureBytes;

constexpr std::uint32_t bigTiff = 43;

/// "BM" alone may begin a text as well: a BMP's reserved words are zero and its header has one of a few sizes.
bool likelyBmp(const Bytes &bytes)
{
    static constexpr std::uint32_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    return bytes.has(14, 4) && bytes.little(6, 4) == 0 && std::find(std::begin(sizes), std::end(sizes), bytes.little(14, 4)) != std::end(sizes);
}

/// ISO media files (HEIF) name their kind in the first box: the major brand, then a version and the compatible brands.
std::optional<Format> stillOfIsoMedia(const Bytes &bytes)
{
    if (!bytes.says(4, "ftyp"))
        return std::nullopt;
    const auto is = [&](std::size_t at, std::initializer_list<const char *> brands) {
        return std::any_of(brands.begin(), brands.end(), [&](const char *brand) { return bytes.says(at, brand); });
    };
    if (is(8, {"avif", "avis"}))
        return Format::Avif;
    if (!is(8, {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "mif2"}))
        return std::nullopt;
    for (std::size_t at = 16; at + 4 <= std::min<std::size_t>(bytes.size(), bytes.big(0, 4)); at += 4)
        if (is(at, {"avif"}) && !is(8, {"hei", "hev"}))
            return Format::Avif;
    return Format::Heic;
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
    const auto tiff = [&](std::uint32_t version) {
        return bytes.has(0, 4) && (bytes.little(0, 4) == (version << 16 | 0x4949) || bytes.big(0, 4) == (0x4D4D0000 | version));
    };
    if (tiff(42) || tiff(bigTiff))
        return Format::Tiff;
    if (bytes.has(0, 2) && (bytes.big(0, 2) == 0xFF0A || (bytes.big(0, 4) == 12 && bytes.says(4, "JXL \r\n\x87\n"))))
        return Format::Jxl;
    if (const std::optional<Format> still = stillOfIsoMedia(bytes))
        return still;
    if (bytes.has(0, 3) && bytes.data()[0] == 'P' && bytes.data()[1] >= '1' && bytes.data()[1] <= '6'
        && (isBlank(static_cast<char>(bytes.data()[2])) || bytes.data()[2] == '#'))
        return Format::Pnm;
    return std::nullopt;
}

/// EXIF's word on how the picture is to be turned goes before XMP's.
struct Turn {
    std::optional<int> exif;
    std::optional<int> xmp;

    void readXmp(const Bytes &bytes, std::size_t at, std::size_t length)
    {
        xmp = findXmpOrientation({reinterpret_cast<const char *>(bytes.data() + at), length});
    }
    int orientation() const { return exif ? *exif : xmp.value_or(1); }
};

std::string onlyTheFirst(std::uint32_t count, const char *what)
{
    return "the file holds " + std::to_string(count) + ' ' + what + "; the first alone is read.";
}

bool readJpeg(const Bytes &bytes, PictureHeader &header)
{
    std::size_t at = 2;
    bool sized = false;
    Turn turn;
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
            turn.exif = findExifOrientation(bytes.data() + at + 10, length - 8);
        } else if (marker == 0xE1 && bytes.says(at + 4, "http://ns.adobe.com/xap/1.0/") && bytes.has(at + 2, length) && length > 2) {
            turn.readXmp(bytes, at + 4, length - 2);
        } else if (marker == 0xDA) {
            // A first scan without data, at which libjpeg would make a grey picture of nothing.
            if (bytes.big(at + 2 + length, 2) == 0xFFD9)
                header.refused = "is a damaged JPEG: it holds no coded data.";
            return sized;
        }
        header.orientation = turn.orientation();
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
    Turn turn;
    while (bytes.has(at, 12)) {
        const std::size_t length = bytes.big(at, 4);
        if (bytes.says(at + 4, "IEND") || !bytes.has(at + 8, length))
            break;
        if (bytes.says(at + 4, "eXIf"))
            turn.exif = findExifOrientation(bytes.data() + at + 8, length);
        else if (bytes.says(at + 4, "iTXtXML:com.adobe.xmp"))
            turn.readXmp(bytes, at + 8, length);
        else if (bytes.says(at + 4, "acTL") && length >= 4 && bytes.big(at + 8, 4) > 1)
            header.notes.push_back(onlyTheFirst(bytes.big(at + 8, 4), "pictures of an animation"));
        at += 12 + length;
    }
    header.orientation = turn.orientation();
    return true;
}

bool readWebP(const Bytes &bytes, PictureHeader &header)
{
    std::size_t at = 12;
    Turn turn;
    std::uint32_t frames = 0;
    bool lossless = false;
    bool alpha = false;
    while (bytes.has(at, 8)) {
        const std::size_t length = bytes.little(at + 4, 4);
        const std::size_t body = at + 8;
        if (bytes.says(at, "VP8X") && bytes.has(body, 10)) {
            header.width = std::int64_t{bytes.little(body + 4, 3)} + 1;
            header.height = std::int64_t{bytes.little(body + 7, 3)} + 1;
            header.animated = (bytes.data()[body] & 2) != 0;
            alpha = (bytes.data()[body] & 16) != 0;
        } else if (bytes.says(at, "ANMF")) {
            ++frames;
        } else if (bytes.says(at, "VP8L") && bytes.has(body, 5)) {
            lossless = true;
            const std::uint32_t packed = bytes.little(body + 1, 4);
            alpha = alpha || (packed >> 28 & 1) != 0;
            if (header.width == 0) {
                header.width = std::int64_t{packed & 0x3FFF} + 1;
                header.height = std::int64_t{packed >> 14 & 0x3FFF} + 1;
            }
        } else if (bytes.says(at, "VP8 ") && bytes.has(body, 10) && header.width == 0) {
            header.width = bytes.little(body + 6, 2) & 0x3FFF;
            header.height = bytes.little(body + 8, 2) & 0x3FFF;
        } else if (bytes.says(at, "EXIF") && bytes.has(body, length)) {
            // Some writers keep JPEG's prefix in front of the TIFF header.
            const std::size_t skip = length >= 6 && std::memcmp(bytes.data() + body, "Exif\0\0", 6) == 0 ? 6 : 0;
            turn.exif = findExifOrientation(bytes.data() + body + skip, length - skip);
        } else if (bytes.says(at, "XMP ") && bytes.has(body, length)) {
            turn.readXmp(bytes, body, length);
        }
        if (!bytes.has(body, length))
            break;
        at = body + length + (length & 1);
    }
    header.orientation = turn.orientation();
    if (frames > 1)
        header.notes.push_back(onlyTheFirst(frames, "pictures of an animation"));
    // The picture; libwebp's own pixels of a lossless one; a copy with alpha; an animation's two canvases.
    header.bytesPerPixel = header.animated ? 11.2 + (lossless ? 4 : 0) : 3.2 + (lossless ? 4 : 0) + (alpha ? 5 : 0);
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

/// Why a TIFF's picture cannot be read, as the end of a sentence; nothing where it can.
std::string refusalOf(const TiffChoice &choice, bool cameraRaw)
{
    const TiffDirectory &directory = choice.directory;
    constexpr std::uint32_t mostBits = 16;
    constexpr std::uint32_t unsignedValues = 1;
    constexpr std::uint32_t floatingValues = 3;
    constexpr std::uint32_t undefinedValues = 4;
    if (choice.cameraRaw || cameraRaw)
        return "is a camera's raw picture (DNG, NEF or the like), which is not read. Convert it to JPEG, PNG or TIFF.";
    if (directory.offsets.count == 0)
        return "is a damaged TIFF: it does not say where its pixels lie.";
    if (directory.bits > mostBits)
        return "is a TIFF of " + std::to_string(directory.bits) + " bits a value, which is not read. Convert it to 8 or 16 bits.";
    if (directory.sampleFormat == floatingValues)
        return "is a TIFF of floating-point values, which is not read. Convert it to 8 or 16 bits.";
    if (directory.sampleFormat != unsignedValues && directory.sampleFormat != undefinedValues)
        return "is a TIFF of signed or complex values, which is not read. Convert it to 8 or 16 bits without a sign.";
    if (directory.pieces() > directory.offsets.count)
        return "is a damaged TIFF: it names " + std::to_string(directory.offsets.count) + " strips or tiles, and its size takes "
            + std::to_string(directory.pieces()) + '.';
    return {};
}

bool readTiff(const Bytes &bytes, PictureHeader &header)
{
    const TiffNumbers tiff(bytes);
    if (tiff.number(2, 2) == bigTiff) {
        header.width = header.height = 1; // further back, and of no use
        header.refused = "is a BigTIFF, which is not read. Convert it to an ordinary TIFF or a PNG.";
        return true;
    }
    const std::optional<TiffChoice> choice = chooseTiffDirectory(tiff);
    if (!choice)
        return false;
    const TiffDirectory &directory = choice->directory;
    header.directory = directory.at;
    header.width = directory.width;
    header.height = directory.height;
    header.orientation = directory.orientation.value_or(1);
    constexpr const char *canon = "CR\x02"; // its first picture is a small JPEG that does not say so
    header.refused = refusalOf(*choice, bytes.says(8, canon));
    // libtiff's strip or tile, as it is stored and as RGBA.
    constexpr std::uint64_t mostSide = 1U << 24;
    const std::uint64_t pixels = directory.tiled()
        ? std::min<std::uint64_t>(directory.tile[0], mostSide) * std::min<std::uint64_t>(directory.tile[1], mostSide)
        : static_cast<std::uint64_t>(directory.width) * std::min<std::uint64_t>(directory.rowsInStrip, static_cast<std::uint64_t>(directory.height));
    header.further = pixels * (4 + (std::min<std::uint64_t>(directory.samples, 8) * std::min<std::uint64_t>(directory.bits, 32) + 7) / 8);
    if (choice->pages > 1)
        header.notes.push_back(choice->first ? onlyTheFirst(choice->pages, "pages")
                                             : "the file holds " + std::to_string(choice->pages) + " pages; the largest alone is read.");
    if (directory.reduced)
        header.notes.push_back("the file holds a reduced picture alone (" + std::to_string(header.width) + " x " + std::to_string(header.height)
                               + "), which is read.");
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
    header.bytesPerPixel = *format == Format::Jpeg ? 0 : 3.2;
    bool read = false;
    switch (*format) {
    case Format::Jpeg: read = readJpeg(bytes, header); break;
    case Format::Png: read = readPng(bytes, header); break;
    case Format::WebP: read = readWebP(bytes, header); break;
    case Format::Bmp: read = readBmp(bytes, header); break;
    case Format::Tiff: read = readTiff(bytes, header); break;
    case Format::Pnm: read = readPnm(bytes, header); break;
    case Format::Heic:
    case Format::Avif:
    case Format::Jxl: header.bytesPerPixel = 0; return header;
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
    case Format::Heic: return "HEIC";
    case Format::Avif: return "AVIF";
    case Format::Jxl: return "JPEG XL";
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
