// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/prefix.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope {

namespace {
constexpr std::size_t s_stride = 8;
constexpr double s_rounding = 1e-12;

AggregateOptions ddl(bool normaliseFeatures, bool rescaleOverWhole)
{
    AggregateOptions options;
    options.normaliseFeatures = normaliseFeatures;
    options.rescaleOverWhole = rescaleOverWhole;
    return options;
}
} // namespace

PrefixAggregate::PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, bool normaliseFeatures,
                                 bool rescaleOverWhole)
    : PrefixAggregate(features, dim, dScores, ddl(normaliseFeatures, rescaleOverWhole))
{
}

PrefixAggregate::PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options)
    : PrefixAggregate(features, dim, dScores, dScores, options)
{
}

PrefixAggregate::PrefixAggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, std::span<const float> second,
                                 const AggregateOptions &options)
    : m_dim(static_cast<std::size_t>(std::max<std::int64_t>(dim, 0))), m_rescaleOverWhole(options.rescaleOverWhole),
      m_relative(options.method == Aggregator::Ddl)
{
    if (options.method != Aggregator::Ddl && options.method != Aggregator::DdlNoRescale && options.method != Aggregator::DdlPlus)
        throw Error("Prefix sums serve ddl, ddl-no-rescale and ddl+, not " + name(options.method) + ".");
    const std::size_t n = dScores.size();
    if (n == 0)
        throw Error("A group without elements has no representation.");
    if (m_dim == 0 || features.size() != n * m_dim)
        throw Error("A group needs one feature of " + std::to_string(dim) + " values for each of its " + std::to_string(n) + " D-scores; there are "
                    + std::to_string(features.size()) + " values.");
    const bool twoStage = second.data() != dScores.data();
    if (second.size() != n)
        throw Error("There are " + std::to_string(second.size()) + " second scores for " + std::to_string(n) + " elements.");
    if (twoStage && options.rescaleOverWhole)
        throw Error("A second score cannot be re-scaled over the whole group: elements that do not go through the base have none.");
    for (std::size_t i = 0; i < n; ++i)
        if (!std::isfinite(dScores[i]) || !std::isfinite(second[i]))
            throw Error("The " + std::string(std::isfinite(dScores[i]) ? "second score" : "D-score") + " of element " + std::to_string(i)
                        + " is not a finite number.");

    m_order.resize(n);
    std::iota(m_order.begin(), m_order.end(), std::int64_t{0});
    std::stable_sort(m_order.begin(), m_order.end(),
                     [&](std::int64_t a, std::int64_t b) { return dScores[static_cast<std::size_t>(a)] > dScores[static_cast<std::size_t>(b)]; });
    m_scores.reserve(n);
    m_features.reserve(n * m_dim);
    for (const std::int64_t i : m_order) {
        m_scores.push_back(dScores[static_cast<std::size_t>(i)]);
        const auto row = features.subspan(static_cast<std::size_t>(i) * m_dim, m_dim);
        m_features.insert(m_features.end(), row.begin(), row.end());
        if (options.normaliseFeatures) {
            double squares = 0;
            for (const float value : row)
                squares += static_cast<double>(value) * static_cast<double>(value);
            m_lengths.push_back(squares > 0 ? std::sqrt(squares) : 1.0);
        }
    }

    m_plain.resize((n / s_stride + 1) * m_dim);
    m_weighted.resize(m_plain.size());
    m_factorSums.assign(n + 1, 0.0);
    // The best by D always has a part; the best by another score need not have one.
    const double largest = twoStage ? 0.0 : static_cast<double>(m_scores[0]);
    for (std::size_t i = 0; i < n; ++i) {
        auto d = static_cast<double>(second[static_cast<std::size_t>(m_order[i])]);
        if (twoStage && options.method == Aggregator::DdlNoRescale)
            d = std::max(0.0, d); // as aggregateTwoStage() does
        if (twoStage && m_relative)
            m_lows.push_back(m_lows.empty() ? largest - d : std::max(m_lows.back(), largest - d));
        m_factors.push_back(m_relative ? largest - d : options.method == Aggregator::DdlPlus ? ddlPlusWeight(d, options.plusMiddle, options.plusPower) : d);
        m_factorSums[i + 1] = m_factorSums[i] + m_factors[i];
    }
    for (std::size_t block = 1; block <= n / s_stride; ++block) {
        // sums() finds the block before in place and adds one stride to it: kept - 1 lies in that block.
        std::vector<double> plain(m_dim);
        std::vector<double> weighted(m_dim);
        sums(block * s_stride - 1, plain, weighted);
        const std::size_t last = block * s_stride - 1;
        const double scale = m_lengths.empty() ? 1.0 : 1.0 / m_lengths[last];
        const double e = m_factors[last];
        for (std::size_t d = 0; d < m_dim; ++d) {
            const double value = static_cast<double>(m_features[last * m_dim + d]) * scale;
            m_plain[block * m_dim + d] = plain[d] + value;
            m_weighted[block * m_dim + d] = weighted[d] + e * value;
        }
    }
}

void PrefixAggregate::sums(std::size_t kept, std::span<double> plain, std::span<double> weighted) const
{
    const std::size_t block = kept / s_stride;
    std::copy_n(m_plain.begin() + static_cast<std::ptrdiff_t>(block * m_dim), m_dim, plain.begin());
    std::copy_n(m_weighted.begin() + static_cast<std::ptrdiff_t>(block * m_dim), m_dim, weighted.begin());
    for (std::size_t i = block * s_stride; i < kept; ++i) {
        const double scale = m_lengths.empty() ? 1.0 : 1.0 / m_lengths[i];
        const double e = m_factors[i];
        const float *row = m_features.data() + i * m_dim;
        for (std::size_t d = 0; d < m_dim; ++d) {
            const double value = static_cast<double>(row[d]) * scale;
            plain[d] += value;
            weighted[d] += e * value;
        }
    }
}

std::int64_t PrefixAggregate::keptCount(double threshold) const
{
    const auto end = std::partition_point(m_scores.begin(), m_scores.end(), [threshold](float score) { return static_cast<double>(score) > threshold; });
    return end - m_scores.begin();
}

void PrefixAggregate::feature(std::int64_t kept, std::span<double> out) const
{
    if (m_scores.empty() || kept < 0 || kept > size() || out.size() != m_dim)
        throw Error("A prefix of " + std::to_string(kept) + " elements was asked of a group of " + std::to_string(size()) + ".");
    const std::size_t n = kept == 0 ? 1 : static_cast<std::size_t>(kept);
    std::vector<double> weighted(m_dim);
    sums(n, out, weighted);
    if (!m_relative) {
        const double total = m_factorSums[n];
        for (std::size_t d = 0; d < m_dim; ++d)
            out[d] = total == 0 ? out[d] / static_cast<double>(n) : weighted[d] / total;
        return;
    }
    const double lowest = static_cast<double>(m_scores[m_rescaleOverWhole ? m_scores.size() - 1 : n - 1]);
    const double low = m_lows.empty() ? static_cast<double>(m_scores[0]) - lowest : m_lows[n - 1];
    const double total = static_cast<double>(n) * low - m_factorSums[n];
    // All equal: uniform. `low` is exactly 0 then; of second scores the rounding of their sums is left.
    const bool uniform = n == 1 || (m_lows.empty() ? low == 0 : total <= s_rounding * static_cast<double>(n) * std::abs(low));
    for (std::size_t d = 0; d < m_dim; ++d)
        out[d] = uniform ? out[d] / static_cast<double>(n) : (low * out[d] - weighted[d]) / total;
}

std::vector<double> PrefixAggregate::feature(std::int64_t kept) const
{
    std::vector<double> out(m_dim);
    feature(kept, out);
    return out;
}

std::vector<double> PrefixAggregate::meanFeature(std::int64_t kept) const
{
    if (kept < 1 || kept > size())
        throw Error("A prefix of " + std::to_string(kept) + " elements was asked of a group of " + std::to_string(size()) + ".");
    std::vector<double> plain(m_dim);
    std::vector<double> weighted(m_dim);
    sums(static_cast<std::size_t>(kept), plain, weighted);
    for (double &value : plain)
        value /= static_cast<double>(kept);
    return plain;
}

} // namespace dscope
