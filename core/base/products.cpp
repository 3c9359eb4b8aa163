// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/products.h"

#include "core/base/clones.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dscope {

namespace {

constexpr std::size_t s_rows = 4;   // samples a tile
constexpr std::size_t s_width = 8;  // packed rows a tile
constexpr std::size_t s_block = 64; // samples that share a panel while it is in the cache

// Eight accumulators of four doubles fill the registers of AVX2 without spilling, which plain loops do not.
typedef double Four __attribute__((vector_size(32)));

struct Tile {
    double values[s_rows][s_width];
};

DSCOPE_CLONES void dotTile(const double *const *samples, const double *panel, std::size_t dim, Tile &out)
{
    Four a0{}, a1{}, b0{}, b1{}, c0{}, c1{}, d0{}, d1{};
    const double *a = samples[0];
    const double *b = samples[1];
    const double *c = samples[2];
    const double *d = samples[3];
    for (std::size_t i = 0; i < dim; ++i) {
        Four p;
        Four q;
        std::memcpy(&p, panel + i * s_width, sizeof p);
        std::memcpy(&q, panel + i * s_width + 4, sizeof q);
        a0 += a[i] * p, a1 += a[i] * q;
        b0 += b[i] * p, b1 += b[i] * q;
        c0 += c[i] * p, c1 += c[i] * q;
        d0 += d[i] * p, d1 += d[i] * q;
    }
    const Four sums[] = {a0, a1, b0, b1, c0, c1, d0, d1};
    std::memcpy(out.values, sums, sizeof sums);
}

DSCOPE_CLONES void distanceTile(const double *const *samples, const double *panel, std::size_t dim, Tile &out)
{
    Four a0{}, a1{}, b0{}, b1{}, c0{}, c1{}, d0{}, d1{};
    const double *a = samples[0];
    const double *b = samples[1];
    const double *c = samples[2];
    const double *d = samples[3];
    for (std::size_t i = 0; i < dim; ++i) {
        Four p;
        Four q;
        std::memcpy(&p, panel + i * s_width, sizeof p);
        std::memcpy(&q, panel + i * s_width + 4, sizeof q);
        a0 += (a[i] - p) * (a[i] - p), a1 += (a[i] - q) * (a[i] - q);
        b0 += (b[i] - p) * (b[i] - p), b1 += (b[i] - q) * (b[i] - q);
        c0 += (c[i] - p) * (c[i] - p), c1 += (c[i] - q) * (c[i] - q);
        d0 += (d[i] - p) * (d[i] - p), d1 += (d[i] - q) * (d[i] - q);
    }
    const Four sums[] = {a0, a1, b0, b1, c0, c1, d0, d1};
    std::memcpy(out.values, sums, sizeof sums);
}

} // namespace

PackedRows::PackedRows(std::span<const double> rows, std::size_t dim) : m_count(dim == 0 ? 0 : rows.size() / dim), m_dim(dim)
{
    m_panels.assign((m_count + s_width - 1) / s_width * s_width * dim, 0.0);
    for (std::size_t k = 0; k < m_count; ++k) {
        double *panel = m_panels.data() + k / s_width * s_width * dim + k % s_width;
        for (std::size_t d = 0; d < dim; ++d)
            panel[d * s_width] = rows[k * dim + d];
    }
}

template<bool Distances>
void PackedRows::run(std::span<const double> samples, std::span<double> out) const
{
    const std::size_t n = m_dim == 0 ? 0 : samples.size() / m_dim;
    Tile tile;
    for (std::size_t block = 0; block < n; block += s_block)
        for (std::size_t first = 0; first < m_count; first += s_width) {
            const std::size_t width = std::min(s_width, m_count - first);
            for (std::size_t row = block; row < std::min(n, block + s_block); row += s_rows) {
                const double *pointers[s_rows];
                for (std::size_t i = 0; i < s_rows; ++i) // beyond the end the last sample is repeated and its results dropped
                    pointers[i] = samples.data() + std::min(row + i, n - 1) * m_dim;
                if constexpr (Distances)
                    distanceTile(pointers, m_panels.data() + first * m_dim, m_dim, tile);
                else
                    dotTile(pointers, m_panels.data() + first * m_dim, m_dim, tile);
                for (std::size_t i = row; i < std::min(row + s_rows, n); ++i)
                    std::copy_n(tile.values[i - row], width, out.data() + i * m_count + first);
            }
        }
}

void PackedRows::dots(std::span<const double> samples, std::span<double> out) const
{
    run<false>(samples, out);
}

void PackedRows::squaredDistances(std::span<const double> samples, std::span<double> out) const
{
    run<true>(samples, out);
}

double dot(std::span<const double> a, std::span<const double> b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

std::vector<float> unitVector(std::span<const float> v)
{
    const double squares = squaredLength(v);
    if (!std::isfinite(squares) || squares <= 0)
        return {};
    const double factor = 1 / std::sqrt(squares);
    std::vector<float> result(v.begin(), v.end());
    for (float &value : result)
        value = static_cast<float>(value * factor);
    return result;
}

void toUnitLength(std::span<double> v)
{
    const double length = std::sqrt(dot(v, v));
    if (length > 0)
        for (double &value : v)
            value /= length;
}

} // namespace dscope
