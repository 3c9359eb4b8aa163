// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/video.h"

#include "core/base/inputfile.h"
#include "core/base/pictureheader.h"
#include "core/base/text.h"
#include "core/base/unreadpicture.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {

using namespace std::string_view_literals;

std::string_view textOf(const std::vector<std::uint8_t> &bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// The end of the JPEG that begins at `at`, behind its end marker; npos where it does not end within the bytes.
std::size_t endOfJpeg(std::string_view bytes, std::size_t at)
{
    for (at += 2; at + 4 <= bytes.size();) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
        if (byte(at) != 0xFF)
            return std::string_view::npos;
        const unsigned char marker = byte(at + 1);
        if (marker == 0xD9)
            return at + 2;
        at += 2 + (std::size_t{byte(at + 2)} << 8 | byte(at + 3));
        if (marker != 0xDA)
            continue;
        // In coded data 0xFF is followed by 0 or a restart marker.
        for (; at + 1 < bytes.size(); ++at)
            if (byte(at) == 0xFF && byte(at + 1) != 0 && (byte(at + 1) < 0xD0 || byte(at + 1) > 0xD7))
                break;
    }
    return at + 2 <= bytes.size() && bytes.substr(at, 2) == "\xFF\xD9" ? at + 2 : std::string_view::npos;
}

/// Motion JPEG without a container: JPEGs one behind the other. Pictures with a preview or a second view behind them have no more than two or three, and
/// say so by an MPF segment.
bool isMotionJpeg(const fs::path &path)
{
    constexpr std::size_t enough = std::size_t{4} << 20;
    const std::vector<std::uint8_t> read = firstBytes(path, enough);
    const std::string_view bytes = textOf(read);
    constexpr int several = 4;
    std::size_t at = 0;
    for (int pictures = 0; pictures < several; ++pictures) {
        if (bytes.substr(at, 3) != "\xFF\xD8\xFF")
            return false;
        const std::size_t end = endOfJpeg(bytes, at);
        if (end == std::string_view::npos) // large pictures: two of them are enough
            return pictures >= 2;
        if (bytes.substr(at, end - at).find("MPF\0"sv) != std::string_view::npos)
            return false;
        at = end;
        if (at == bytes.size() && read.size() < enough)
            return pictures >= 1; // the whole file
    }
    return true;
}

bool endsIn(const fs::path &path, std::initializer_list<std::string_view> endings)
{
    return std::find(endings.begin(), endings.end(), extensionOf(path)) != endings.end();
}

/// A container or stream that says what it is.
bool beginsLikeVideo(std::string_view bytes)
{
    const auto says = [&](std::size_t at, std::string_view text) { return bytes.size() >= at + text.size() && bytes.substr(at, text.size()) == text; };
    const auto byte = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
    constexpr std::size_t packet = 188;  // of a transport stream
    constexpr std::size_t stamped = 192; // the same with a time before each, as discs have it
    return says(4, "ftyp") || says(4, "moov") || says(4, "mdat") || says(0, "\x1A\x45\xDF\xA3") || (says(0, "RIFF") && says(8, "AVI ")) || says(0, "FLV\x01")
        || says(0, "OggS") || says(0, "GIF8") || says(0, "DKIF") || says(0, "YUV4MPEG2") || says(0, ".RMF") || says(0, "\x30\x26\xB2\x75")
        || says(0, "nut/multimedia container") || says(0, "\xB7\xD8\x00\x20\x37\x49\xDA\x11"sv)
        || says(0, "\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02") // MXF's first partition
        || (says(0, "\x1F\x07\x00"sv) && (byte(3) & 0x7F) == 0x3F)             // DV's header block
        || (says(0, "\0\0\1"sv) && (byte(3) == 0xBA || byte(3) == 0xB3)) || (bytes.size() > packet && byte(0) == 0x47 && byte(packet) == 0x47)
        || (bytes.size() > stamped + 4 && byte(4) == 0x47 && byte(stamped + 4) == 0x47);
}

} // namespace

bool looksLikeVideo(const fs::path &path)
{
    const std::vector<std::uint8_t> bytes = firstBytes(path, 512);
    const std::optional<PictureHeader::Format> picture = beginningFormat(bytes);
    if (picture == PictureHeader::Format::Jpeg) {
        // Looked through only where the name does not say that it is a picture.
        const bool named = endsIn(path, {".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo"});
        return !named && isMotionJpeg(path);
    }
    if (picture || unreadPicture(bytes)) // a camera's raw picture may lie in a video's container
        return false;
    if (beginsLikeVideo(textOf(bytes)))
        return true;
    return endsIn(path, {".mp4", ".m4v",  ".mov",  ".mkv", ".webm", ".avi", ".ts",  ".mts", ".m2ts", ".mpg", ".mpeg", ".vob",   ".flv",
                         ".ogv", ".ogg",  ".wmv",  ".asf", ".3gp",  ".3g2", ".mj2", ".gif", ".ivf",  ".obu", ".mjpg", ".mjpeg", ".h264",
                         ".264", ".hevc", ".h265", ".265", ".mxf",  ".dv",  ".y4m", ".nut", ".m2v",  ".mpv", ".wtv"});
}

} // namespace dscope
