// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/normkernels.h"

#include "core/base/clones.h"

#include <algorithm>
#include <bit>
#include <numeric>

// Eight channels are half of a vector register. So a channel's figures are repeated to a pattern of `wide` values, a multiple of both the channels and
// 16, and the values are gone through a pattern at a time: every loop is over a fixed number of neighbours, whatever the channels.

namespace dscope {

std::int64_t normPattern(std::int64_t channels)
{
    constexpr std::int64_t vector = 16;
    const std::int64_t least = std::lcm(channels, vector);
    return least * std::max<std::int64_t>(1, 64 / least);
}

namespace {

#define DSCOPE_INLINE inline __attribute__((always_inline))

constexpr std::int64_t s_run = 256; // patterns between two additions to the doubles

DSCOPE_INLINE float load(float value)
{
    return value;
}
DSCOPE_INLINE float load(BFloat value)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}
DSCOPE_INLINE void store(float &to, float value)
{
    to = value;
}
DSCOPE_INLINE void store(BFloat &to, float value)
{
    // To the nearest, ties to even; a NaN stays one.
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    to.bits = static_cast<std::uint16_t>(value != value ? 0x7FC0U : rounded);
}

/// A channel's figures, repeated. On the stack, so that the compiler knows that nothing else points there.
struct Pattern {
    alignas(64) float v[normPatternMost];

    Pattern(const float *values, std::int64_t channels, std::int64_t wide, float otherwise = 0)
    {
        for (std::int64_t j = 0; j < wide; ++j)
            v[j] = values != nullptr ? values[j % channels] : otherwise;
    }
    void addTo(double *sum, std::int64_t channels, std::int64_t wide)
    {
        for (std::int64_t j = 0; j < wide; ++j) {
            sum[j % channels] += static_cast<double>(v[j]);
            v[j] = 0;
        }
    }
};

/// Calls `part(begin, wide)` for every whole pattern and then for what is left.
template<typename Part>
DSCOPE_INLINE void patterns(std::int64_t begin, std::int64_t end, std::int64_t wide, Part part)
{
    std::int64_t at = begin;
    if (wide == 64) {
        for (; at + 64 <= end; at += 64)
            part(at, std::integral_constant<std::int64_t, 64>());
    } else if (wide == 48) {
        for (; at + 48 <= end; at += 48)
            part(at, std::integral_constant<std::int64_t, 48>());
    } else {
        for (; at + wide <= end; at += wide)
            part(at, wide);
    }
    if (at < end)
        part(at, end - at);
}

/// The values in runs, after each of which `flush` takes the sums.
template<typename Part, typename Flush>
DSCOPE_INLINE void runs(std::int64_t count, std::int64_t wide, Part part, Flush flush)
{
    for (std::int64_t begin = 0; begin < count; begin += s_run * wide) {
        patterns(begin, std::min(count, begin + s_run * wide), wide, part);
        flush();
    }
}

template<typename T>
DSCOPE_INLINE void moments(const T *__restrict x, std::int64_t count, std::int64_t channels, const float *pivot, double *sum, double *squares)
{
    const std::int64_t wide = normPattern(channels);
    const Pattern middle(pivot, channels, wide);
    Pattern first(nullptr, channels, wide);
    Pattern second(nullptr, channels, wide);
    runs(
        count, wide,
        [&](std::int64_t at, auto width) __attribute__((always_inline)) {
            for (std::int64_t j = 0; j < width; ++j) {
                const float value = load(x[at + j]) - middle.v[j];
                first.v[j] += value;
                second.v[j] += value * value;
            }
        },
        [&] {
            first.addTo(sum, channels, wide);
            second.addTo(squares, channels, wide);
        });
}

template<typename T>
DSCOPE_INLINE void forwardPass(const T *__restrict x, const T *__restrict added, T *__restrict y, std::int64_t count, std::int64_t channels,
                               const NormLine &line)
{
    const std::int64_t wide = normPattern(channels);
    const Pattern scales(line.scale, channels, wide);
    const Pattern shifts(line.shift, channels, wide);
    const Pattern slopes(line.slope, channels, wide, 1);
    if (added == nullptr) {
        patterns(
            0, count, wide, [&](std::int64_t at, auto width) __attribute__((always_inline)) {
                for (std::int64_t j = 0; j < width; ++j) {
                    const float z = scales.v[j] * load(x[at + j]) + shifts.v[j];
                    store(y[at + j], z > 0 ? z : slopes.v[j] * z);
                }
            });
    } else {
        patterns(
            0, count, wide, [&](std::int64_t at, auto width) __attribute__((always_inline)) {
                for (std::int64_t j = 0; j < width; ++j) {
                    const float z = scales.v[j] * load(x[at + j]) + shifts.v[j];
                    store(y[at + j], (z > 0 ? z : slopes.v[j] * z) + load(added[at + j]));
                }
            });
    }
}

template<typename T>
DSCOPE_INLINE void gradientSums(const T *__restrict x, const T *__restrict gy, std::int64_t count, std::int64_t channels, const NormLine &line,
                                const float *pivot, double *sum, double *products, double *slopeSums)
{
    const std::int64_t wide = normPattern(channels);
    const Pattern scales(line.scale, channels, wide);
    const Pattern shifts(line.shift, channels, wide);
    const Pattern slopes(line.slope, channels, wide, 1);
    const Pattern middle(pivot, channels, wide);
    Pattern first(nullptr, channels, wide);
    Pattern second(nullptr, channels, wide);
    Pattern third(nullptr, channels, wide);
    if (line.slope == nullptr) {
        runs(
            count, wide,
            [&](std::int64_t at, auto width) __attribute__((always_inline)) {
                for (std::int64_t j = 0; j < width; ++j) {
                    const float g = load(gy[at + j]);
                    first.v[j] += g;
                    second.v[j] += g * (load(x[at + j]) - middle.v[j]);
                }
            },
            [&] {
                first.addTo(sum, channels, wide);
                second.addTo(products, channels, wide);
            });
        return;
    }
    runs(
        count, wide,
        [&](std::int64_t at, auto width) __attribute__((always_inline)) {
            for (std::int64_t j = 0; j < width; ++j) {
                const float value = load(x[at + j]);
                const float z = scales.v[j] * value + shifts.v[j];
                const float outer = load(gy[at + j]);
                const float g = z > 0 ? outer : slopes.v[j] * outer;
                first.v[j] += g;
                second.v[j] += g * (value - middle.v[j]);
                third.v[j] += z > 0 ? 0.F : outer * z;
            }
        },
        [&] {
            first.addTo(sum, channels, wide);
            second.addTo(products, channels, wide);
            third.addTo(slopeSums, channels, wide);
        });
}

template<typename T>
DSCOPE_INLINE void backwardPass(const T *__restrict x, const T *__restrict gy, T *__restrict gx, std::int64_t count, std::int64_t channels,
                                const NormLine &line, const float *factor, const float *offset)
{
    const std::int64_t wide = normPattern(channels);
    const Pattern scales(line.scale, channels, wide);
    const Pattern shifts(line.shift, channels, wide);
    const Pattern slopes(line.slope, channels, wide, 1);
    const Pattern factors(factor, channels, wide);
    const Pattern offsets(offset, channels, wide);
    patterns(
        0, count, wide, [&](std::int64_t at, auto width) __attribute__((always_inline)) {
            for (std::int64_t j = 0; j < width; ++j) {
                const float value = load(x[at + j]);
                const float z = scales.v[j] * value + shifts.v[j];
                const float outer = load(gy[at + j]);
                store(gx[at + j], scales.v[j] * (z > 0 ? outer : slopes.v[j] * outer) + (factors.v[j] * value + offsets.v[j]));
            }
        });
}

} // namespace

// target_clones wants plain functions: one of each for every type.
#define DSCOPE_NORM_KERNELS(T, name)                                                                                                                           \
    namespace {                                                                                                                                                \
    DSCOPE_CLONES_WIDE void name##Moments(const T *x, std::int64_t count, std::int64_t channels, const float *pivot, double *sum, double *squares)             \
    {                                                                                                                                                          \
        moments(x, count, channels, pivot, sum, squares);                                                                                                      \
    }                                                                                                                                                          \
    DSCOPE_CLONES_WIDE void name##Forward(const T *x, const T *added, T *y, std::int64_t count, std::int64_t channels, const NormLine &line)                   \
    {                                                                                                                                                          \
        forwardPass(x, added, y, count, channels, line);                                                                                                       \
    }                                                                                                                                                          \
    DSCOPE_CLONES_WIDE void name##Sums(const T *x, const T *gy, std::int64_t count, std::int64_t channels, const NormLine &line, const float *pivot,           \
                                       double *sum, double *products, double *slopes)                                                                          \
    {                                                                                                                                                          \
        gradientSums(x, gy, count, channels, line, pivot, sum, products, slopes);                                                                              \
    }                                                                                                                                                          \
    DSCOPE_CLONES_WIDE void name##Backward(const T *x, const T *gy, T *gx, std::int64_t count, std::int64_t channels, const NormLine &line,                    \
                                           const float *factor, const float *offset)                                                                           \
    {                                                                                                                                                          \
        backwardPass(x, gy, gx, count, channels, line, factor, offset);                                                                                        \
    }                                                                                                                                                          \
    }                                                                                                                                                          \
    template<>                                                                                                                                                 \
    void addMoments<T>(const T *x, std::int64_t count, std::int64_t channels, const float *pivot, double *sum, double *squares)                                \
    {                                                                                                                                                          \
        name##Moments(x, count, channels, pivot, sum, squares);                                                                                                \
    }                                                                                                                                                          \
    template<>                                                                                                                                                 \
    void applyNorm<T>(const T *x, const T *added, T *y, std::int64_t count, std::int64_t channels, const NormLine &line)                                       \
    {                                                                                                                                                          \
        name##Forward(x, added, y, count, channels, line);                                                                                                     \
    }                                                                                                                                                          \
    template<>                                                                                                                                                 \
    void addGradientSums<T>(const T *x, const T *gy, std::int64_t count, std::int64_t channels, const NormLine &line, const float *pivot, double *sum,         \
                            double *products, double *slopes)                                                                                                  \
    {                                                                                                                                                          \
        name##Sums(x, gy, count, channels, line, pivot, sum, products, slopes);                                                                                \
    }                                                                                                                                                          \
    template<>                                                                                                                                                 \
    void applyGradient<T>(const T *x, const T *gy, T *gx, std::int64_t count, std::int64_t channels, const NormLine &line, const float *factor,                \
                          const float *offset)                                                                                                                 \
    {                                                                                                                                                          \
        name##Backward(x, gy, gx, count, channels, line, factor, offset);                                                                                      \
    }

DSCOPE_NORM_KERNELS(float, float32)
DSCOPE_NORM_KERNELS(BFloat, bfloat16)

} // namespace dscope
