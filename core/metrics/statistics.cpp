// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/statistics.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

/// @param at the i-th value in ascending order
template<typename At>
double quantileOf(std::size_t count, double q, const At &at)
{
    if (count == 0)
        throw Error("The quantile of no values is undefined.");
    if (!(q >= 0 && q <= 1))
        throw Error("A quantile lies between 0 and 1.");
    const double position = q * static_cast<double>(count - 1);
    const auto below = static_cast<std::size_t>(std::floor(position));
    const std::size_t above = std::min(below + 1, count - 1);
    const double share = position - static_cast<double>(below);
    return share == 0 ? at(below) : at(below) + (at(above) - at(below)) * share;
}

} // namespace

double mean(std::span<const double> values)
{
    if (values.empty())
        throw Error("The mean of no values is undefined.");
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double populationDeviation(std::span<const double> values)
{
    const double middle = mean(values);
    double squares = 0;
    for (const double value : values)
        squares += (value - middle) * (value - middle);
    return std::sqrt(squares / static_cast<double>(values.size()));
}

double standardError(std::span<const double> values)
{
    if (values.size() < 2)
        throw Error("A standard error needs at least two values.");
    return populationDeviation(values) / std::sqrt(static_cast<double>(values.size() - 1)); // sqrt(n / (n - 1)) / sqrt(n)
}

double quantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return sortedQuantile(values, q);
}

double sortedQuantile(std::span<const double> ascending, double q)
{
    return quantileOf(ascending.size(), q, [ascending](std::size_t i) { return ascending[i]; });
}

double descendingQuantile(std::span<const float> descending, double q)
{
    return quantileOf(descending.size(), q, [descending](std::size_t i) { return static_cast<double>(descending[descending.size() - 1 - i]); });
}

std::vector<double> averageRanks(std::span<const double> values)
{
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
        throw Error("Values that are not numbers (NaN) have no rank.");
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        while (end < order.size() && values[order[end]] == values[order[begin]])
            ++end;
        for (std::size_t i = begin; i < end; ++i)
            ranks[order[i]] = static_cast<double>(begin + end + 1) / 2;
        begin = end;
    }
    return ranks;
}

double pearson(std::span<const double> a, std::span<const double> b)
{
    if (a.size() != b.size() || a.size() < 2)
        throw Error("A correlation needs two series of the same length, at least two; there are " + std::to_string(a.size()) + " and "
                    + std::to_string(b.size()) + " values.");
    const double meanA = mean(a);
    const double meanB = mean(b);
    double both = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        both += (a[i] - meanA) * (b[i] - meanB);
        squaresA += (a[i] - meanA) * (a[i] - meanA);
        squaresB += (b[i] - meanB) * (b[i] - meanB);
    }
    if (squaresA == 0 || squaresB == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return std::clamp(both / (std::sqrt(squaresA) * std::sqrt(squaresB)), -1.0, 1.0);
}

double spearman(std::span<const double> a, std::span<const double> b)
{
    return pearson(averageRanks(a), averageRanks(b));
}

std::vector<Interval> bootstrap(std::int64_t subjects, std::int64_t resamples, double level, Random &random, std::size_t count,
                                const std::function<void(std::span<const std::int32_t>, std::span<double>)> &statistics, Progress &progress)
{
    if (subjects <= 0 || resamples <= 0 || !(level > 0 && level < 1))
        throw Error("A bootstrap needs subjects, resamples, and a level between 0 and 1.");
    std::vector<std::vector<double>> values(count);
    std::vector<double> row(count);
    std::vector<std::int32_t> multiplicity(static_cast<std::size_t>(subjects));
    for (std::int64_t r = 0; r < resamples; ++r) {
        progress.checkpoint(r, resamples);
        std::fill(multiplicity.begin(), multiplicity.end(), 0);
        for (std::int64_t i = 0; i < subjects; ++i)
            ++multiplicity[random.below(static_cast<std::uint64_t>(subjects))];
        statistics(multiplicity, row);
        for (std::size_t s = 0; s < count; ++s)
            if (!std::isnan(row[s]))
                values[s].push_back(row[s]);
    }
    progress.checkpoint(resamples, resamples);
    std::vector<Interval> intervals;
    for (std::vector<double> &drawn : values) {
        if (drawn.empty())
            throw Error("No resample of the bootstrap gave a value; there are too few subjects (" + std::to_string(subjects) + ").");
        std::sort(drawn.begin(), drawn.end());
        const auto defined = static_cast<std::int64_t>(drawn.size());
        intervals.push_back({sortedQuantile(drawn, (1 - level) / 2), sortedQuantile(drawn, (1 + level) / 2), level, defined, resamples - defined});
    }
    return intervals;
}

Interval bootstrap(std::int64_t subjects, std::int64_t resamples, double level, Random &random,
                   const std::function<double(std::span<const std::int32_t>)> &statistic, Progress &progress)
{
    return bootstrap(
               subjects, resamples, level, random, 1,
               [&](std::span<const std::int32_t> multiplicity, std::span<double> values) { values[0] = statistic(multiplicity); }, progress)
        .front();
}

} // namespace dscope
