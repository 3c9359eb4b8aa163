#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dscope {

/// What the first bytes of a picture file say, read without decoding a pixel, so that a file that claims a huge size is refused before
/// memory is taken.
struct PictureHeader {
    enum class Format { Jpeg, Png, WebP, Bmp, Tiff, Pnm };
    Format format = Format::Jpeg;
    std::int64_t width = 0; ///< as stored
    std::int64_t height = 0;
    int orientation = 1; ///< EXIF, of JPEG, PNG and WebP (OpenCV applies TIFF's own)
    int components = 3;  ///< of a JPEG
};

/// Reads the header of any format that readPicture knows; nothing for other bytes or a header cut short.
std::optional<PictureHeader> pictureHeader(std::span<const std::uint8_t> bytes);

/// "PNG" and so on, for messages.
const char *nameOf(PictureHeader::Format format);

/// The format that the first bytes are of (32 are enough); nothing for other bytes.
std::optional<PictureHeader::Format> beginningFormat(std::span<const std::uint8_t> bytes);
/// True if the bytes begin as one of these formats does (32 bytes are enough).
bool beginsLikePicture(const std::uint8_t *bytes, std::size_t size);

} // namespace dscope
