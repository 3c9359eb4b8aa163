// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/sheet.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/damage/canvas.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace dscope {

namespace {

/// Mixes a colour in where an ellipse lies. @param soft how many pixels its border takes
void ellipse(Canvas &canvas, double x, double y, double halfWidth, double halfHeight, const Colour &colour, double strength = 1, double soft = 1)
{
    for (int py = 0; py < canvas.height; ++py)
        for (int px = 0; px < canvas.width; ++px) {
            const double radius = std::hypot((px - x) / halfWidth, (py - y) / halfHeight);
            const auto share = static_cast<float>(strength * std::clamp(0.5 + (1 - radius) * std::min(halfWidth, halfHeight) / soft, 0.0, 1.0));
            for (std::size_t c = 0; c < 3; ++c)
                canvas.at(px, py)[c] += share * (colour[c] - canvas.at(px, py)[c]);
        }
}

/// Letters of 3 x 5 dots, a row after the other from the top left, the first in the highest of 15 bits.
std::uint16_t dotsOf(char letter)
{
    static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    static constexpr std::uint16_t dots[] = {0b010'101'111'101'101, 0b110'101'110'101'110, 0b011'100'100'100'011, 0b110'101'101'101'110, 0b111'100'110'100'111,
                                             0b111'100'110'100'100, 0b011'100'101'101'011, 0b101'101'111'101'101, 0b111'010'010'010'111, 0b001'001'001'101'010,
                                             0b101'101'110'101'101, 0b100'100'100'100'111, 0b101'111'111'101'101, 0b110'101'101'101'101, 0b010'101'101'101'010,
                                             0b110'101'110'100'100, 0b010'101'101'110'011, 0b110'101'110'101'101, 0b011'100'010'001'110, 0b111'010'010'010'010,
                                             0b101'101'101'101'111, 0b101'101'101'101'010, 0b101'101'111'111'101, 0b101'101'010'101'101, 0b101'101'010'010'010,
                                             0b111'001'010'100'111, 0b111'101'101'101'111, 0b010'110'010'010'111, 0b110'001'010'100'111, 0b110'001'010'001'110,
                                             0b101'101'111'001'001, 0b111'100'110'001'110, 0b011'100'110'101'010, 0b111'001'010'010'010, 0b010'101'010'101'010,
                                             0b010'101'011'001'110, 0b000'000'111'000'000, 0b000'000'000'000'010};
    const std::size_t at = letters.find(letter);
    return at == std::string_view::npos ? std::uint16_t{0} : dots[at];
}

constexpr int s_dot = 2; ///< pixels

void write(Picture &sheet, int left, int top, std::string_view text)
{
    for (const char letter : text) {
        for (int dot = 0; dot < 15; ++dot) {
            if ((dotsOf(letter) >> (14 - dot) & 1) == 0)
                continue;
            for (int y = 0; y < s_dot; ++y)
                std::fill_n(sheet.row(top + dot / 3 * s_dot + y) + 3 * (left + dot % 3 * s_dot), 3 * s_dot, std::uint8_t{40});
        }
        left += 4 * s_dot;
    }
}

void put(Picture &sheet, const Picture &picture, int left, int top)
{
    for (int y = 0; y < picture.height; ++y)
        std::copy_n(picture.row(y), 3 * picture.width, sheet.row(top + y) + 3 * left);
}

} // namespace

Picture drawnFace()
{
    const Colour skin{214, 168, 140};
    const Colour shade{150, 104, 84};
    const Colour hair{62, 44, 34};
    constexpr int side = alignedSide;
    Canvas canvas(side, side);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            float *p = canvas.at(x, y);
            p[0] = 96 + 0.4F * static_cast<float>(x);
            p[1] = 124 + 0.3F * static_cast<float>(y);
            p[2] = 140 + 0.2F * static_cast<float>(x);
        }
    ellipse(canvas, 56, 50, 50, 56, hair, 1, 2);
    ellipse(canvas, 56, 118, 60, 16, {70, 84, 130}, 1, 2);
    ellipse(canvas, 56, 104, 20, 22, shade);
    ellipse(canvas, 56, 62, 40, 48, skin, 1, 2);
    ellipse(canvas, 26, 70, 16, 26, shade, 0.45, 14);
    ellipse(canvas, 74, 40, 30, 22, {240, 205, 180}, 0.5, 24);
    ellipse(canvas, 32, 14, 30, 16, hair, 1, 4);
    ellipse(canvas, 82, 15, 26, 14, hair, 1, 4);
    for (const double eye : alignedParts::eyesX) {
        ellipse(canvas, eye, 50, 12, 8, shade, 0.4, 6);
        ellipse(canvas, eye, 41, 10, 2.2, hair, 0.9, 2);
        ellipse(canvas, eye, alignedParts::eyeY, 7.5, 3.8, {245, 242, 238});
        ellipse(canvas, eye, alignedParts::eyeY, 3.4, 3.4, {70, 100, 90});
        ellipse(canvas, eye, alignedParts::eyeY, 1.6, 1.6, {12, 12, 12});
        ellipse(canvas, eye + 1.2, 50.4, 0.8, 0.8, {255, 255, 255});
        ellipse(canvas, eye, 48, 8, 1.2, {60, 40, 34}, 0.8);
    }
    ellipse(canvas, 52, 62, 3, 13, shade, 0.4, 5);
    ellipse(canvas, 58, 64, 2.5, 11, {244, 212, 190}, 0.6, 5);
    ellipse(canvas, 56, 73, 8.5, 4.5, shade, 0.55, 4);
    ellipse(canvas, 52, 74, 1.8, 1.2, {80, 48, 40});
    ellipse(canvas, 60, 74, 1.8, 1.2, {80, 48, 40});
    ellipse(canvas, 56, 92, 15, 4.8, {176, 84, 82}, 1, 2);
    ellipse(canvas, 56, 91.4, 14, 0.9, {96, 40, 42});
    ellipse(canvas, 56, 100, 10, 2.5, shade, 0.5, 4);
    // Pores and strands, so that there is detail to lose.
    Random random(side); // a seed like another
    const std::vector<float> fine = smoothField(side, side, 1, random);
    const std::vector<float> strands = smoothField(side, 4 * side, 2, random);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            float *p = canvas.at(x, y);
            const auto at = static_cast<std::size_t>(side * y + x);
            const bool dark = p[0] < 100 && p[0] > p[2];
            const float detail = dark ? 44 * (strands[static_cast<std::size_t>(side * (y / 4) + x)] - 0.5F) : 12 * (fine[at] - 0.5F);
            for (int c = 0; c < 3; ++c)
                p[c] += detail;
        }
    return pictureOf(canvas);
}

Picture damageSheet(const Picture &picture, const std::vector<const DamageFamily *> &families, const std::vector<double> &severities, std::uint64_t seed)
{
    if (picture.width > 512 || picture.height > 512)
        throw Error("A picture for a table of damage may have 512 pixels a side, not " + std::to_string(picture.width) + " x " + std::to_string(picture.height)
                    + ".");
    constexpr int gap = 4;
    constexpr int label = 136;
    constexpr int head = 20;
    const int across = picture.width + gap;
    const int down = picture.height + gap;
    Picture sheet(label + across * static_cast<int>(severities.size() + 1), head + down * static_cast<int>(families.size()));
    std::fill(sheet.rgb.begin(), sheet.rgb.end(), std::uint8_t{255});
    write(sheet, label, 5, "clean");
    for (std::size_t s = 0; s < severities.size(); ++s)
        write(sheet, label + across * static_cast<int>(s + 1), 5, printed("%g", severities[s]));
    for (std::size_t f = 0; f < families.size(); ++f) {
        const int top = head + down * static_cast<int>(f);
        write(sheet, 4, top + std::max(0, picture.height / 2 - 5), families[f]->name);
        put(sheet, picture, label, top);
        for (std::size_t s = 0; s < severities.size(); ++s) {
            Random random(seed, f);
            put(sheet, damaged(picture, *families[f], severities[s], random), label + across * static_cast<int>(s + 1), top);
        }
    }
    return sheet;
}

std::string damageTable(const std::vector<const DamageFamily *> &families)
{
    std::string out = "| family | group | severity 0 ... 1 |\n|---|---|---|\n";
    for (const DamageFamily *family : families)
        out += "| `" + std::string(family->name) + "` | " + std::string(family->group) + " | " + std::string(family->range) + " |\n";
    return out;
}

} // namespace dscope
