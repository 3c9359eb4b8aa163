// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/resample.h"
#include "core/damage/canvas.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope::damage {

namespace {

Picture throughJpeg(const Picture &in, double quality)
{
    return decodeJpeg(encodeJpeg(in, std::clamp(static_cast<int>(std::lround(quality)), 1, 100)));
}

/// One colour's values, with sides that are multiples of 8: the last column and row go on.
struct Plane {
    int width = 0;
    int height = 0;
    std::vector<float> values;

    Plane(int wanted, int tall)
        : width((wanted + 7) / 8 * 8), height((tall + 7) / 8 * 8), values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height))
    {
    }
    float &at(int x, int y) { return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)]; }
    float at(int x, int y) const { return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)]; }
};

/// The orthonormal DCT-II of 8 values, row k the k-th basis function.
const std::array<std::array<float, 8>, 8> &basis()
{
    static const std::array<std::array<float, 8>, 8> rows = [] {
        std::array<std::array<float, 8>, 8> b;
        for (int k = 0; k < 8; ++k)
            for (int n = 0; n < 8; ++n)
                b[static_cast<std::size_t>(k)][static_cast<std::size_t>(n)] =
                    static_cast<float>(std::sqrt((k == 0 ? 1 : 2) / 8.0) * std::cos((2 * n + 1) * k * std::numbers::pi / 16));
        return b;
    }();
    return rows;
}

/// Transforms a block, quantises each coefficient with a dead zone of two thirds of a step to either side, and transforms it back.
void quantiseBlock(Plane &plane, int left, int top, float step)
{
    const auto &b = basis();
    std::array<std::array<float, 8>, 8> block{};
    std::array<std::array<float, 8>, 8> half{};
    for (std::size_t y = 0; y < 8; ++y)
        for (std::size_t k = 0; k < 8; ++k)
            for (std::size_t x = 0; x < 8; ++x)
                half[y][k] += b[k][x] * plane.at(left + static_cast<int>(x), top + static_cast<int>(y));
    for (std::size_t l = 0; l < 8; ++l)
        for (std::size_t k = 0; k < 8; ++k) {
            for (std::size_t y = 0; y < 8; ++y)
                block[l][k] += b[l][y] * half[y][k];
            const float level = std::floor(std::abs(block[l][k]) / step + 1.F / 3);
            block[l][k] = std::copysign(level * step, block[l][k]);
        }
    half = {};
    for (std::size_t y = 0; y < 8; ++y)
        for (std::size_t k = 0; k < 8; ++k)
            for (std::size_t l = 0; l < 8; ++l)
                half[y][k] += b[l][y] * block[l][k];
    for (std::size_t y = 0; y < 8; ++y)
        for (std::size_t x = 0; x < 8; ++x) {
            float value = 0;
            for (std::size_t k = 0; k < 8; ++k)
                value += b[k][x] * half[y][k];
            plane.at(left + static_cast<int>(x), top + static_cast<int>(y)) = value;
        }
}

/// Smooths the border between two blocks where the step across it is one that quantisation makes: values p2 p1 p0 | q0 q1 q2 along a line.
void smoothBorder(float *q0, std::ptrdiff_t along, float step)
{
    float &p0 = q0[-along];
    const float p1 = q0[-2 * along];
    const float p2 = q0[-3 * along];
    const float q1 = q0[along];
    const float q2 = q0[2 * along];
    if (std::abs(p0 - *q0) >= 0.7F * step || std::abs(p1 - p0) >= 0.25F * step || std::abs(q1 - *q0) >= 0.25F * step)
        return;
    const float left = p0;
    const float right = *q0;
    p0 = (p2 + 2 * p1 + 2 * left + 2 * right + q1) / 8;
    *q0 = (p1 + 2 * left + 2 * right + 2 * q1 + q2) / 8;
    q0[-2 * along] = (p2 + p1 + left + right) / 4;
    q0[along] = (q2 + q1 + left + right) / 4;
}

void quantisePlane(Plane &plane, float step)
{
    for (int top = 0; top < plane.height; top += 8)
        for (int left = 0; left < plane.width; left += 8)
            quantiseBlock(plane, left, top, step);
    for (int y = 0; y < plane.height; ++y)
        for (int x = 8; x < plane.width; x += 8)
            smoothBorder(&plane.at(x, y), 1, step);
    for (int y = 8; y < plane.height; y += 8)
        for (int x = 0; x < plane.width; ++x)
            smoothBorder(&plane.at(x, y), plane.width, step);
}

/// The full-range YCbCr of JPEG, minus the middle of each.
Colour toYcc(const std::uint8_t *p)
{
    const float y = 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
    return {y - 128, (p[2] - y) / 1.772F, (p[0] - y) / 1.402F};
}

} // namespace

Picture jpegCompressed(const Picture &in, double severity, Random &)
{
    return throughJpeg(in, 30 - 27 * severity);
}

Picture jpegTwice(const Picture &in, double severity, Random &random)
{
    const int dx = 1 + static_cast<int>(random.below(7));
    const int dy = 1 + static_cast<int>(random.below(7));
    const double quality = 40 - 36 * severity;
    const Picture once = throughJpeg(in, quality);
    Picture wider(in.width + dx, in.height + dy);
    for (int y = 0; y < wider.height; ++y)
        for (int x = 0; x < wider.width; ++x)
            std::copy_n(once.row(std::max(0, y - dy)) + 3 * std::max(0, x - dx), 3, wider.row(y) + 3 * x);
    const Picture twice = throughJpeg(wider, quality);
    Picture out(in.width, in.height);
    for (int y = 0; y < in.height; ++y)
        std::copy_n(twice.row(y + dy) + 3 * dx, 3 * in.width, out.row(y));
    return out;
}

Picture jpegHalved(const Picture &in, double severity, Random &)
{
    return resampled(throughJpeg(resampled(in, std::max(1, in.width / 2), std::max(1, in.height / 2)), 50 - 45 * severity), in.width, in.height);
}

Picture blockQuantised(const Picture &in, double severity, Random &)
{
    const auto step = static_cast<float>(geometric(14, 130, severity));
    Plane luma(in.width, in.height);
    const int halfWidth = (in.width + 1) / 2;
    const int halfHeight = (in.height + 1) / 2;
    Plane blue(halfWidth, halfHeight);
    Plane red(halfWidth, halfHeight);
    const auto pixel = [&](int x, int y) { return toYcc(in.row(std::min(y, in.height - 1)) + 3 * std::min(x, in.width - 1)); };
    for (int y = 0; y < luma.height; ++y)
        for (int x = 0; x < luma.width; ++x)
            luma.at(x, y) = pixel(x, y)[0];
    for (int y = 0; y < blue.height; ++y)
        for (int x = 0; x < blue.width; ++x)
            for (const int dy : {0, 1})
                for (const int dx : {0, 1}) {
                    const Colour c = pixel(2 * x + dx, 2 * y + dy);
                    blue.at(x, y) += c[1] / 4;
                    red.at(x, y) += c[2] / 4;
                }
    quantisePlane(luma, step);
    quantisePlane(blue, step);
    quantisePlane(red, step);
    Picture out(in.width, in.height);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            const float l = luma.at(x, y) + 128;
            const float b = blue.at(x / 2, y / 2);
            const float r = red.at(x / 2, y / 2);
            std::uint8_t *p = out.row(y) + 3 * x;
            p[0] = toByte(l + 1.402F * r);
            p[1] = toByte(l - 0.344136F * b - 0.714136F * r);
            p[2] = toByte(l + 1.772F * b);
        }
    return out;
}

} // namespace dscope::damage
