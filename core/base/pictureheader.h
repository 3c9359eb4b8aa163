// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What the first bytes of a picture file say, read without decoding a pixel, so that a file that claims a huge size is refused before
/// memory is taken.
struct PictureHeader {
    enum class Format { Jpeg, Png, WebP, Bmp, Tiff, Pnm, Heic, Avif, Jxl };
    Format format = Format::Jpeg;
    std::int64_t width = 0; ///< as stored; 0 for HEIC, AVIF and JPEG XL, whose decoders tell it before they decode
    std::int64_t height = 0;
    int orientation = 1; ///< EXIF's, else XMP's, of JPEG, PNG, WebP and TIFF (the decoders of the others apply theirs)
    int components = 3;  ///< of a JPEG
    /// What decoding takes, without the file: measured with the decoders of Debian 12, and a little more. Of a JPEG its decoder knows it precisely; 0 also
    /// where the decoder tells the size.
    double bytesPerPixel = 0;
    std::uint64_t further = 0;      ///< bytes of it that do not depend on the number of pixels: a TIFF's strip or tile
    std::size_t directory = 0;      ///< of a TIFF: where the directory of the picture to be read begins
    bool animated = false;          ///< a WebP of several pictures, which are stored as differences
    std::string refused;            ///< why it cannot be read although its header can, as the end of a sentence; else empty
    std::vector<std::string> notes; ///< what is left out of what the file holds, a sentence each
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
