#include "core/media/video.h"

#include "core/base/inputfile.h"
#include "core/base/pictureheader.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

bool looksLikeVideo(const fs::path &path)
{
    const std::vector<std::uint8_t> bytes = firstBytes(path, 512);
    const std::size_t count = bytes.size();
    if (beginsLikePicture(bytes.data(), count))
        return false;
    const auto says = [&](std::size_t at, std::string_view text) {
        return at + text.size() <= count && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
    };
    if (says(4, "ftyp"))
        return !says(8, "heic") && !says(8, "heix") && !says(8, "mif1") && !says(8, "avif"); // still pictures in the same container
    if (says(0, "\x1A\x45\xDF\xA3") || (says(0, "RIFF") && says(8, "AVI ")) || says(0, "FLV\x01") || says(0, "OggS") || says(0, "GIF8") || says(0, "DKIF")
        || says(0, "YUV4MPEG2") || says(0, ".RMF") || says(0, "\x30\x26\xB2\x75") || says(4, "moov") || says(4, "mdat")
        || (count >= 4 && says(0, std::string_view("\0\0\1", 3)) && (bytes[3] == 0xBA || bytes[3] == 0xB3))
        || (count > 188 && bytes[0] == 0x47 && bytes[188] == 0x47))
        return true;
    static constexpr std::array<std::string_view, 30> known{".mp4",  ".m4v", ".mov", ".mkv",  ".webm",  ".avi",  ".ts",  ".mts",  ".m2ts", ".mpg",
                                                            ".mpeg", ".vob", ".flv", ".ogv",  ".ogg",   ".wmv",  ".asf", ".3gp",  ".3g2",  ".mj2",
                                                            ".gif",  ".ivf", ".obu", ".mjpg", ".mjpeg", ".h264", ".264", ".hevc", ".h265", ".265"};
    const std::string extension = extensionOf(path);
    return std::find(known.begin(), known.end(), extension) != known.end();
}

} // namespace dscope
