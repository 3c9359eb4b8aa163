// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picturefile.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace dscope {

// Decoders of formats that OpenCV does not read, or in which it passes over damage, each by the library made for it; a build without that library lacks the
// function. The result is 8-bit RGB; alpha is left out as for PNG. @throws FileError

/// HEIC and AVIF, the primary picture, upright, by libheif.
Picture decodeHeif(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, PictureRemarks &remarks);
/// JPEG XL, the first picture, upright, by libjxl.
Picture decodeJxl(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, PictureRemarks &remarks);
/// TIFF, the directory that the header names, as it is stored, by libtiff.
Picture decodeTiff(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks);
/// PNM (PBM, PGM and PPM), as bytes or as text, whatever the largest value. OpenCV takes the values as they are, and those that are too large without a word.
Picture decodePnm(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks);
/// Whether a BMP says by masks where its colours lie in 16 or 32 bits. OpenCV reads few of these, and 32 bits as blue, green, red whatever the masks say.
bool hasBmpFields(std::span<const std::uint8_t> bytes);
/// Such a BMP.
Picture decodeBmpFields(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name);
/// WebP of one picture, by libwebp.
Picture decodeWebP(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks);
/// The first picture of an animated WebP, on its canvas, by libwebp.
Picture decodeAnimatedWebP(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);

/// Whether an ICC profile describes sRGB, by its name.
bool isSrgbProfile(std::span<const std::uint8_t> icc);
/// What to say of a picture in other colours.
inline constexpr const char *otherColours = "its colours are not sRGB (a wide gamut, as phones write, or HDR); they are used as they are stored.";

} // namespace dscope
