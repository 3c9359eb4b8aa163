// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/canvas.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <cmath>

namespace dscope {

std::uint8_t toByte(float value)
{
    return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.F, 255.F));
}

double toLight(double value)
{
    const double v = value / 255;
    return 255 * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
}

double fromLight(double light)
{
    const double l = std::clamp(light / 255, 0.0, 1.0);
    return 255 * (l <= 0.0031308 ? 12.92 * l : 1.055 * std::pow(l, 1 / 2.4) - 0.055);
}

Canvas canvasOf(const Picture &picture)
{
    Canvas canvas(picture.width, picture.height);
    std::copy(picture.rgb.begin(), picture.rgb.end(), canvas.rgb.begin());
    return canvas;
}

Picture pictureOf(const Canvas &canvas)
{
    Picture picture(canvas.width, canvas.height);
    std::transform(canvas.rgb.begin(), canvas.rgb.end(), picture.rgb.begin(), toByte);
    return picture;
}

Canvas lightOf(const Picture &picture)
{
    static const std::array<float, 256> table = [] {
        std::array<float, 256> values;
        for (std::size_t v = 0; v < 256; ++v)
            values[v] = static_cast<float>(toLight(static_cast<double>(v)));
        return values;
    }();
    Canvas canvas(picture.width, picture.height);
    std::transform(picture.rgb.begin(), picture.rgb.end(), canvas.rgb.begin(), [](std::uint8_t v) { return table[v]; });
    return canvas;
}

Picture pictureOfLight(const Canvas &light)
{
    // The byte whose light is nearest, found among the borders between two bytes: no power per pixel.
    static const std::array<float, 255> borders = [] {
        std::array<float, 255> values;
        for (std::size_t v = 0; v < 255; ++v)
            values[v] = static_cast<float>(toLight(static_cast<double>(v) + 0.5));
        return values;
    }();
    Picture picture(light.width, light.height);
    std::transform(light.rgb.begin(), light.rgb.end(), picture.rgb.begin(),
                   [](float l) { return static_cast<std::uint8_t>(std::upper_bound(borders.begin(), borders.end(), l) - borders.begin()); });
    return picture;
}

double unitOf(const Picture &picture)
{
    return std::min(picture.width, picture.height) / static_cast<double>(alignedSide);
}

double geometric(double mild, double strong, double severity)
{
    return mild * std::pow(strong / mild, severity);
}

Colour between(const Picture &picture, double x, double y)
{
    x = std::clamp(x, 0.0, picture.width - 1.0);
    y = std::clamp(y, 0.0, picture.height - 1.0);
    const int left = static_cast<int>(x);
    const int top = static_cast<int>(y);
    const int right = std::min(left + 1, picture.width - 1);
    const int bottom = std::min(top + 1, picture.height - 1);
    const auto u = static_cast<float>(x - left);
    const auto v = static_cast<float>(y - top);
    Colour colour;
    for (int c = 0; c < 3; ++c) {
        const float above = (1 - u) * picture.row(top)[3 * left + c] + u * picture.row(top)[3 * right + c];
        const float below = (1 - u) * picture.row(bottom)[3 * left + c] + u * picture.row(bottom)[3 * right + c];
        colour[static_cast<std::size_t>(c)] = (1 - v) * above + v * below;
    }
    return colour;
}

Picture curved(const Picture &picture, const Curves &curves)
{
    Picture out = picture;
    for (std::size_t i = 0; i < out.rgb.size(); ++i)
        out.rgb[i] = curves[i % 3][out.rgb[i]];
    return out;
}

std::vector<float> smoothField(int width, int height, double cell, Random &random)
{
    cell = std::max(cell, 1.0);
    const int columns = static_cast<int>((width - 1) / cell) + 2;
    const int rows = static_cast<int>((height - 1) / cell) + 2;
    std::vector<float> grid(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
    for (float &value : grid)
        value = static_cast<float>(random.uniform());
    const auto soft = [](double t) { return static_cast<float>(t * t * (3 - 2 * t)); };
    std::vector<float> field;
    field.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        const int row = static_cast<int>(y / cell);
        const float v = soft(y / cell - row);
        for (int x = 0; x < width; ++x) {
            const int column = static_cast<int>(x / cell);
            const float u = soft(x / cell - column);
            const float *corner = grid.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) + column;
            const float above = corner[0] + u * (corner[1] - corner[0]);
            const float below = corner[columns] + u * (corner[columns + 1] - corner[columns]);
            field.push_back(above + v * (below - above));
        }
    }
    return field;
}

float Bells::next()
{
    // The sum of four uniform bytes has mean 510 and deviation sqrt(4 (256^2 - 1) / 12).
    static const float scale = static_cast<float>(1 / std::sqrt(4 * (65536.0 - 1) / 12));
    if (!m_half)
        m_bits = m_random.next();
    else
        m_bits >>= 32;
    m_half = !m_half;
    const auto sum = static_cast<float>((m_bits & 255) + (m_bits >> 8 & 255) + (m_bits >> 16 & 255) + (m_bits >> 24 & 255));
    return (sum - 510) * scale;
}

} // namespace dscope
