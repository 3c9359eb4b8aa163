#pragma once

#include "core/base/picture.h"

#include <filesystem>

namespace dscope {

/// Reads any picture file OpenCV reads (JPEG, PNG, WebP, BMP, TIFF, PNM) as upright RGB: EXIF rotation applied, grey and alpha turned to RGB.
/// @throws FileError if it is no picture, damaged, larger than 2^27 pixels, or too large a file.
Picture readPicture(const std::filesystem::path &path);
/// Writes by the extension: .png or .jpg. Atomic. @throws FileError
void writePicture(const std::filesystem::path &path, const Picture &picture, int jpegQuality = 95);
/// The picture shrunk (area filter) or enlarged (bilinear) to exactly this size.
Picture resized(const Picture &picture, int width, int height);
/// True for extensions that readPicture knows.
bool looksLikePicture(const std::filesystem::path &path);

} // namespace dscope
