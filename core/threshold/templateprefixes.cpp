// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/templateprefixes.h"

#include "core/aggregation/enough.h"
#include "core/base/clones.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/products.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

constexpr std::size_t s_stride = 8; ///< elements a block of sums
constexpr double s_rounding = 1e-12;

DSCOPE_CLONES_WIDE void addRow(double *sum, const float *row, double weight, std::size_t dim)
{
    for (std::size_t d = 0; d < dim; ++d)
        sum[d] += weight * static_cast<double>(row[d]);
}

DSCOPE_CLONES_WIDE void addBoth(double *plain, double *weighted, const float *row, double scale, double weight, std::size_t dim)
{
    for (std::size_t d = 0; d < dim; ++d) {
        plain[d] += scale * static_cast<double>(row[d]);
        weighted[d] += weight * static_cast<double>(row[d]);
    }
}

DSCOPE_CLONES_WIDE void combine(double *sum, const double *plain, const double *weighted, double first, double slope, std::size_t dim)
{
    for (std::size_t d = 0; d < dim; ++d)
        sum[d] = first * plain[d] - slope * weighted[d];
}

DSCOPE_CLONES_WIDE double sumOfSquares(const double *values, std::size_t dim)
{
    double sums[8] = {};
    std::size_t d = 0;
    for (; d + 8 <= dim; d += 8)
        for (std::size_t i = 0; i < 8; ++i)
            sums[i] += values[d + i] * values[d + i];
    for (; d < dim; ++d)
        sums[0] += values[d] * values[d];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

DSCOPE_CLONES_WIDE void scaleTo(float *out, const double *values, double scale, std::size_t dim)
{
    for (std::size_t d = 0; d < dim; ++d)
        out[d] = static_cast<float>(values[d] * scale);
}

} // namespace

TemplatePrefixes::TemplatePrefixes(std::shared_ptr<const TemplateFeatures> set, bool normaliseFeatures, Progress &progress)
    : m_set(std::move(set)), m_normalised(normaliseFeatures)
{
    m_set->check(m_set->dim != 0);
    const auto n = static_cast<std::size_t>(m_set->faces());
    const auto templates = static_cast<std::size_t>(m_set->templates());
    const auto dim = static_cast<std::size_t>(m_set->dim);
    m_firstBlock.resize(templates + 1, 0);
    for (std::size_t t = 0; t < templates; ++t) {
        const std::int64_t size = m_set->size(static_cast<std::int64_t>(t));
        if (size > std::numeric_limits<std::uint32_t>::max())
            throw Error("Template " + std::to_string(m_set->ids[t]) + " has more than four thousand million faces.");
        m_firstBlock[t + 1] = m_firstBlock[t] + size / static_cast<std::int64_t>(s_stride);
    }
    m_order.resize(n);
    m_scores.resize(n);
    m_scales.resize(normaliseFeatures ? n : 0);
    parallelFor(m_set->templates(), 256, progress, [&](std::int64_t from, std::int64_t to) {
        for (auto t = static_cast<std::size_t>(from); t < static_cast<std::size_t>(to); ++t) {
            const auto begin = static_cast<std::size_t>(m_set->begin[t]);
            const std::span<const float> given = m_set->dScoresOf(static_cast<std::int64_t>(t));
            const std::span<std::uint32_t> places = std::span(m_order).subspan(begin, given.size());
            std::iota(places.begin(), places.end(), 0U);
            std::stable_sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) { return given[a] > given[b]; });
            for (std::size_t i = 0; i < given.size(); ++i) {
                m_scores[begin + i] = given[places[i]];
                if (!normaliseFeatures)
                    continue;
                const double squares = squaredLength(std::span(m_set->features).subspan((begin + places[i]) * dim, dim));
                m_scales[begin + i] = squares > 0 ? 1 / std::sqrt(squares) : 1;
            }
        }
    });
    m_plain = std::make_unique_for_overwrite<double[]>(static_cast<std::size_t>(m_firstBlock.back()) * dim);
    m_own = sumsOf({}, m_plain.get(), progress);
    m_sumsBefore.reserve(n);
    for (std::int64_t t = 0; t < m_set->templates(); ++t) {
        appendSumsBefore(m_sumsBefore, scores(t));
        m_shares.add(scores(t), sumsBefore(t));
    }
    m_shares.sort();
}

/// One walk over all features. @param plain where S is to go, or null when it is there already
std::unique_ptr<const TemplatePrefixes::Sums> TemplatePrefixes::sumsOf(const LinearRule &rule, double *plain, Progress &progress) const
{
    const auto n = static_cast<std::size_t>(m_set->faces());
    const auto dim = static_cast<std::size_t>(m_set->dim);
    const std::vector<float> *other = nullptr;
    if (!rule.weightsFrom.empty()) {
        const auto found = m_set->quality.find(rule.weightsFrom);
        if (found == m_set->quality.end())
            throw Error("'" + rule.title + "' asks for a score called '" + rule.weightsFrom + "', which " + m_set->benchmark + " does not have.");
        other = &found->second;
    }
    auto made = std::make_unique<Sums>();
    made->name = rule.scoreName;
    made->lowest.resize(other != nullptr ? n : 0);
    const auto scoreAt = [&](std::size_t begin, std::size_t i) {
        const auto given = static_cast<double>(other != nullptr ? (*other)[begin + m_order[begin + i]] : m_scores[begin + i]);
        return rule.score ? rule.score(given) : given;
    };
    made->scores.resize(n);
    made->differences.resize(n);
    made->squares.resize(n);
    made->weighted = std::make_unique_for_overwrite<double[]>(static_cast<std::size_t>(m_firstBlock.back()) * dim);
    parallelFor(m_set->templates(), 32, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<double> sums(2 * dim);
        for (auto t = static_cast<std::size_t>(from); t < static_cast<std::size_t>(to); ++t) {
            const auto begin = static_cast<std::size_t>(m_set->begin[t]);
            const auto size = static_cast<std::size_t>(m_set->begin[t + 1]) - begin;
            std::fill(sums.begin(), sums.end(), 0.0);
            double differences = 0;
            double squares = 0;
            for (std::size_t i = 0; i < size; ++i) {
                const double score = scoreAt(begin, i);
                if (!std::isfinite(score) || (other == nullptr && i > 0 && score > made->scores[begin + i - 1]))
                    throw Error("The score of '" + rule.title + "' is not finite or falls where D grows; the live threshold cannot use it.");
                made->scores[begin + i] = score;
            }
            if (other != nullptr && size > 0) {
                const auto first = made->scores.begin() + static_cast<std::ptrdiff_t>(begin);
                std::partial_sum(first, first + static_cast<std::ptrdiff_t>(size), made->lowest.begin() + static_cast<std::ptrdiff_t>(begin),
                                 [](double a, double b) { return std::min(a, b); });
            }
            const double largest = size > 0 ? largestOf(t, *made) : 0;
            for (std::size_t i = 0; i < size; ++i) {
                const double score = made->scores[begin + i];
                const double e = largest - score;
                made->differences[begin + i] = differences += e;
                made->squares[begin + i] = squares += score * score;
                const double scale = m_scales.empty() ? 1 : m_scales[begin + i];
                addBoth(sums.data(), sums.data() + dim, m_set->features.data() + (begin + m_order[begin + i]) * dim, scale, scale * e, dim);
                if ((i + 1) % s_stride == 0) {
                    const std::size_t at = (static_cast<std::size_t>(m_firstBlock[t]) + i / s_stride) * dim;
                    if (plain != nullptr)
                        std::copy_n(sums.data(), dim, plain + at);
                    std::copy_n(sums.data() + dim, dim, made->weighted.get() + at);
                }
            }
            for (std::size_t d = 0; d < dim; ++d)
                if (!std::isfinite(sums[d])) // what is no number in one face is none in the sum
                    throw Error("A feature of template " + std::to_string(m_set->ids[t]) + " holds a value that is not a finite number.");
            progress.throwIfCancelled();
        }
    });
    return made;
}

const TemplatePrefixes::Sums &TemplatePrefixes::prepare(const LinearRule &rule, Progress &progress) const
{
    if (!rule.score && rule.weightsFrom.empty())
        return *m_own;
    const std::lock_guard lock(m_mutex);
    for (const auto &other : m_others)
        if (other->name == rule.scoreName)
            return *other;
    m_others.push_back(sumsOf(rule, nullptr, progress));
    return *m_others.back();
}

KeptFigures TemplatePrefixes::keptCounts(const Selection &keep, std::span<std::uint32_t> out) const
{
    KeptFigures figures;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto t = static_cast<std::int64_t>(i);
        out[i] = static_cast<std::uint32_t>(keptOf(t, keep));
        figures.kept += out[i];
        figures.fallbacks += keep.fallsBack(scores(t)) ? 1 : 0;
    }
    figures.keptShare = static_cast<double>(figures.kept) / static_cast<double>(std::max<std::int64_t>(1, m_set->faces()));
    return figures;
}

std::int64_t TemplatePrefixes::keptCount(const Selection &keep) const
{
    if (keep.moves())
        return m_shares.keptAt(keep.threshold);
    std::int64_t sum = 0;
    for (std::int64_t t = 0; t < m_set->templates(); ++t)
        sum += keptOf(t, keep);
    return sum;
}

/// What differences are taken from. The best by D always has a part; the best by another score need not have one, and sums of small weights less a large one
/// would be noise.
double TemplatePrefixes::largestOf(std::size_t t, const Sums &sums) const
{
    return sums.lowest.empty() ? sums.scores[static_cast<std::size_t>(m_set->begin[t])] : 0.0;
}

KeptSummary TemplatePrefixes::summary(std::int64_t t, std::int64_t kept, const Sums &sums) const
{
    const auto begin = static_cast<std::size_t>(m_set->begin[static_cast<std::size_t>(t)]);
    const auto end = static_cast<std::size_t>(m_set->begin[static_cast<std::size_t>(t) + 1]);
    if (kept < 1 || kept > m_set->size(t))
        throw Error("A prefix of " + std::to_string(kept) + " elements was asked of a template of " + std::to_string(m_set->size(t)) + ".");
    const std::size_t last = begin + static_cast<std::size_t>(kept) - 1;
    KeptSummary summary;
    summary.size = m_set->size(t);
    summary.kept = kept;
    summary.largest = largestOf(static_cast<std::size_t>(t), sums);
    summary.lowest = sums.lowest.empty() ? sums.scores[last] : sums.lowest[last];
    summary.lowestOfAll = sums.lowest.empty() ? sums.scores[end - 1] : sums.lowest[end - 1];
    summary.differences = sums.differences[last];
    summary.sum = static_cast<double>(kept) * summary.largest - summary.differences;
    summary.sumOfSquares = sums.squares[last];
    return summary;
}

/// Weights as first - slope e_i, with their sum; uniform where that is 0.
LinearWeights TemplatePrefixes::weightsOf(const KeptSummary &kept, const LinearRule &rule, double &first, double &total) const
{
    LinearWeights weights = rule.weights ? rule.weights(kept) : LinearWeights{};
    const double n = static_cast<double>(kept.kept);
    first = weights.slope * kept.largest + weights.offset;
    total = n * first - weights.slope * kept.differences;
    // Equal scores of another kind than D leave the rounding of their sums.
    const double rounding = rule.weightsFrom.empty() ? 0.0 : s_rounding * std::abs(n * first);
    if (std::abs(total) <= rounding || !std::isfinite(total)) {
        weights = {};
        first = 1;
        total = n;
    }
    return weights;
}

std::vector<double> TemplatePrefixes::weights(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums) const
{
    double first = 0;
    double total = 0;
    const LinearWeights linear = weightsOf(summary(t, kept, sums), rule, first, total);
    const double *sorted = sums.scores.data() + m_set->begin[static_cast<std::size_t>(t)];
    const double largest = largestOf(static_cast<std::size_t>(t), sums);
    std::vector<double> result;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kept); ++i)
        result.push_back((first - linear.slope * (largest - sorted[i])) / total);
    return result;
}

/// The sum of the kept elements' features at weights whose sum is returned, never 0.
double TemplatePrefixes::weightedSum(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> out) const
{
    const auto dim = static_cast<std::size_t>(m_set->dim);
    double first = 0;
    double total = 0;
    const LinearWeights linear = weightsOf(summary(t, kept, sums), rule, first, total);
    const auto begin = static_cast<std::size_t>(m_set->begin[static_cast<std::size_t>(t)]);
    const std::size_t block = static_cast<std::size_t>(kept) / s_stride;
    if (block > 0) {
        const std::size_t at = (static_cast<std::size_t>(m_firstBlock[static_cast<std::size_t>(t)]) + block - 1) * dim;
        combine(out.data(), m_plain.get() + at, sums.weighted.get() + at, first, linear.slope, dim);
    } else {
        std::fill(out.begin(), out.end(), 0.0);
    }
    const double largest = largestOf(static_cast<std::size_t>(t), sums);
    for (std::size_t i = block * s_stride; i < static_cast<std::size_t>(kept); ++i) {
        const double weight = first - linear.slope * (largest - sums.scores[begin + i]);
        if (weight != 0)
            addRow(out.data(), m_set->features.data() + (begin + m_order[begin + i]) * dim, m_scales.empty() ? weight : weight * m_scales[begin + i], dim);
    }
    return total;
}

void TemplatePrefixes::unit(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> scratch, float *out) const
{
    const auto dim = static_cast<std::size_t>(m_set->dim);
    const double total = weightedSum(t, kept, rule, sums, scratch);
    // The sum of the weights is only a factor, but its sign is not.
    const double length = std::sqrt(sumOfSquares(scratch.data(), dim));
    const double scale = length > 0 ? (total < 0 ? -1 : 1) / length : 0;
    scaleTo(out, scratch.data(), scale, dim);
}

void TemplatePrefixes::mean(std::int64_t t, std::int64_t kept, const LinearRule &rule, const Sums &sums, std::span<double> out) const
{
    const double total = weightedSum(t, kept, rule, sums, out);
    for (double &value : out)
        value /= total;
}

void TemplatePrefixes::units(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, Progress &progress) const
{
    rows(counts, rule, out, true, progress);
}

void TemplatePrefixes::means(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, Progress &progress) const
{
    rows(counts, rule, out, false, progress);
}

void TemplatePrefixes::rows(std::span<const std::uint32_t> counts, const LinearRule &rule, std::span<float> out, bool asUnits, Progress &progress) const
{
    const auto dim = static_cast<std::size_t>(m_set->dim);
    const Sums &sums = prepare(rule, progress);
    parallelFor(m_set->templates(), 128, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<double> scratch(dim);
        for (std::int64_t t = from; t < to; ++t) {
            float *row = out.data() + static_cast<std::size_t>(t) * dim;
            const std::int64_t kept = counts[static_cast<std::size_t>(t)];
            if (kept == 0)
                std::fill_n(row, dim, 0.0F);
            else if (asUnits)
                unit(t, kept, rule, sums, scratch, row);
            else
                scaleTo(row, scratch.data(), 1 / weightedSum(t, kept, rule, sums, scratch), dim);
        }
    });
}

std::int64_t TemplatePrefixes::bytes() const
{
    const std::lock_guard lock(m_mutex);
    const std::size_t n = m_order.size();
    const std::size_t blocks = static_cast<std::size_t>(m_firstBlock.back()) * static_cast<std::size_t>(m_set->dim) * sizeof(double);
    return static_cast<std::int64_t>(n * (sizeof(std::uint32_t) + sizeof(float) + sizeof(double)) + m_scales.size() * sizeof(double)
                                     + m_firstBlock.size() * sizeof(std::int64_t) + blocks + (1 + m_others.size()) * (3 * n * sizeof(double) + blocks)
                                     + std::accumulate(m_others.begin(), m_others.end(), std::size_t{0},
                                                       [](std::size_t sum, const auto &other) { return sum + other->lowest.size() * sizeof(double); }))
        + m_shares.bytes();
}

} // namespace dscope
