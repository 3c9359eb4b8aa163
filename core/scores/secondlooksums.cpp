// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/secondlooksums.h"

#include "core/base/clones.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/products.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dscope {

namespace {

constexpr std::size_t s_rows = 4;    // of a tile of products
constexpr std::size_t s_columns = 8; // also a multiple of s_rows, so that the diagonal meets whole tiles
constexpr std::size_t s_panel = 512; // pictures a walk over the tiles; of a tile as much as fits into the first cache
constexpr std::size_t s_shiftRows = 1024;
typedef double Columns __attribute__((vector_size(s_columns * sizeof(double))));
static_assert(s_rows == 4);
constexpr double s_rounding = 1e-6; // of the mean length: what varies by less says nothing

/// Adds z_i z_j over `count` rows to one tile, row after row: no sum depends on how many rows come at a time.
DSCOPE_CLONES_WIDE void addTile(double *sums, std::size_t width, const double *left, const double *right, std::size_t count)
{
    // Spelled out as vectors: left to itself GCC 12 fills a wide register with the four values of this row and four of the next, which the last row does not
    // have.
    Columns tile[s_rows];
    for (std::size_t a = 0; a < s_rows; ++a)
        std::memcpy(&tile[a], sums + a * width, sizeof tile[a]);
    for (std::size_t r = 0; r < count; ++r) {
        Columns row;
        std::memcpy(&row, right + r * width, sizeof row);
        const double *values = left + r * width;
        tile[0] += values[0] * row;
        tile[1] += values[1] * row;
        tile[2] += values[2] * row;
        tile[3] += values[3] * row;
    }
    for (std::size_t a = 0; a < s_rows; ++a)
        std::memcpy(sums + a * width, &tile[a], sizeof tile[a]);
}

DSCOPE_CLONES_WIDE double dotOf(const double *a, const double *b, std::size_t count)
{
    double sums[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t k = 0; k < 8; ++k)
            sums[k] += a[i + k] * b[i + k];
    for (; i < count; ++i)
        sums[0] += a[i] * b[i];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// The lower Cholesky factor of a symmetric matrix [n, n] in place of its lower triangle. Rows of a column are computed side by side, each by one thread.
void factorise(std::vector<double> &matrix, std::size_t n, Progress &progress)
{
    constexpr std::size_t block = 64;
    Progress quiet;
    for (std::size_t begin = 0; begin < n; begin += block) {
        progress.throwIfCancelled();
        const std::size_t end = std::min(n, begin + block);
        for (std::size_t i = begin; i < end; ++i) {
            double *row = matrix.data() + i * n;
            for (std::size_t j = begin; j < i; ++j)
                row[j] = (row[j] - dotOf(row, matrix.data() + j * n, j)) / matrix[j * n + j];
            const double left = row[i] - dotOf(row, row, i);
            if (!(left > 0)) // cannot be: the ridge stands on the diagonal, far above rounding
                throw Error("The ridge regression of a second look cannot be solved; take a larger ridge.");
            row[i] = std::sqrt(left);
        }
        parallelFor(static_cast<std::int64_t>(n - end), 16, quiet, [&](std::int64_t from, std::int64_t to) {
            for (auto i = end + static_cast<std::size_t>(from); i < end + static_cast<std::size_t>(to); ++i) {
                double *row = matrix.data() + i * n;
                for (std::size_t j = begin; j < end; ++j)
                    row[j] = (row[j] - dotOf(row, matrix.data() + j * n, j)) / matrix[j * n + j];
            }
        });
    }
}

/// Solves L L' v = right in place.
void substitute(const std::vector<double> &factor, std::size_t n, std::vector<double> &right)
{
    for (std::size_t i = 0; i < n; ++i)
        right[i] = (right[i] - dotOf(factor.data() + i * n, right.data(), i)) / factor[i * n + i];
    for (std::size_t i = n; i-- > 0;) {
        right[i] /= factor[i * n + i];
        for (std::size_t j = 0; j < i; ++j)
            right[j] -= factor[i * n + j] * right[i];
    }
}

} // namespace

SecondLookSums::SecondLookSums(std::int64_t dim, std::vector<double> shift) : m_dim(dim), m_shift(std::move(shift))
{
    if (dim < 1 || dim > SecondLook::longest)
        throw Error("A second look takes embeddings of 1 to " + std::to_string(SecondLook::longest) + " values, not " + std::to_string(dim) + ".");
    m_values = 2 * static_cast<std::size_t>(dim) + 2;
    if (m_shift.size() != m_values)
        throw Error("The shift of a second look's sums has " + std::to_string(m_shift.size()) + " values, not " + std::to_string(m_values) + ".");
    m_width = (m_values + 3 + s_columns - 1) / s_columns * s_columns;
    m_products.assign(m_width * m_width, 0.0);
}

bool SecondLookSums::usable(std::span<const float> embedding, double dScore)
{
    const double squares = squaredLength(embedding);
    return squares > 0 && std::isfinite(squares) && dScore >= 0 && dScore <= 1;
}

void SecondLookSums::expand(std::span<const float> embedding, std::span<double> out)
{
    const std::size_t d = embedding.size();
    double squares = 0;
    for (std::size_t j = 0; j < d; ++j) {
        const auto f = static_cast<double>(embedding[j]);
        squares += f * f;
        out[j] = f;
        out[d + j] = std::abs(f);
    }
    const double length = std::sqrt(squares);
    out[2 * d] = std::log(length);
    out[2 * d + 1] = length;
}

std::vector<double> SecondLookSums::usualShift(std::span<const float> embeddings, std::int64_t dim)
{
    const auto width = static_cast<std::size_t>(dim);
    const std::size_t count = std::min(embeddings.size() / width, s_shiftRows);
    std::vector<double> mean(2 * width + 2, 0.0);
    std::vector<double> x(mean.size());
    for (std::size_t i = 0; i < count; ++i) {
        expand(embeddings.subspan(i * width, width), x);
        for (std::size_t j = 0; j < x.size(); ++j)
            mean[j] += x[j] / static_cast<double>(count);
    }
    return mean;
}

void SecondLookSums::add(std::span<const float> embeddings, std::span<const double> dScores)
{
    const auto dim = static_cast<std::size_t>(m_dim);
    if (embeddings.size() != dScores.size() * dim)
        throw Error("A second look needs an embedding of " + std::to_string(dim) + " values for each of its " + std::to_string(dScores.size())
                    + " D-scores; there are " + std::to_string(embeddings.size()) + " values.");
    std::vector<double> panel(s_panel * m_width, 0.0);
    Progress quiet;
    for (std::size_t begin = 0; begin < dScores.size(); begin += s_panel) {
        const std::size_t count = std::min(s_panel, dScores.size() - begin);
        for (std::size_t r = 0; r < count; ++r) {
            double *z = panel.data() + r * m_width;
            expand(embeddings.subspan((begin + r) * dim, dim), {z, m_values});
            for (std::size_t j = 0; j < m_values; ++j)
                z[j] -= m_shift[j];
            const double d = std::clamp(dScores[begin + r], SecondLook::lowest, SecondLook::highest);
            z[m_values] = d;
            z[m_values + 1] = std::log(d / (1 - d));
            z[m_values + 2] = 1;
        }
        parallelFor(static_cast<std::int64_t>(m_width / s_rows), 8, quiet, [&](std::int64_t from, std::int64_t to) {
            for (std::size_t i = static_cast<std::size_t>(from) * s_rows; i < static_cast<std::size_t>(to) * s_rows; i += s_rows)
                for (std::size_t j = i / s_columns * s_columns; j < m_width; j += s_columns)
                    addTile(m_products.data() + i * m_width + j, m_width, panel.data() + i, panel.data() + j, count);
        });
    }
    m_count += static_cast<std::int64_t>(dScores.size());
}

void SecondLookSums::add(const SecondLookSums &others)
{
    if (others.m_dim != m_dim || others.m_shift != m_shift)
        throw Error("Sums of a second look over other embeddings, or from another shift, cannot be joined.");
    for (std::size_t i = 0; i < m_products.size(); ++i)
        m_products[i] += others.m_products[i];
    m_count += others.m_count;
}

std::pair<SecondLookRule, SecondLookRule> SecondLookSums::solve(double ridge, Progress &progress) const
{
    if (m_count < 2)
        throw Error("A second look is taught on two pictures at least; there " + std::string(m_count == 1 ? "is 1." : "are none."));
    if (!(ridge > 0) || !std::isfinite(ridge))
        throw Error("The ridge of a second look lies above 0.");
    const auto n = static_cast<double>(m_count);
    const std::size_t one = m_values + 2;
    std::vector<double> mean(m_values + 2);
    for (std::size_t j = 0; j < mean.size(); ++j)
        mean[j] = at(j, one) / n;
    const double length = mean[m_values - 1] + m_shift[m_values - 1];
    // The values that vary, with their deviations.
    std::vector<std::size_t> taken;
    std::vector<double> deviation;
    for (std::size_t j = 0; j < m_values; ++j) {
        const double variance = at(j, j) / n - mean[j] * mean[j];
        const double least = s_rounding * (j == m_values - 2 ? 1.0 : length);
        if (variance > least * least) {
            taken.push_back(j);
            deviation.push_back(std::sqrt(variance));
        }
    }
    const std::size_t p = taken.size();
    std::vector<double> matrix(p * p);
    std::vector<double> sides[2] = {std::vector<double>(p), std::vector<double>(p)};
    for (std::size_t a = 0; a < p; ++a) {
        for (std::size_t b = 0; b <= a; ++b)
            matrix[a * p + b] = (at(taken[a], taken[b]) - n * mean[taken[a]] * mean[taken[b]]) / (deviation[a] * deviation[b]) + (a == b ? ridge : 0.0);
        for (std::size_t k = 0; k < 2; ++k)
            sides[k][a] = (at(taken[a], m_values + k) - n * mean[taken[a]] * mean[m_values + k]) / deviation[a];
    }
    factorise(matrix, p, progress);
    SecondLookRule rules[2];
    for (std::size_t k = 0; k < 2; ++k) {
        substitute(matrix, p, sides[k]);
        rules[k].weights.assign(m_values, 0.0);
        rules[k].bias = mean[m_values + k];
        for (std::size_t a = 0; a < p; ++a) {
            const double weight = sides[k][a] / deviation[a];
            rules[k].weights[taken[a]] = weight;
            rules[k].bias -= weight * (mean[taken[a]] + m_shift[taken[a]]);
        }
    }
    return {rules[0], rules[1]};
}

} // namespace dscope
