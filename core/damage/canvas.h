// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dscope {

/// A colour between bytes: red, green, blue, 0 to 255, not clamped.
using Colour = std::array<float, 3>;

/// Pixels as numbers while something is done to them; rows as those of a Picture.
struct Canvas {
    int width = 0;
    int height = 0;
    std::vector<float> rgb;

    Canvas() = default;
    /// Black.
    Canvas(int columns, int rows)
        : width(columns), height(rows), rgb(static_cast<std::size_t>(3) * static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows))
    {
    }
    float *at(int x, int y) { return rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)); }
    const float *at(int x, int y) const
    {
        return rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
    }
};

Canvas canvasOf(const Picture &picture);
/// Clamped and rounded.
Picture pictureOf(const Canvas &canvas);
/// The same with every value taken through sRGB's curve first: `linear` is light, 0 to 255.
Canvas lightOf(const Picture &picture);
Picture pictureOfLight(const Canvas &light);

/// Rounded, and clamped to a byte.
std::uint8_t toByte(float value);
/// sRGB's transfer function and its inverse (IEC 61966-2-1), both on 0 to 255.
double toLight(double value);
double fromLight(double light);

/// What a length in pixels of an aligned face (alignedSide) is multiplied with in this picture: its shorter side in shares of that.
double unitOf(const Picture &picture);
/// From `mild` (severity 0) to `strong` (1) by equal factors.
double geometric(double mild, double strong, double severity);

/// The value between pixels, by straight lines; beyond the border the picture's outermost pixels go on.
Colour between(const Picture &picture, double x, double y);

/// A new value for each value of each channel.
using Curves = std::array<std::array<std::uint8_t, 256>, 3>;
Picture curved(const Picture &picture, const Curves &curves);

/// Random values in [0, 1] that vary smoothly over about `cell` pixels, row by row.
std::vector<float> smoothField(int width, int height, double cell, Random &random);

/// Numbers of mean 0 and deviation 1 with the shape of a bell: sums of four bytes, which cost a tenth of a normal draw. Within +-3.45.
class Bells {
public:
    explicit Bells(Random &random) : m_random(random) {}
    float next();

private:
    Random &m_random;
    std::uint64_t m_bits = 0;
    bool m_half = false;
};

} // namespace dscope
