#include "core/image/planescale.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace dscope {

namespace {

/// Where one output sample comes from along one axis: `count` input samples from `first` on, their weights from `weight` on.
struct Taps {
    int first = 0;
    int count = 0;
    std::size_t weight = 0;
};

/// Both passes work on integers: the vertical one keeps 12 bits below the level, the horizontal one weighs those with 12 bits, and all 32 are used.
constexpr int kBits = 12;

struct Axis {
    std::vector<Taps> taps;
    std::vector<std::uint32_t> weights; ///< of every output sample they add up to exactly 1 << kBits
    int most = 0;                       ///< taps of one output sample
};

/// Weights that add up to 1 become integers that add up to 1 << kBits; the largest takes what rounding left over.
void append(Axis &axis, int first, const std::vector<double> &exact)
{
    Taps taps{first, static_cast<int>(exact.size()), axis.weights.size()};
    int left = 1 << kBits;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const int rounded = static_cast<int>(std::lround(exact[i] * (1 << kBits)));
        axis.weights.push_back(static_cast<std::uint32_t>(rounded));
        left -= rounded;
        if (exact[i] > exact[largest])
            largest = i;
    }
    axis.weights[taps.weight + largest] += static_cast<std::uint32_t>(left);
    axis.taps.push_back(taps);
    axis.most = std::max(axis.most, taps.count);
}

/// The weights that samples of pixels have in output sample `i`. @return the first of them
int weightsOf(int from, int to, int i, std::vector<double> &exact)
{
    const double ratio = static_cast<double>(from) / to;
    exact.clear();
    if (to > from) {
        const double centre = std::clamp((i + 0.5) * ratio - 0.5, 0.0, from - 1.0);
        const int first = std::min(static_cast<int>(centre), std::max(0, from - 2));
        exact = {1 - (centre - first), centre - first};
        if (from == 1)
            exact = {1};
        return first;
    }
    const double begin = i * ratio;
    const double end = std::min<double>((i + 1) * ratio, from);
    const int first = std::min(static_cast<int>(begin + 1e-9), from - 1);
    for (int at = first; at < from && at < end - 1e-9; ++at)
        exact.push_back((std::min(end, at + 1.0) - std::max(begin, static_cast<double>(at))) / (end - begin));
    return first;
}

/// The weights of pixels handed on to the samples that two of them share: three quarters to a pixel's own, one to its other neighbour.
int shared(int first, int pixels, int samples, std::vector<double> &exact)
{
    const int last = first + static_cast<int>(exact.size()) - 1;
    const int lowest = std::max(0, (first - 1) / 2);
    std::vector<double> sums(static_cast<std::size_t>(std::min(samples - 1, (last + 1) / 2) - lowest + 1), 0);
    for (int at = first; at <= last; ++at) {
        const double weight = exact[static_cast<std::size_t>(at - first)];
        const int near = at / 2;
        const int far = at == pixels - 1 ? near : std::clamp(at % 2 == 0 ? near - 1 : near + 1, 0, samples - 1);
        sums[static_cast<std::size_t>(near - lowest)] += 0.75 * weight;
        sums[static_cast<std::size_t>(far - lowest)] += 0.25 * weight;
    }
    exact = std::move(sums);
    return lowest;
}

Axis axisOf(int samples, int pixels, int share, int to)
{
    Axis axis;
    std::vector<double> exact;
    for (int i = 0; i < to; ++i) {
        int first = weightsOf(share > 1 ? pixels : samples, to, i, exact);
        if (share > 1)
            first = shared(first, pixels, samples, exact);
        append(axis, first, exact);
    }
    return axis;
}

// Compiled once more for processors with wider vectors; the loader takes the one that fits. The loop is all integers, so the result is the same.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSCOPE_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define DSCOPE_WIDE
#endif

/// sums = or += weight * row
DSCOPE_WIDE void weigh(const std::uint8_t *row, std::uint32_t weight, std::size_t width, bool first, std::uint32_t *sums)
{
    if (first)
        for (std::size_t x = 0; x < width; ++x)
            sums[x] = weight * row[x];
    else
        for (std::size_t x = 0; x < width; ++x)
            sums[x] += weight * row[x];
}

std::uint8_t level(std::uint32_t value)
{
    return static_cast<std::uint8_t>((value + (1U << (2 * kBits - 1))) >> (2 * kBits));
}

/// The same number of taps everywhere (missing ones weigh nothing) lets the compiler unroll the sum.
template<int count>
void across(const Axis &rows, const std::uint32_t *sums, std::uint8_t *out)
{
    const std::uint32_t *weight = rows.weights.data();
    for (std::size_t x = 0; x < rows.taps.size(); ++x, weight += count) {
        const std::uint32_t *sample = sums + rows.taps[x].first;
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i)
            value += weight[i] * sample[i];
        out[x] = level(value);
    }
}

void acrossAny(const Axis &rows, const std::uint32_t *sums, std::uint8_t *out)
{
    for (std::size_t x = 0; x < rows.taps.size(); ++x) {
        const Taps &taps = rows.taps[x];
        std::uint32_t value = 0;
        for (int i = 0; i < taps.count; ++i)
            value += rows.weights[taps.weight + static_cast<std::size_t>(i)] * sums[taps.first + i];
        out[x] = level(value);
    }
}

/// Fills up every output sample's taps to the same number.
Axis even(const Axis &axis, int from)
{
    Axis result;
    result.most = axis.most;
    for (const Taps &taps : axis.taps) {
        const int first = std::min(taps.first, from - axis.most);
        result.taps.push_back({first, axis.most, result.weights.size()});
        for (int i = 0; i < axis.most; ++i) {
            const int own = first + i - taps.first;
            result.weights.push_back(own >= 0 && own < taps.count ? axis.weights[taps.weight + static_cast<std::size_t>(own)] : 0);
        }
    }
    return result;
}

} // namespace

void scalePlane(const PlaneView &from, int width, int height, std::uint8_t *out, const PlaneShare &share)
{
    const auto fits = [](int samples, int pixels, int each) { return each == 1 || (each == 2 && samples == (pixels + 1) / 2 && pixels > 0); };
    if (!fits(from.width, share.pictureWidth, share.across) || !fits(from.height, share.pictureHeight, share.down))
        throw Error("A plane's samples do not share out the picture's pixels.");
    if (from.width < 1 || from.height < 1 || width < 1 || height < 1)
        throw Error("A plane of " + std::to_string(from.width) + "x" + std::to_string(from.height) + " samples cannot be brought to "
                    + std::to_string(width) + "x" + std::to_string(height) + ".");
    const Axis columns = axisOf(from.height, share.pictureHeight, share.down, height);
    const Axis rows = even(axisOf(from.width, share.pictureWidth, share.across, width), from.width);
    const auto pass = rows.most == 1 ? across<1> : rows.most == 2 ? across<2> : rows.most == 3 ? across<3> : rows.most == 4 ? across<4> : rows.most == 5 ? across<5> : acrossAny;
    std::vector<std::uint32_t> sums(static_cast<std::size_t>(from.width));
    for (int y = 0; y < height; ++y) {
        const Taps &down = columns.taps[static_cast<std::size_t>(y)];
        for (int i = 0; i < down.count; ++i)
            weigh(from.data + from.stride * (down.first + i), columns.weights[down.weight + static_cast<std::size_t>(i)], sums.size(), i == 0, sums.data());
        pass(rows, sums.data(), out + static_cast<std::size_t>(width) * y);
    }
}

} // namespace dscope
