// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/actionscene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope {

namespace {

constexpr int s_ground = 256;       ///< pixels along a side
constexpr int s_sprite = 64;        ///< the same of an object
constexpr double s_spriteSize = 21; ///< its mean radius there
constexpr int s_one = 1 << 16;      ///< of positions within an object

/// Random values at the corners of a lattice, with straight lines between them; it repeats itself.
class Lattice {
public:
    /// @param size of the whole, pixels @param cell a divisor of it
    Lattice(int size, int cell, Random &random) : m_cells(size / cell), m_cell(cell), m_values(static_cast<std::size_t>(m_cells * m_cells))
    {
        for (double &value : m_values)
            value = random.uniform(-1, 1);
    }
    double at(int x, int y) const
    {
        const double u = static_cast<double>(x % m_cell) / m_cell;
        const double v = static_cast<double>(y % m_cell) / m_cell;
        const int left = x / m_cell;
        const int top = y / m_cell;
        return (1 - v) * ((1 - u) * value(left, top) + u * value(left + 1, top)) + v * ((1 - u) * value(left, top + 1) + u * value(left + 1, top + 1));
    }

private:
    double value(int column, int row) const { return m_values[static_cast<std::size_t>(row % m_cells * m_cells + column % m_cells)]; }

    int m_cells;
    int m_cell;
    std::vector<double> m_values;
};

std::uint8_t level(double value)
{
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// A colour that is not what `low` and `high` leave out.
std::array<double, 3> drawnColour(Random &random, double low, double high)
{
    std::array<double, 3> colour{};
    for (double &channel : colour)
        channel = random.uniform(low, high);
    return colour;
}

std::int64_t fixed(double value)
{
    return std::llround(value * s_one);
}

} // namespace

ActionGround::ActionGround(Random &random) : m_rgb(static_cast<std::size_t>(s_ground) * s_ground * 3)
{
    const Lattice coarse(s_ground, 32, random);
    const Lattice middle(s_ground, 16, random);
    const Lattice fine(s_ground, 8, random);
    const std::array<double, 3> colour = drawnColour(random, 70, 180);
    const std::array<double, 3> tint = drawnColour(random, -20, 20);
    const double contrast = random.uniform(15, 45);
    for (int y = 0; y < s_ground; ++y)
        for (int x = 0; x < s_ground; ++x) {
            const double broad = coarse.at(x, y);
            const double pattern = 0.5 * broad + 0.3 * middle.at(x, y) + 0.2 * fine.at(x, y);
            std::uint8_t *pixel = m_rgb.data() + 3 * (static_cast<std::size_t>(y) * s_ground + static_cast<std::size_t>(x));
            for (std::size_t c = 0; c < 3; ++c)
                pixel[c] = level(colour[c] + contrast * pattern + tint[c] * broad);
        }
}

void ActionGround::paint(Picture &picture, double x, double y) const
{
    // The part of a pixel by which the ground is shifted is the same for the whole picture.
    constexpr int parts = 256;
    const std::int64_t left = std::llround(x * parts);
    const std::int64_t top = std::llround(y * parts);
    const auto u = static_cast<unsigned>(left & (parts - 1));
    const auto v = static_cast<unsigned>(top & (parts - 1));
    const unsigned w00 = (parts - u) * (parts - v);
    const unsigned w10 = u * (parts - v);
    const unsigned w01 = (parts - u) * v;
    const unsigned w11 = u * v;
    constexpr std::int64_t wrap = s_ground - 1;
    for (int row = 0; row < picture.height; ++row) {
        const std::uint8_t *upper = m_rgb.data() + 3 * s_ground * (((top >> 8) + row) & wrap);
        const std::uint8_t *lower = m_rgb.data() + 3 * s_ground * (((top >> 8) + row + 1) & wrap);
        std::uint8_t *out = picture.row(row);
        for (int column = 0; column < picture.width; ++column, out += 3) {
            const std::int64_t a = 3 * (((left >> 8) + column) & wrap);
            const std::int64_t b = 3 * (((left >> 8) + column + 1) & wrap);
            for (std::int64_t c = 0; c < 3; ++c)
                out[c] = static_cast<std::uint8_t>((w00 * upper[a + c] + w10 * upper[b + c] + w01 * lower[a + c] + w11 * lower[b + c] + 0x8000U) >> 16);
        }
    }
}

ActionObject::ActionObject(double radius, double opacity, Random &random) : m_radius(radius), m_rgba(static_cast<std::size_t>(s_sprite) * s_sprite * 4)
{
    const Lattice coarse(s_sprite, 16, random);
    const Lattice fine(s_sprite, 8, random);
    const std::array<double, 3> colour = drawnColour(random, 30, 225);
    const std::array<double, 3> other = drawnColour(random, 30, 225);
    std::array<double, 3> bulge{};
    std::array<double, 3> phase{};
    for (std::size_t k = 0; k < bulge.size(); ++k) {
        bulge[k] = random.uniform(0.05, 0.2);
        phase[k] = random.uniform(0, 2 * std::numbers::pi);
    }
    constexpr double middle = (s_sprite - 1) / 2.0;
    for (int y = 0; y < s_sprite; ++y)
        for (int x = 0; x < s_sprite; ++x) {
            const double dx = x - middle;
            const double dy = y - middle;
            const double angle = std::atan2(dy, dx);
            double edge = 1;
            for (std::size_t k = 0; k < bulge.size(); ++k)
                edge += bulge[k] * std::cos(static_cast<double>(k + 1) * angle + phase[k]);
            // Two colours in bands across it, in which its own pattern stands.
            const double band = 0.5 + 0.5 * std::sin(0.28 * dx + phase[0]);
            const double pattern = 45 * coarse.at(x, y) + 35 * fine.at(x, y);
            std::uint8_t *pixel = m_rgba.data() + 4 * (static_cast<std::size_t>(y) * s_sprite + static_cast<std::size_t>(x));
            for (std::size_t c = 0; c < 3; ++c)
                pixel[c] = level(band * colour[c] + (1 - band) * other[c] + pattern);
            const double inside = std::min(s_spriteSize * edge - std::hypot(dx, dy), middle - 1 - std::hypot(dx, dy)); // pixels to the edge
            pixel[3] = level(255 * opacity * std::clamp(0.5 + inside / 2, 0.0, 1.0));
        }
}

void ActionObject::paint(Picture &picture, const ActionPose &pose) const
{
    const double size = m_radius * pose.scale; // pixels
    if (size < 0.5)
        return;
    const double step = s_spriteSize / size;
    const double reach = (s_sprite / 2.0) / step;
    const int left = std::max(0, static_cast<int>(std::floor(pose.x - reach)));
    const int right = std::min(picture.width - 1, static_cast<int>(std::ceil(pose.x + reach)));
    const int top = std::max(0, static_cast<int>(std::floor(pose.y - reach)));
    const int bottom = std::min(picture.height - 1, static_cast<int>(std::ceil(pose.y + reach)));
    const double middle = (s_sprite - 1) / 2.0;
    const double cosine = std::cos(pose.angle) * step;
    const double sine = std::sin(pose.angle) * step;
    const std::int64_t du = fixed(cosine);
    const std::int64_t dv = fixed(-sine);
    constexpr std::int64_t most = static_cast<std::int64_t>(s_sprite - 1) * s_one;
    for (int y = top; y <= bottom; ++y) {
        std::int64_t u = fixed(cosine * (left - pose.x) + sine * (y - pose.y) + middle);
        std::int64_t v = fixed(-sine * (left - pose.x) + cosine * (y - pose.y) + middle);
        std::uint8_t *out = picture.row(y) + 3 * left;
        for (int x = left; x <= right; ++x, u += du, v += dv, out += 3) {
            if (u < 0 || v < 0 || u >= most || v >= most)
                continue;
            const std::uint8_t *at = m_rgba.data() + 4 * ((v >> 16) * s_sprite + (u >> 16));
            const auto a = static_cast<unsigned>((u >> 8) & 255);
            const auto b = static_cast<unsigned>((v >> 8) & 255);
            const auto between = [&](int c) {
                return ((256 - a) * (256 - b) * at[c] + a * (256 - b) * at[4 + c] + (256 - a) * b * at[4 * s_sprite + c] + a * b * at[4 * s_sprite + 4 + c]
                        + 0x8000U)
                    >> 16;
            };
            const unsigned alpha = between(3);
            if (alpha == 0)
                continue;
            for (int c = 0; c < 3; ++c)
                out[c] = static_cast<std::uint8_t>((alpha * between(c) + (255 - alpha) * out[c] + 127) / 255);
        }
    }
}

ActionSensor::ActionSensor(double gain, double sigma)
{
    for (std::size_t v = 0; v < m_gained.size(); ++v)
        m_gained[v] = level(gain * static_cast<double>(v));
    // A sum of twelve uniform numbers is a normal one nearly enough, and needs no function of the C library.
    constexpr std::size_t count = 4096;
    Random random(0x5E4502ULL);
    m_noise.resize(count);
    for (std::int8_t &value : m_noise) {
        double sum = -6;
        for (int i = 0; i < 12; ++i)
            sum += random.uniform();
        value = static_cast<std::int8_t>(std::clamp(std::lround(sigma * sum), -127L, 127L));
    }
}

void ActionSensor::expose(Picture &picture, Random &random) const
{
    constexpr int draws = 5; // of 12 bits each in one number
    std::uint64_t bits = 0;
    int left = 0;
    for (std::uint8_t &value : picture.rgb) {
        if (left == 0) {
            bits = random.next();
            left = draws;
        }
        const int noisy = m_gained[value] + m_noise[bits & 4095];
        bits >>= 12;
        --left;
        value = static_cast<std::uint8_t>(std::clamp(noisy, 0, 255));
    }
}

} // namespace dscope
