#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// What the first bytes of a picture file say, read without decoding a pixel, so that a file that claims a huge size is refused before
/// memory is taken.
struct PictureHeader {
    enum class Format { Jpeg, Png, WebP, Bmp, Tiff, Pnm };
    Format format = Format::Jpeg;
    std::int64_t width = 0; ///< as stored
    std::int64_t height = 0;
    int orientation = 1;  ///< EXIF, of JPEG, PNG and WebP (OpenCV applies TIFF's own)
    int components = 3;   ///< of a JPEG
    bool complete = true; ///< false for a JPEG without its end marker
};

/// Reads the header of any format that readPicture knows; nothing for other bytes or a header cut short.
std::optional<PictureHeader> pictureHeader(const std::vector<std::uint8_t> &bytes);

/// True if the bytes begin as one of these formats does (16 bytes are enough).
bool beginsLikePicture(const std::uint8_t *bytes, std::size_t size);

} // namespace dscope
