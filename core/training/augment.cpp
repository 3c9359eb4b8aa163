// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/augment.h"

#include "core/base/error.h"
#include "core/damage/canvas.h"
#include "core/tasks/alignedface.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

namespace dscope {

Picture mirrored(const Picture &picture)
{
    Picture out(picture.width, picture.height);
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t *in = picture.row(y) + 3 * (picture.width - 1);
        std::uint8_t *target = out.row(y);
        for (int x = 0; x < picture.width; ++x, in -= 3, target += 3)
            std::memcpy(target, in, 3);
    }
    return out;
}

namespace {

/// Another contrast and brightness, for every value a byte can have.
std::array<std::uint8_t, 256> relighting(Random &random)
{
    const double contrast = random.uniform(0.8, 1.2);
    const double brightness = random.uniform(-25, 25);
    std::array<std::uint8_t, 256> table;
    for (std::size_t v = 0; v < 256; ++v)
        table[v] = toByte(static_cast<float>((static_cast<double>(v) - 127.5) * contrast + 127.5 + brightness));
    return table;
}

} // namespace

Picture relit(const Picture &picture, Random &random)
{
    const std::array<std::uint8_t, 256> table = relighting(random);
    Picture out = picture;
    for (std::uint8_t &value : out.rgb)
        value = table[value];
    return out;
}

Clip changed(const Clip &clip, Random &random, const std::function<Picture(const Picture &, Random &)> &change)
{
    const Random before = random;
    std::vector<Picture> frames;
    for (const Picture &frame : clip) {
        Random own = before;
        frames.push_back(change(frame, frames.empty() ? random : own));
    }
    return Clip(std::move(frames));
}

Picture blended(const Picture &a, const Picture &b, Random &random)
{
    if (a.width != b.width || a.height != b.height)
        throw Error("Only pictures of one size can be blended.");
    Picture out(a.width, a.height);
    const bool halves = random.chance(0.5);
    const double share = random.uniform(0.3, 0.7);
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    const double dx = std::cos(angle);
    const double dy = std::sin(angle);
    const double offset = random.uniform(-15, 15) * a.width / alignedSide;
    const double seam = 8.0 * a.width / alignedSide;
    for (int y = 0; y < a.height; ++y)
        for (int x = 0; x < a.width; ++x) {
            double weight = share;
            if (halves)
                weight = std::clamp(0.5 + ((x - a.width / 2.0) * dx + (y - a.height / 2.0) * dy - offset) / (2 * seam), 0.0, 1.0);
            for (int c = 0; c < 3; ++c)
                out.row(y)[3 * x + c] = toByte(static_cast<float>(weight * a.row(y)[3 * x + c] + (1 - weight) * b.row(y)[3 * x + c]));
        }
    return out;
}

namespace {

/// A change of colours: where each channel is taken from, and by what it is multiplied.
struct Colouring {
    std::array<int, 3> from{0, 1, 2};
    std::array<double, 3> gain{1, 1, 1};
};

Colouring colouring(Random &random)
{
    Colouring made;
    if (!random.chance(0.75))
        return made;
    for (std::size_t c = 2; c > 0; --c)
        std::swap(made.from[c], made.from[static_cast<std::size_t>(random.below(c + 1))]);
    for (double &gain : made.gain)
        gain = random.uniform(0.6, 1.3);
    return made;
}

} // namespace

Picture recomposed(const Picture &a, const Picture &b, Random &random)
{
    if (a.width != b.width || a.height != b.height)
        throw Error("Only pictures of one size can be joined.");
    const Colouring upper = colouring(random);
    const Colouring lower = colouring(random);
    const double seam = random.uniform(0.33, 0.67) * a.height;
    const double soft = 0.03 * a.height;
    Picture out(a.width, a.height);
    for (int y = 0; y < a.height; ++y) {
        const double weight = std::clamp(0.5 + (seam - y) / (2 * soft), 0.0, 1.0);
        for (int x = 0; x < a.width; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                out.row(y)[3 * x + static_cast<int>(c)] = toByte(static_cast<float>(weight * upper.gain[c] * a.row(y)[3 * x + upper.from[c]]
                                                                                    + (1 - weight) * lower.gain[c] * b.row(y)[3 * x + lower.from[c]]));
    }
    return out;
}

} // namespace dscope
