// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace dscope {

/// bfloat16 as it lies in memory: the upper half of a float.
struct BFloat {
    std::uint16_t bits;
};

/// What batch-norm does to a channel: z = scale x + shift, then, where `slope` is not null, PReLU: y = z > 0 ? z : slope z. All [channels].
struct NormLine {
    const float *scale;
    const float *shift;
    const float *slope; ///< or null
};

// Kernels on pictures that lie channels last: `count` values, a whole number of pixels of `channels` values each. float32 or bfloat16 in memory,
// float32 in between, sums in double over runs of some hundred float32 additions. Nothing here starts a thread.

/// The kernels' pattern for so many channels: the least multiple of them and of 16, repeated to about 64. @pre where they are called: at most
/// normPatternMost
std::int64_t normPattern(std::int64_t channels);
inline constexpr std::int64_t normPatternMost = 1024;

/// Adds sum(x - pivot) and sum((x - pivot)^2) to [channels] doubles each; a pivot near the mean keeps the variance's digits.
template<typename T>
void addMoments(const T *x, std::int64_t count, std::int64_t channels, const float *pivot, double *sum, double *squares);

/// y = PReLU(scale x + shift) (+ added, unless null).
template<typename T>
void applyNorm(const T *x, const T *added, T *y, std::int64_t count, std::int64_t channels, const NormLine &line);

/// With g = dL/dz, which is gy or, where z is not above 0, slope gy: adds sum(g), sum(g (x - pivot)) and, for PReLU, sum of gy z where z is not above 0.
template<typename T>
void addGradientSums(const T *x, const T *gy, std::int64_t count, std::int64_t channels, const NormLine &line, const float *pivot, double *sum,
                     double *products, double *slopes);

/// gx = scale g + factor x + offset, where `factor` and `offset` hold what passes through mean and variance.
template<typename T>
void applyGradient(const T *x, const T *gy, T *gx, std::int64_t count, std::int64_t channels, const NormLine &line, const float *factor, const float *offset);

} // namespace dscope
