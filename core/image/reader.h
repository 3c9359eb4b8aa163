// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picturefile.h"

#include <filesystem>

namespace dscope {

// readPicture() is core/base/picturefile.h's; what decodes all but JPEG (OpenCV, libtiff, libwebp and so on) is registered by reader.cpp in every program that
// links this library.

/// Writes by the extension: .png or .jpg. Atomic. @throws FileError
void writePicture(const std::filesystem::path &path, const Picture &picture, int jpegQuality = 95);
/// The picture shrunk (area filter) or enlarged (bilinear) to exactly this size.
Picture resized(const Picture &picture, int width, int height);

} // namespace dscope
