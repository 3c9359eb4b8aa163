// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/planescale.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace dscope {

namespace {

/// The bicubic filter at -1.75, -0.75, 0.25 and 1.25 samples.
constexpr std::array<double, 4> kCubic{-0.028125, 0.240625, 0.871875, -0.084375};

/// Where one output sample comes from along one axis: `count` input samples from `first` on, their weights from `weight` on.
struct Taps {
    int first = 0;
    int count = 0;
    std::size_t weight = 0;
};

struct Axis {
    std::vector<Taps> taps;
    std::vector<float> weights; ///< of every output sample they add up to 1
    int most = 0;               ///< taps of one output sample
};

void append(Axis &axis, int first, const std::vector<double> &exact)
{
    axis.taps.push_back({first, static_cast<int>(exact.size()), axis.weights.size()});
    axis.weights.insert(axis.weights.end(), exact.begin(), exact.end());
    axis.most = std::max(axis.most, static_cast<int>(exact.size()));
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

/// The weights of pixels handed on to the samples that two of them share: a pixel's centre lies a quarter of a sample beside its own sample's.
int shared(int first, int pixels, int samples, std::vector<double> &exact)
{
    const int last = first + static_cast<int>(exact.size()) - 1;
    const int lowest = std::max(0, first / 2 - 2);
    std::vector<double> sums(static_cast<std::size_t>(std::min(samples - 1, last / 2 + 2) - lowest + 1), 0);
    for (int at = first; at <= last; ++at)
        for (int i = 0; i < 4; ++i) {
            const int away = at == pixels - 1 && pixels % 2 == 1 ? 0 : at % 2 == 0 ? i - 2 : 2 - i; // an odd side's last pixel has a sample for itself
            sums[static_cast<std::size_t>(std::clamp(at / 2 + away, 0, samples - 1) - lowest)] +=
                kCubic[static_cast<std::size_t>(i)] * exact[static_cast<std::size_t>(at - first)];
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

// Compiled once more for processors with wider vectors; the loader takes the one that fits. Each sum keeps its order, so the result is the same.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSCOPE_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define DSCOPE_WIDE
#endif

/// sums = or += weight * row
DSCOPE_WIDE void weigh(const std::uint8_t *row, float weight, std::size_t width, bool first, float *sums)
{
    if (first)
        for (std::size_t x = 0; x < width; ++x)
            sums[x] = weight * static_cast<float>(row[x]);
    else
        for (std::size_t x = 0; x < width; ++x)
            sums[x] += weight * static_cast<float>(row[x]);
}

/// Eight output rows side by side: what the compiler makes one vector of, or two.
using Lanes = float __attribute__((vector_size(4 * PlaneScaler::kRows), aligned(4), may_alias));

/// The same number of taps everywhere; missing ones weigh nothing.
DSCOPE_WIDE void across(const Axis &rows, const float *sums, float *out)
{
    const float *weight = rows.weights.data();
    const int count = rows.most;
    for (const Taps &taps : rows.taps) {
        const Lanes *sample = reinterpret_cast<const Lanes *>(sums) + taps.first;
        Lanes value = weight[0] * sample[0];
        for (int i = 1; i < count; ++i)
            value += weight[i] * sample[i];
        *reinterpret_cast<Lanes *>(out) = value;
        out += PlaneScaler::kRows;
        weight += count;
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
            result.weights.push_back(own >= 0 && own < taps.count ? axis.weights[taps.weight + static_cast<std::size_t>(own)] : 0.F);
        }
    }
    return result;
}

} // namespace

namespace {

/// Two pixels a sample. @param samples with two more before and behind @param out 2 * count levels
DSCOPE_WIDE void twice(const float *__restrict samples, std::size_t count, float *__restrict out)
{
    constexpr auto a = static_cast<float>(kCubic[0]), b = static_cast<float>(kCubic[1]), c = static_cast<float>(kCubic[2]), d = static_cast<float>(kCubic[3]);
    for (std::size_t i = 0; i < count; ++i) {
        out[2 * i] = a * samples[i] + b * samples[i + 1] + c * samples[i + 2] + d * samples[i + 3];
        out[2 * i + 1] = a * samples[i + 4] + b * samples[i + 3] + c * samples[i + 2] + d * samples[i + 1];
    }
}

void checkShare(const PlaneView &from, const PlaneShare &share)
{
    const auto fits = [](int samples, int pixels, int each) { return each == 1 || (each == 2 && samples == (pixels + 1) / 2 && pixels > 0); };
    if (from.width < 1 || from.height < 1 || !fits(from.width, share.pictureWidth, share.across) || !fits(from.height, share.pictureHeight, share.down))
        throw Error("A plane of " + std::to_string(from.width) + "x" + std::to_string(from.height) + " samples does not share out its picture's pixels.");
}

} // namespace

PlaneRows::PlaneRows(const PlaneView &from, const PlaneShare &share) : m_from(from), m_share(share)
{
    checkShare(from, share);
    m_column.resize(static_cast<std::size_t>(from.width) + 4);
}

void PlaneRows::row(int y, float *out)
{
    const std::size_t count = static_cast<std::size_t>(m_from.width);
    float *const column = m_share.across == 2 ? m_column.data() + 2 : out;
    const auto weighed = [&](int row, double weight, bool first) {
        weigh(m_from.data + m_from.stride * std::clamp(row, 0, m_from.height - 1), static_cast<float>(weight), count, first, column);
    };
    const bool own = m_share.down == 1 || (y == m_share.pictureHeight - 1 && m_share.pictureHeight % 2 == 1);
    if (own)
        weighed(m_share.down == 1 ? y : y / 2, 1, true);
    else
        for (int i = 0; i < 4; ++i)
            weighed(y / 2 + (y % 2 == 0 ? i - 2 : 2 - i), kCubic[static_cast<std::size_t>(i)], i == 0);
    if (m_share.across == 1)
        return;
    for (std::size_t i = 1; i <= 2; ++i) {
        column[-static_cast<std::ptrdiff_t>(i)] = column[0];
        column[count - 1 + i] = column[count - 1];
    }
    twice(m_column.data(), count, out);
    if (m_share.pictureWidth % 2 == 1)
        out[m_share.pictureWidth - 1] = column[count - 1];
}

struct PlaneScaler::Private {
    PlaneView from;
    Axis columns;
    Axis rows;
    std::vector<float> column; ///< one row, weighed from top to bottom
    std::vector<float> sums;   ///< eight of them, sample by sample
};

PlaneScaler::PlaneScaler(const PlaneView &from, int width, int height, const PlaneShare &share)
{
    checkShare(from, share);
    if (width < 1 || height < 1)
        throw Error("A plane of " + std::to_string(from.width) + "x" + std::to_string(from.height) + " samples cannot be brought to " + std::to_string(width)
                    + "x" + std::to_string(height) + ".");
    d = std::make_unique<Private>();
    d->from = from;
    d->columns = axisOf(from.height, share.pictureHeight, share.down, height);
    d->rows = even(axisOf(from.width, share.pictureWidth, share.across, width), from.width);
    d->column.resize(static_cast<std::size_t>(from.width));
    d->sums.resize(d->column.size() * kRows);
}

PlaneScaler::~PlaneScaler() = default;

void PlaneScaler::rows(int y, float *out)
{
    const int last = static_cast<int>(d->columns.taps.size()) - 1;
    for (int row = 0; row < kRows; ++row) {
        const Taps &down = d->columns.taps[static_cast<std::size_t>(std::min(y + row, last))];
        for (int i = 0; i < down.count; ++i)
            weigh(d->from.data + d->from.stride * (down.first + i), d->columns.weights[down.weight + static_cast<std::size_t>(i)], d->column.size(), i == 0,
                  d->column.data());
        float *to = d->sums.data() + row;
        for (const float value : d->column) {
            *to = value;
            to += kRows;
        }
    }
    across(d->rows, d->sums.data(), out);
}

void scalePlane(const PlaneView &from, int width, int height, float *out, const PlaneShare &share)
{
    PlaneScaler scaler(from, width, height, share);
    std::vector<float> some(static_cast<std::size_t>(width) * PlaneScaler::kRows);
    for (int y = 0; y < height; y += PlaneScaler::kRows) {
        scaler.rows(y, some.data());
        for (int row = 0; row < std::min(PlaneScaler::kRows, height - y); ++row)
            for (int x = 0; x < width; ++x)
                out[static_cast<std::size_t>(y + row) * width + x] = some[static_cast<std::size_t>(PlaneScaler::kRows * x + row)];
    }
}

} // namespace dscope
