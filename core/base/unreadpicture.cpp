// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/unreadpicture.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/picturebytes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace dscope {

namespace {

using namespace std::string_view_literals;

struct Mark {
    std::size_t at;
    std::string_view bytes;
    const char *what; ///< with its article
};

constexpr const char *s_raw = "a camera's raw picture";

/// What files of each format begin with.
constexpr std::array<Mark, 33> s_marks{{
    {4, "jP  \r\n\x87\n"sv, "a JPEG 2000 picture"},
    {0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 picture"},
    {0, "II\xBC"sv, "a JPEG XR picture"},
    {0, "8BPS\0"sv, "a Photoshop document"},
    {0, "qoif"sv, "a QOI picture"},
    {0, "P7\n"sv, "a PAM picture"},
    {0, "PF\n"sv, "a PFM picture"},
    {0, "Pf\n"sv, "a PFM picture"},
    {0, "DDS |\0\0\0"sv, "a DDS picture"},
    {0, "%PDF-"sv, "a PDF document"},
    {0, "%!PS"sv, "a PostScript document"},
    {0, "\xC5\xD0\xD3\xC6"sv, "an EPS document"},
    {0, "icns"sv, "an icon (ICNS)"},
    {0, "gimp xcf "sv, "a GIMP picture (XCF)"},
    {0, "#?RADIANCE\n"sv, "a Radiance picture (HDR)"},
    {0, "\x76\x2F\x31\x01"sv, "an OpenEXR picture"},
    {0, "SIMPLE  = "sv, "a FITS picture"},
    {128, "DICM"sv, "a DICOM picture"},
    {0, "BPG\xFB"sv, "a BPG picture"},
    {0, "FLIF"sv, "a FLIF picture"},
    {0, "AT&TFORM"sv, "a DjVu document"},
    {0, "\x8BJNG\r\n\x1A\n"sv, "a JNG picture"},
    {0, "\x59\xA6\x6A\x95"sv, "a Sun raster picture"},
    {0, "/* XPM */"sv, "an XPM picture"},
    {0, "\x01\xDA\x01\x01"sv, "an SGI picture"},
    {0, "\x01\xDA\x00\x01"sv, "an SGI picture"},
    {4, "ftypcrx "sv, s_raw},
    {0, "FUJIFILMCCD-RAW"sv, s_raw},
    {0, "IIRO\x08\0\0\0"sv, s_raw},
    {0, "IIRS\x08\0\0\0"sv, s_raw},
    {0, "IIU\0"sv, s_raw},
    {0, "FOVb"sv, s_raw},
    {0, "\0MRM"sv, s_raw},
}};

bool isIcon(const PictureBytes &bytes)
{
    // Reserved, 1 or (a mouse's pointer) 2, the number of pictures, and of the first the reserved byte and where it lies.
    const std::uint32_t count = bytes.little(4, 2);
    return bytes.has(0, 22) && bytes.little(0, 2) == 0 && (bytes.little(2, 2) == 1 || bytes.little(2, 2) == 2) && count > 0 && count < 256
        && bytes.little(9, 1) == 0 && bytes.little(18, 4) >= 6 + 16 * count && bytes.little(14, 4) > 0;
}

bool isPcx(const PictureBytes &bytes)
{
    const std::uint32_t version = bytes.little(1, 1);
    const std::uint32_t bits = bytes.little(3, 1);
    return bytes.has(0, 128) && bytes.little(0, 1) == 10 && version <= 5 && version != 1 && bytes.little(2, 1) == 1
        && (bits == 1 || bits == 2 || bits == 4 || bits == 8) && bytes.little(64, 1) == 0 && bytes.little(65, 1) <= 4
        && bytes.little(8, 2) >= bytes.little(4, 2) && bytes.little(10, 2) >= bytes.little(6, 2);
}

/// The second version of the format has a mark at its end.
bool endsLikeTga(const PictureBytes &bytes)
{
    constexpr std::size_t mark = 18;
    return bytes.size() > mark && bytes.says(bytes.size() - mark, "TRUEVISION-XFILE.");
}

/// The first version has none: every field of its header must be one of the few that are used.
bool beginsLikeTga(const PictureBytes &bytes)
{
    const std::uint32_t palette = bytes.little(1, 1);
    const std::uint32_t kind = bytes.little(2, 1);
    const std::uint32_t bits = bytes.little(16, 1);
    const bool mapped = kind == 1 || kind == 9;
    const bool coloured = kind == 2 || kind == 10;
    const bool grey = kind == 3 || kind == 11;
    if (!bytes.has(0, 18) || (!mapped && !coloured && !grey) || palette > 1 || (mapped && palette == 0) || (bytes.little(17, 1) & 0xC0) != 0)
        return false;
    if (palette == 0 && (bytes.little(3, 4) != 0 || bytes.little(7, 1) != 0))
        return false;
    const bool depth = coloured ? bits == 15 || bits == 16 || bits == 24 || bits == 32 : bits == 8 || (grey && bits == 16);
    return depth && bytes.little(8, 4) == 0 && bytes.little(12, 2) > 0 && bytes.little(14, 2) > 0;
}

std::optional<std::string> named(std::span<const std::uint8_t> data, bool tga)
{
    const PictureBytes bytes(data.data(), data.size());
    const auto says = [&](const Mark &mark) {
        return bytes.has(mark.at, mark.bytes.size())
            && std::equal(mark.bytes.begin(), mark.bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(mark.at),
                          [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
    };
    const auto mark = std::find_if(s_marks.begin(), s_marks.end(), says);
    const char *what = mark != s_marks.end() ? mark->what
        : isIcon(bytes)                      ? "an icon (ICO)"
        : isPcx(bytes)                       ? "a PCX picture"
        : tga || endsLikeTga(bytes)          ? "a TGA picture"
                                             : nullptr;
    const bool film = bytes.says(20, "mjp2"); // motion JPEG 2000
    if (what == nullptr || film)
        return std::nullopt;
    return std::string("is ") + what + ", which is not read. Convert it to PNG or JPEG.";
}

} // namespace

std::optional<std::string> unreadPicture(std::span<const std::uint8_t> bytes)
{
    return named(bytes, beginsLikeTga({bytes.data(), bytes.size()}));
}

std::optional<std::string> unreadPicture(const std::filesystem::path &path)
{
    constexpr std::size_t enough = 512;
    try {
        const InputFile file(path);
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(enough, file.size())));
        bytes.resize(file.readSome(0, bytes.data(), bytes.size()));
        std::vector<std::uint8_t> end(std::min<std::size_t>(32, bytes.size()));
        end.resize(file.readSome(file.size() - end.size(), end.data(), end.size()));
        const bool tga = endsLikeTga({end.data(), end.size()}) || beginsLikeTga({bytes.data(), bytes.size()});
        return named(bytes, tga);
    } catch (const FileError &) {
        return std::nullopt;
    }
}

} // namespace dscope
