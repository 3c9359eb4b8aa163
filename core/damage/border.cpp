// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/border.h"

#include "core/damage/canvas.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace dscope {

namespace {

using Mask = std::vector<std::uint8_t>;

/// A pixel by its column and row.
struct Place {
    int x = 0;
    int y = 0;
};

/// Of every pixel the nearest one (nearly: by two sweeps of offsets, Danielsson 1980) whose entry in `nothing` is 0. Empty where there is none.
std::vector<Place> nearestSomething(const Mask &nothing, int width, int height)
{
    constexpr int far = 1 << 20;
    if (std::all_of(nothing.begin(), nothing.end(), [](std::uint8_t n) { return n != 0; }))
        return {};
    std::vector<Place> offset(nothing.size());
    const auto index = [width](int x, int y) { return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x); };
    for (std::size_t i = 0; i < nothing.size(); ++i)
        offset[i] = nothing[i] != 0 ? Place{far, far} : Place{};
    const auto length = [](const Place &p) { return std::int64_t{p.x} * p.x + std::int64_t{p.y} * p.y; };
    const auto look = [&](int x, int y, int dx, int dy) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height)
            return;
        const Place other = offset[index(x + dx, y + dy)];
        const Place through{other.x + dx, other.y + dy};
        if (other.x != far && length(through) < length(offset[index(x, y)]))
            offset[index(x, y)] = through;
    };
    for (const int down : {1, -1}) {
        for (int step = 0; step < height; ++step) {
            const int y = down > 0 ? step : height - 1 - step;
            for (int x = 0; x < width; ++x)
                for (const Place d : {Place{-1, 0}, Place{0, -down}, Place{-1, -down}, Place{1, -down}})
                    look(x, y, d.x, d.y);
            for (int x = width - 1; x >= 0; --x)
                look(x, y, 1, 0);
        }
    }
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            Place &p = offset[index(x, y)];
            p = {x + p.x, y + p.y};
        }
    return offset;
}

void goOn(Picture &picture, const Mask &nothing)
{
    const std::vector<Place> nearest = nearestSomething(nothing, picture.width, picture.height);
    if (nearest.empty()) {
        std::fill(picture.rgb.begin(), picture.rgb.end(), std::uint8_t{0});
        return;
    }
    for (std::size_t at = 0; at < nothing.size(); ++at)
        if (nothing[at] != 0)
            std::copy_n(picture.row(nearest[at].y) + 3 * nearest[at].x, 3, picture.rgb.data() + 3 * at);
}

/// Mirrors the photograph at its sides into the wedge, as far as what is mirrored lies in the picture. @return what is still to be filled
Mask mirrorInto(Picture &picture, const Wedge &wedge)
{
    // The outermost pixels were mixed with black.
    constexpr double inward = 1;
    const auto mirrored = [](double value, double low, double high) { return value < low ? 2 * low - value : value > high ? 2 * high - value : value; };
    const Picture from = picture;
    Mask rest = wedge.mask;
    std::size_t at = 0;
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x, ++at) {
            if (wedge.mask[at] == 0)
                continue;
            const double u = mirrored(x * wedge.cosine + y * wedge.sine, wedge.left + inward, wedge.right - inward);
            const double v = mirrored(y * wedge.cosine - x * wedge.sine, wedge.top + inward, wedge.bottom - inward);
            const double sx = u * wedge.cosine - v * wedge.sine;
            const double sy = v * wedge.cosine + u * wedge.sine;
            if (!(sx > -0.5 && sy > -0.5 && sx < picture.width - 0.5 && sy < picture.height - 0.5))
                continue;
            const auto nearest =
                static_cast<std::size_t>(std::lround(sy)) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(std::lround(sx));
            if (wedge.mask[nearest] != 0)
                continue;
            const Colour colour = between(from, sx, sy);
            for (std::size_t c = 0; c < 3; ++c)
                picture.rgb[3 * at + c] = toByte(colour[c]);
            rest[at] = 0;
        }
    return rest;
}

/// Black pixels that are connected to the border, by their sides.
Mask blackFromBorder(const Picture &picture)
{
    constexpr std::uint8_t black = 16;
    const int width = picture.width;
    const int height = picture.height;
    Mask mask(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    std::vector<Place> open;
    const auto visit = [&](int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height)
            return;
        std::uint8_t &entry = mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
        const std::uint8_t *pixel = picture.row(y) + 3 * x;
        if (entry != 0 || std::max({pixel[0], pixel[1], pixel[2]}) > black)
            return;
        entry = 1;
        open.push_back({x, y});
    };
    for (int x = 0; x < width; ++x)
        for (const int y : {0, height - 1})
            visit(x, y);
    for (int y = 0; y < height; ++y)
        for (const int x : {0, width - 1})
            visit(x, y);
    while (!open.empty()) {
        const Place p = open.back();
        open.pop_back();
        visit(p.x - 1, p.y);
        visit(p.x + 1, p.y);
        visit(p.x, p.y - 1);
        visit(p.x, p.y + 1);
    }
    return mask;
}

/// The outermost pixels in each row that are something: at least six of the nine around them are. What their hull is made of.
std::vector<Place> outline(const Mask &black, int width, int height)
{
    const auto something = [&](int x, int y) {
        int count = 0;
        for (int py = std::max(0, y - 1); py <= std::min(height - 1, y + 1); ++py)
            for (int px = std::max(0, x - 1); px <= std::min(width - 1, x + 1); ++px)
                count += black[static_cast<std::size_t>(py) * static_cast<std::size_t>(width) + static_cast<std::size_t>(px)] == 0 ? 1 : 0;
        const int around = (std::min(width - 1, x + 1) - std::max(0, x - 1) + 1) * (std::min(height - 1, y + 1) - std::max(0, y - 1) + 1);
        return 3 * count >= 2 * around;
    };
    std::vector<Place> points;
    for (int y = 0; y < height; ++y) {
        int first = 0;
        while (first < width && !something(first, y))
            ++first;
        if (first == width)
            continue;
        int last = width - 1;
        while (!something(last, y))
            --last;
        points.push_back({first, y});
        if (last != first)
            points.push_back({last, y});
    }
    return points;
}

/// Upper (-1) or lower (+1) half of the convex hull, as the rows' borders at every column: a pixel is inside between the two.
std::vector<double> hullSide(std::vector<Place> points, int width, int sign)
{
    std::sort(points.begin(), points.end(), [&](const Place &a, const Place &b) { return a.x != b.x ? a.x < b.x : sign * a.y > sign * b.y; });
    std::vector<Place> hull;
    for (const Place &p : points) {
        if (!hull.empty() && hull.back().x == p.x)
            continue; // the outer one came first
        while (hull.size() > 1) {
            const Place &a = hull[hull.size() - 2];
            const Place &b = hull.back();
            const std::int64_t cross = std::int64_t{b.x - a.x} * (p.y - a.y) - std::int64_t{b.y - a.y} * (p.x - a.x);
            if (sign * cross < 0)
                break;
            hull.pop_back();
        }
        hull.push_back(p);
    }
    const double outside = sign > 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    std::vector<double> border(static_cast<std::size_t>(width), outside);
    for (std::size_t i = 0; i < hull.size(); ++i) {
        border[static_cast<std::size_t>(hull[i].x)] = hull[i].y;
        if (i + 1 < hull.size())
            for (int x = hull[i].x + 1; x < hull[i + 1].x; ++x)
                border[static_cast<std::size_t>(x)] =
                    hull[i].y + static_cast<double>(hull[i + 1].y - hull[i].y) * (x - hull[i].x) / (hull[i + 1].x - hull[i].x);
    }
    return border;
}

/// Pixels more than half a one outside of the hull.
std::int64_t outsideHull(const std::vector<Place> &points, int width, int height)
{
    const std::vector<double> top = hullSide(points, width, -1);
    const std::vector<double> bottom = hullSide(points, width, 1);
    std::int64_t count = 0;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            count += y < top[static_cast<std::size_t>(x)] - 0.5 || y > bottom[static_cast<std::size_t>(x)] + 0.5 ? 1 : 0;
    return count;
}

/// The smallest rectangle at an angle (in radians) around all points.
Wedge around(double angle, const std::vector<Place> &points)
{
    constexpr double far = std::numeric_limits<double>::infinity();
    Wedge w{{}, std::cos(angle), std::sin(angle), far, -far, far, -far};
    for (const Place &p : points) {
        const double u = p.x * w.cosine + p.y * w.sine;
        const double v = p.y * w.cosine - p.x * w.sine;
        w.left = std::min(w.left, u);
        w.right = std::max(w.right, u);
        w.top = std::min(w.top, v);
        w.bottom = std::max(w.bottom, v);
    }
    return w;
}

/// Whether a pixel's middle lies more than half a pixel outside of the rectangle.
bool outside(const Wedge &w, int x, int y)
{
    const double u = x * w.cosine + y * w.sine;
    const double v = y * w.cosine - x * w.sine;
    return u < w.left - 0.5 || u > w.right + 0.5 || v < w.top - 0.5 || v > w.bottom + 0.5;
}

/// How many of every `step`-th pixel both ways are.
std::int64_t outsideOf(const Wedge &w, int width, int height, int step)
{
    std::int64_t count = 0;
    for (int y = 0; y < height; y += step)
        for (int x = 0; x < width; x += step)
            count += outside(w, x, y) ? 1 : 0;
    return count;
}

/// Moves the sides that cut nothing off the picture to infinity: there is nothing to mirror at.
void openUncutSides(Wedge &w, int width, int height)
{
    double left = 0;
    double right = 0;
    double top = 0;
    double bottom = 0;
    for (const Place corner : {Place{0, 0}, Place{width - 1, 0}, Place{0, height - 1}, Place{width - 1, height - 1}}) {
        const double u = corner.x * w.cosine + corner.y * w.sine;
        const double v = corner.y * w.cosine - corner.x * w.sine;
        left = std::max(left, w.left - u);
        right = std::max(right, u - w.right);
        top = std::max(top, w.top - v);
        bottom = std::max(bottom, v - w.bottom);
    }
    constexpr double far = std::numeric_limits<double>::infinity();
    w.left = left > 0.5 ? w.left : -far;
    w.right = right > 0.5 ? w.right : far;
    w.top = top > 0.5 ? w.top : -far;
    w.bottom = bottom > 0.5 ? w.bottom : far;
}

/// The bounding rectangle at the angle at which most of the picture lies outside of it.
Wedge tightest(const std::vector<Place> &points, int width, int height)
{
    // Of neighbouring angles that do as well as each other the one in their middle.
    const auto best = [&](double from, double by, int count, int step) {
        std::int64_t most = -1;
        int first = 0;
        int last = 0;
        for (int i = 0; i < count; ++i) {
            const std::int64_t now = outsideOf(around((from + i * by) * std::numbers::pi / 180, points), width, height, step);
            if (now > most) {
                most = now;
                first = i;
            }
            if (now == most && (first == i || last == i - 1))
                last = i;
        }
        return from + by * (first + last) / 2;
    };
    const double near = best(-45, 1, 90, 2);
    return around(best(near - 1, 0.125, 17, 1) * std::numbers::pi / 180, points);
}

} // namespace

Fill drawFill(Random &random)
{
    return static_cast<Fill>(random.below(5));
}

void fill(Picture &picture, const std::vector<std::uint8_t> &nothing, Fill how, Random &random)
{
    if (how == Fill::Reflected || how == Fill::Replicated) {
        goOn(picture, nothing);
        return;
    }
    std::uint32_t flat = how == Fill::Flat ? static_cast<std::uint32_t>(random.below(1U << 24)) : 0;
    for (std::size_t i = 0; i < nothing.size(); ++i) {
        if (nothing[i] == 0)
            continue;
        if (how == Fill::Noise)
            flat = static_cast<std::uint32_t>(random.next() >> 40);
        for (std::size_t c = 0; c < 3; ++c)
            picture.rgb[3 * i + c] = static_cast<std::uint8_t>(flat >> 8 * c & 255);
    }
}

std::optional<Wedge> blackWedge(const Picture &picture)
{
    if (picture.width < 8 || picture.height < 8)
        return {};
    const int width = picture.width;
    const int height = picture.height;
    const Mask black = blackFromBorder(picture);
    const auto area = static_cast<std::int64_t>(black.size());
    const std::int64_t least = std::max<std::int64_t>(8, area / 100);
    if (std::count(black.begin(), black.end(), 1) < least)
        return {};
    const std::vector<Place> points = outline(black, width, height);
    if (points.size() < 3)
        return {};
    Wedge photograph = tightest(points, width, height);
    const std::int64_t explained = outsideOf(photograph, width, height, 1);
    if (explained < least || 10 * explained < 8 * outsideHull(points, width, height))
        return {};
    openUncutSides(photograph, width, height);
    photograph.mask.resize(black.size());
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            // The pixels beside it were mixed with it; where the photograph's side is the picture's own, nothing was.
            bool any = outside(photograph, x, y);
            for (const Place d : {Place{-1, 0}, Place{1, 0}, Place{0, -1}, Place{0, 1}})
                any = any || (x + d.x >= 0 && x + d.x < width && y + d.y >= 0 && y + d.y < height && outside(photograph, x + d.x, y + d.y));
            photograph.mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] = any ? 1 : 0;
        }
    return photograph;
}

Picture wedgeFilled(const Picture &picture, Random &random)
{
    const Fill how = drawFill(random);
    Random own(random.next());
    const auto wedge = blackWedge(picture);
    if (!wedge)
        return picture;
    Picture out = picture;
    fill(out, how == Fill::Reflected ? mirrorInto(out, *wedge) : wedge->mask, how, own);
    return out;
}

} // namespace dscope
