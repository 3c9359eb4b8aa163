// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/dots.h"

#include "core/base/clones.h"

#include <algorithm>
#include <cstring>

namespace dscope {

namespace {

typedef float Eight __attribute__((vector_size(32)));

/// R products at once: their sums are independent, so that additions need not wait for each other. A vector that all share is read once.
template<std::size_t R, bool Shared>
[[gnu::always_inline]] inline void dots(const float *const *a, const float *const *b, std::size_t dim, float *out)
{
    Eight sums[R] = {};
    std::size_t d = 0;
    for (; d + 8 <= dim; d += 8) {
        Eight x;
        std::memcpy(&x, a[0] + d, sizeof x);
        for (std::size_t r = 0; r < R; ++r) {
            Eight y;
            std::memcpy(&y, b[r] + d, sizeof y);
            if constexpr (!Shared)
                std::memcpy(&x, a[r] + d, sizeof x);
            sums[r] += x * y;
        }
    }
    for (std::size_t r = 0; r < R; ++r) {
        const Eight &s = sums[r];
        float total = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
        for (std::size_t i = d; i < dim; ++i)
            total += a[Shared ? 0 : r][i] * b[r][i];
        out[r] = total;
    }
}

DSCOPE_CLONES void eightRows(const float *a, const float *const *rows, std::size_t dim, float *out)
{
    dots<8, true>(&a, rows, dim, out);
}

DSCOPE_CLONES void eightPairs(const float *const *a, const float *const *b, std::size_t dim, float *out)
{
    dots<8, false>(a, b, dim, out);
}

DSCOPE_CLONES void onePair(const float *const *a, const float *const *b, std::size_t dim, float *out)
{
    dots<1, false>(a, b, dim, out);
}

} // namespace

void dotRows(const float *a, const float *const *rows, std::size_t count, std::size_t dim, float *out)
{
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        eightRows(a, rows + i, dim, out + i);
    for (; i < count; ++i)
        onePair(&a, rows + i, dim, out + i);
}

void dotPairs(const float *const *a, const float *const *b, std::size_t count, std::size_t dim, float *out)
{
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        eightPairs(a + i, b + i, dim, out + i);
    for (; i < count; ++i)
        onePair(a + i, b + i, dim, out + i);
}

} // namespace dscope
