// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/trackdistance.h"

#include "core/base/clones.h"
#include "core/base/error.h"

#include <cmath>
#include <cstring>
#include <string>

namespace dscope {

namespace {

typedef double Eight __attribute__((vector_size(64)));

typedef float EightSingle __attribute__((vector_size(32)));

[[gnu::always_inline]] inline void load(const float *from, Eight &to)
{
    EightSingle values;
    std::memcpy(&values, from, sizeof values);
    to = __builtin_convertvector(values, Eight);
}

[[gnu::always_inline]] inline double sumOf(const Eight &s)
{
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

/// Sum of the squared differences, or of the products, in an order that the length alone decides about.
template<bool Distance>
[[gnu::always_inline]] inline double summed(const float *a, const float *b, std::size_t dim)
{
    Eight sums[2]{};
    std::size_t d = 0;
    for (; d + 16 <= dim; d += 16)
        for (std::size_t half = 0; half < 2; ++half) {
            Eight x;
            Eight y;
            load(a + d + 8 * half, x);
            load(b + d + 8 * half, y);
            if constexpr (Distance)
                sums[half] += (x - y) * (x - y);
            else
                sums[half] += x * y;
        }
    double total = sumOf(sums[0]) + sumOf(sums[1]);
    for (; d < dim; ++d) {
        const auto x = static_cast<double>(a[d]);
        const auto y = static_cast<double>(b[d]);
        total += Distance ? (x - y) * (x - y) : x * y;
    }
    return total;
}

} // namespace

DSCOPE_CLONES_WIDE double squaredDistance(const float *a, const float *b, std::size_t dim)
{
    return summed<true>(a, b, dim);
}

DSCOPE_CLONES_WIDE double product(const float *a, const float *b, std::size_t dim)
{
    return summed<false>(a, b, dim);
}

float cosineDistance(double dot, double lengthA, double lengthB)
{
    return static_cast<float>(lengthA > 0 && lengthB > 0 ? 1 - dot / lengthA / lengthB : 1);
}

float trackDistance(std::span<const float> a, std::span<const float> b, RetrievalDistance distance)
{
    if (a.size() != b.size())
        throw Error("Rows of " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values have no distance.");
    if (distance == RetrievalDistance::SquaredL2)
        return static_cast<float>(squaredDistance(a.data(), b.data(), a.size()));
    const auto length = [](std::span<const float> row) { return std::sqrt(product(row.data(), row.data(), row.size())); };
    return cosineDistance(product(a.data(), b.data(), a.size()), length(a), length(b));
}

} // namespace dscope
