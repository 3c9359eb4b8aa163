// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/random.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dscope {

/// Arithmetic mean. @throws Error for no values
double mean(std::span<const double> values);
/// Population deviation (divides by n). @throws Error for no values
double populationDeviation(std::span<const double> values);
/// Standard error of the mean: sqrt(sum (x - mean)^2 / (n - 1)) / sqrt(n). @throws Error for fewer than two values
double standardError(std::span<const double> values);
/// The q-quantile, 0 <= q <= 1, interpolated linearly at position q (n - 1) of the ascending values. @throws Error for no values or another q
double quantile(std::vector<double> values, double q);
/// The same for values that are ascending already.
double sortedQuantile(std::span<const double> ascending, double q);
/// The same of values in descending order. @throws Error
double descendingQuantile(std::span<const float> descending, double q);
/// Ranks from 1, equal values share their average rank. @throws Error for NaN
std::vector<double> averageRanks(std::span<const double> values);
/// Pearson's correlation; NaN when one side does not vary. @throws Error if the sizes differ or there are fewer than two
double pearson(std::span<const double> a, std::span<const double> b);
/// Spearman's rank correlation: Pearson's on average ranks.
double spearman(std::span<const double> a, std::span<const double> b);

/// A bootstrap's outcome.
struct Interval {
    double low = 0;
    double high = 0;
    double level = 0.95;
    std::int64_t resamples = 0; ///< that gave a value
    std::int64_t undefined = 0; ///< that gave NaN (a resample without genuine pairs, say) and were left out
};

/// Percentile bootstrap over subjects (people, not pairs: pairs that share a person are not independent). Each resample draws `subjects`
/// of them with replacement and hands the multiplicity of each to `statistic`; the interval runs between the (1 - level) / 2 and
/// (1 + level) / 2 quantiles of what comes back.
/// @throws Error without subjects or resamples or when every resample was undefined; Cancelled
Interval bootstrap(std::int64_t subjects, std::int64_t resamples, double level, Random &random,
                   const std::function<double(std::span<const std::int32_t> multiplicity)> &statistic, Progress &progress);

/// The same for several statistics that share their resamples (so that differences between methods are paired). `statistics` fills the
/// values of one resample; there are `count` of them.
std::vector<Interval> bootstrap(std::int64_t subjects, std::int64_t resamples, double level, Random &random, std::size_t count,
                                const std::function<void(std::span<const std::int32_t> multiplicity, std::span<double> values)> &statistics,
                                Progress &progress);

} // namespace dscope
