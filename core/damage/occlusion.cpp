// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/kinds.h"
#include "core/damage/texture.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope::damage {

namespace {

/// In shares of the sides.
constexpr double s_eyeY = alignedParts::eyeY / alignedSide;
constexpr std::array<double, 2> s_eyesX{alignedParts::eyesX[0] / alignedSide, alignedParts::eyesX[1] / alignedSide};
constexpr double s_noseY = alignedParts::noseY / alignedSide;

/// 1 inside (negative), 0 outside, soft over a pixel.
double inside(double distance)
{
    return std::clamp(0.5 - distance, 0.0, 1.0);
}

} // namespace

Picture boxed(const Picture &in, double severity, Random &random)
{
    const double side = (24 + 68 * severity) / 2;
    const double halfWidth = side * random.uniform(0.8, 1.2) * in.width / alignedSide;
    const double halfHeight = side * random.uniform(0.8, 1.2) * in.height / alignedSide;
    const double angle = random.chance(0.5) ? random.uniform(-0.5, 0.5) : 0;
    const double placeX = random.uniform();
    const double placeY = random.uniform();
    // Inside the picture as far as it fits.
    const double middleX = halfWidth + placeX * std::max(0.0, in.width - 2 * halfWidth) - 0.5;
    const double middleY = halfHeight + placeY * std::max(0.0, in.height - 2 * halfHeight) - 0.5;
    const Texture texture(in, random);
    return covered(in, texture, [&](int x, int y) {
        const double u = (x - middleX) * std::cos(angle) + (y - middleY) * std::sin(angle);
        const double v = (y - middleY) * std::cos(angle) - (x - middleX) * std::sin(angle);
        return inside(std::max(std::abs(u) - halfWidth, std::abs(v) - halfHeight));
    });
}

Picture pieces(const Picture &in, double severity, Random &random)
{
    struct Piece {
        double x = 0;
        double y = 0;
        double radius = 0;
    };
    const std::uint64_t count = 2 + random.below(4);
    // Round pieces that overlap a little and stick out over the border: about .8 of their areas covers the picture.
    const double area = (0.05 + 0.55 * severity) / 0.8 * in.width * in.height / static_cast<double>(count);
    double x = random.uniform(0, in.width);
    double y = random.uniform(0, in.height);
    std::vector<Piece> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        const double radius = std::sqrt(area / std::numbers::pi) * random.uniform(0.8, 1.2);
        all.push_back({x, y, radius});
        const double angle = random.uniform(0, 2 * std::numbers::pi);
        x = std::clamp(x + 1.5 * radius * std::cos(angle), 0.0, static_cast<double>(in.width));
        y = std::clamp(y + 1.5 * radius * std::sin(angle), 0.0, static_cast<double>(in.height));
    }
    const Texture texture(in, random);
    const std::vector<float> ragged = smoothField(in.width, in.height, 9 * unitOf(in), random);
    return covered(in, texture, [&](int px, int py) {
        const double edge = 8 * unitOf(in) * (ragged[static_cast<std::size_t>(py) * static_cast<std::size_t>(in.width) + static_cast<std::size_t>(px)] - 0.5);
        double share = 0;
        for (const Piece &piece : all)
            share = std::max(share, inside(std::hypot(px - piece.x, py - piece.y) - piece.radius + edge));
        return share;
    });
}

Picture bars(const Picture &in, double severity, Random &random)
{
    const auto count = static_cast<std::size_t>(2 + random.below(5));
    const double half = geometric(2, 13, severity) * unitOf(in) / 2;
    const double angle = random.uniform(0, std::numbers::pi);
    const double across = in.width * std::abs(std::cos(angle)) + in.height * std::abs(std::sin(angle));
    struct Bar {
        double x = 0;
        double y = 0;
        double place = 0;
    };
    std::vector<Bar> all;
    for (std::size_t i = 0; i < count; ++i) {
        const double own = angle + random.uniform(-0.12, 0.12);
        const double place = ((static_cast<double>(i) + random.uniform(0.1, 0.9)) / static_cast<double>(count) - 0.5) * across;
        all.push_back({std::cos(own), std::sin(own), place});
    }
    const Texture texture(in, random);
    return covered(in, texture, [&](int x, int y) {
        double share = 0;
        for (const Bar &bar : all)
            share = std::max(share, inside(std::abs((x - in.width / 2.0) * bar.x + (y - in.height / 2.0) * bar.y - bar.place) - half));
        return share;
    });
}

Picture masked(const Picture &in, double severity, Random &random)
{
    const double tilt = random.uniform(-0.06, 0.06);
    const double middle = random.uniform(0.47, 0.53) * in.width;
    // From a tenth below the nose to a twentieth below the eyes.
    const double upper = (s_noseY + 0.1 + severity * (s_eyeY + 0.05 - s_noseY - 0.1)) * in.height;
    const double arch = random.uniform(0.02, 0.09) * in.height; // higher at the nose than at the cheeks
    const double halfWidth = random.uniform(0.34, 0.42) * in.width;
    const double folds = random.uniform(3, 7) * unitOf(in);
    static constexpr std::array<Colour, 5> usual{{{235, 238, 240}, {150, 190, 220}, {25, 25, 28}, {70, 80, 110}, {190, 150, 160}}};
    Colour colour = usual[random.below(usual.size())];
    for (float &c : colour)
        c += static_cast<float>(random.uniform(-15, 15));
    const bool patterned = random.chance(0.3);
    const Texture texture = patterned ? Texture(in, random) : Texture::cloth(in, colour, random);
    const Texture strap = Texture::cloth(in, {230, 230, 230}, random);
    const Picture cloth = covered(in, texture, [&](int x, int y) {
        const double across = (x - middle) / halfWidth;
        const double edge = upper + arch * across * across + tilt * (x - middle);
        // Narrower towards the chin.
        const double half = halfWidth * (1 - 0.25 * std::clamp((y - upper) / (in.height - upper + 1), 0.0, 1.0));
        return inside(std::max(edge - y, std::abs(x - middle) - half));
    });
    return covered(cloth, strap, [&](int x, int y) {
        // Folds as faint lines, and the ear loops from the upper corners.
        const double across = std::abs(x - middle) / halfWidth;
        const double edge = upper + arch * across * across + tilt * (x - middle);
        if (across <= 0.85 && y > edge + folds)
            return std::fmod(y - edge, 2 * folds) < std::max(1.0, unitOf(in)) ? 0.25 : 0.0;
        return across > 1 ? inside(std::abs(y - (upper + arch - 0.12 * (std::abs(x - middle) - halfWidth))) - 0.8 * unitOf(in)) : 0.0;
    });
}

Picture behindGlasses(const Picture &in, double severity, Random &random)
{
    const double unit = unitOf(in);
    const double through = 0.6 * (1 - severity);
    const double halfWidth = (9 + 10 * severity) * in.width / alignedSide;
    const double halfHeight = halfWidth * random.uniform(0.65, 0.95) * in.height / in.width;
    const double power = random.uniform(2, 5); // 2: round, 5: nearly a box
    const double tilt = random.uniform(-0.06, 0.06);
    const double drop = random.uniform(-2, 3) * unit;
    Colour tint;
    for (float &c : tint)
        c = static_cast<float>(random.uniform(5, 60));
    const bool glint = random.chance(0.6);
    const double glintAt = random.uniform(-0.5, 0.3);
    const double frame = random.uniform(1, 2.5) * unit;
    Picture out = in;
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            double lens = -1e9; // how far inside, in pixels or so
            double glow = 0;
            for (const double eye : s_eyesX) {
                const double u = (x - eye * in.width) / halfWidth;
                const double v = (y - s_eyeY * in.height - drop - tilt * (x - in.width / 2.0)) / halfHeight;
                const double depth = (1 - std::pow(std::pow(std::abs(u), power) + std::pow(std::abs(v), power), 1 / power)) * halfHeight;
                if (depth > lens) {
                    lens = depth;
                    glow = glint ? std::clamp(1 - 6 * std::abs(u + 0.6 * v - glintAt), 0.0, 1.0) : 0;
                }
            }
            const bool bridge = x > s_eyesX[0] * in.width && x < s_eyesX[1] * in.width
                && std::abs(y - s_eyeY * in.height - drop - tilt * (x - in.width / 2.0) + 0.3 * halfHeight) < frame;
            const bool arm = (x < s_eyesX[0] * in.width - halfWidth || x > s_eyesX[1] * in.width + halfWidth)
                && std::abs(y - s_eyeY * in.height - drop + 0.4 * halfHeight) < 0.7 * frame;
            const double share = std::clamp(lens + 0.5, 0.0, 1.0);
            for (int c = 0; c < 3; ++c) {
                std::uint8_t &value = out.row(y)[3 * x + c];
                const double colour = tint[static_cast<std::size_t>(c)];
                double seen = value;
                if (bridge || arm || (lens > -frame && lens <= 0))
                    seen = 0.3 * colour;
                if (share > 0)
                    seen += share * (through * value + (1 - through) * colour + glow * 140 * (0.3 + severity) - seen);
                value = toByte(static_cast<float>(seen));
            }
        }
    return out;
}

} // namespace dscope::damage
