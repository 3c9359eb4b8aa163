// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// An 8-bit RGB picture, rows packed without padding: pixel (x, y) begins at `rgb[3 * (y * width + x)]`.
/// The one form in which pictures cross between decoders, networks and the window.
struct Picture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;

    Picture() = default;
    /// A black picture. @throws Error if a side is not positive or the picture would exceed 2^30 bytes.
    Picture(int width, int height);

    bool empty() const noexcept { return rgb.empty(); }
    std::uint8_t *row(int y) { return rgb.data() + static_cast<std::size_t>(3) * width * y; }
    const std::uint8_t *row(int y) const { return rgb.data() + static_cast<std::size_t>(3) * width * y; }
    bool operator==(const Picture &) const = default;
};

/// A point in pixels of the picture it belongs to; (0, 0) is the centre of the first pixel.
struct Point {
    float x = 0;
    float y = 0;
    bool operator==(const Point &) const = default;
};

/// An axis-parallel box in pixels: left, top, width, height.
struct Box {
    float x = 0;
    float y = 0;
    float w = 0;
    float h = 0;
    bool operator==(const Box &) const = default;
};

/// Left eye, right eye, nose, left and right mouth corner, as seen in the picture (protocols.md, section 1).
using Landmarks = std::array<Point, 5>;

/// Decodes a baseline or progressive JPEG with libjpeg-turbo, without Qt or OpenCV (no EXIF rotation; core/image/reader.h does that).
/// @throws Error if the bytes are no JPEG, are damaged beyond use, or describe more than 2^28 pixels.
Picture decodeJpeg(const std::vector<std::uint8_t> &bytes);
/// The same from a file. @throws FileError
Picture readJpeg(const std::filesystem::path &path);
/// JPEG bytes of a picture, 4:2:0 at quality below 90 and 4:4:4 from 90 on.
std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality);

} // namespace dscope
