#pragma once

#include "core/base/picture.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dscope {

// Decoders of formats that OpenCV does not read, each by the library made for it; a build without that library lacks the function. The result is upright 8-bit
// RGB; alpha is left out as for PNG. `notes` takes what is not read or not converted, a sentence each. @throws FileError

/// HEIC and AVIF, the primary picture, by libheif.
Picture decodeHeif(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::vector<std::string> &notes);
/// JPEG XL, the first picture, by libjxl.
Picture decodeJxl(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::vector<std::string> &notes);
/// The first picture of an animated WebP, on its canvas, by libwebp.
Picture decodeAnimatedWebP(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);

/// Whether an ICC profile describes sRGB, by its name.
bool isSrgbProfile(std::span<const std::uint8_t> icc);
/// What to say of a picture in other colours.
inline constexpr const char *otherColours = "its colours are not sRGB (a wide gamut, as phones write, or HDR); they are used as they are stored.";

} // namespace dscope
