// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/winograd.h"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace dscope {

namespace {

/// Tiles of 4x4 results that go through the three steps together: their transformed samples and sums stay in the second-level cache.
constexpr int kTiles = 36;

struct Shape {
    int height;
    int width;
    int in;
    int out;
    int columns; ///< of tiles
    int tiles;   ///< of one picture
};

/// Where one of all pictures' tiles lies.
struct Tile {
    std::size_t picture;
    int top;
    int left;

    Tile(const Shape &shape, std::int64_t index)
        : picture(static_cast<std::size_t>(index / shape.tiles)), top(static_cast<int>(index % shape.tiles) / shape.columns * 4),
          left(static_cast<int>(index % shape.tiles) % shape.columns * 4)
    {
    }
};

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx512f")
namespace wide {
using Vector = __m512;
constexpr std::size_t kWidth = 16;
constexpr int kVectors = 4;
inline Vector load(const float *from)
{
    return _mm512_loadu_ps(from);
}
inline void store(float *to, Vector value)
{
    _mm512_storeu_ps(to, value);
}
inline Vector all(float value)
{
    return _mm512_set1_ps(value);
}
inline Vector add(Vector a, Vector b)
{
    return _mm512_add_ps(a, b);
}
inline Vector sub(Vector a, Vector b)
{
    return _mm512_sub_ps(a, b);
}
inline Vector multiplyAdd(Vector a, Vector b, Vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}
inline Vector leaky(Vector value, Vector slope)
{
    return _mm512_mask_mul_ps(value, _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ), value, slope);
}
#include "core/nets/winograd.inc"
} // namespace wide
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace narrow {
using Vector = __m256;
constexpr std::size_t kWidth = 8;
constexpr int kVectors = 2;
inline Vector load(const float *from)
{
    return _mm256_loadu_ps(from);
}
inline void store(float *to, Vector value)
{
    _mm256_storeu_ps(to, value);
}
inline Vector all(float value)
{
    return _mm256_set1_ps(value);
}
inline Vector add(Vector a, Vector b)
{
    return _mm256_add_ps(a, b);
}
inline Vector sub(Vector a, Vector b)
{
    return _mm256_sub_ps(a, b);
}
inline Vector multiplyAdd(Vector a, Vector b, Vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}
inline Vector leaky(Vector value, Vector slope)
{
    return _mm256_blendv_ps(value, _mm256_mul_ps(value, slope), _mm256_cmp_ps(value, _mm256_setzero_ps(), _CMP_LT_OQ));
}
#include "core/nets/winograd.inc"
} // namespace narrow
#pragma GCC pop_options

bool haveWide()
{
    static const bool have = __builtin_cpu_supports("avx512f");
    return have;
}

bool haveNarrow()
{
    static const bool have = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return have;
}

int panelColumns()
{
    return haveWide() ? wide::kVectors * static_cast<int>(wide::kWidth) : narrow::kVectors * static_cast<int>(narrow::kWidth);
}

#endif

/// G of Lavin and Gray: from three weights to six.
constexpr std::array<std::array<double, 3>, 6> kG{
    {{1 / 4.0, 0, 0}, {-1 / 6.0, -1 / 6.0, -1 / 6.0}, {-1 / 6.0, 1 / 6.0, -1 / 6.0}, {1 / 24.0, 1 / 12.0, 1 / 6.0}, {1 / 24.0, -1 / 12.0, 1 / 6.0}, {0, 0, 1}}};

int tilesAcross(int pixels)
{
    return (pixels + 3) / 4;
}

} // namespace

bool Winograd::fits([[maybe_unused]] int in, [[maybe_unused]] int out)
{
#if defined(__x86_64__)
    return (haveWide() || haveNarrow()) && in % 16 == 0 && out % 16 == 0 && in > 0 && out > 0 && in <= 256 && out <= 256;
#else
    return false;
#endif
}

Winograd::Winograd(int in, int out, const float *weight, const float *bias)
    : m_in(in), m_out(out), m_weights(static_cast<std::size_t>(36) * in * out), m_bias(bias, bias + out)
{
#if defined(__x86_64__)
    for (int to = 0; to < out; ++to) {
        const int panel = to / panelColumns() * panelColumns();
        const int columns = std::min(panelColumns(), out - panel);
        for (int from = 0; from < in; ++from)
            for (std::size_t i = 0; i < 6; ++i)
                for (std::size_t j = 0; j < 6; ++j) {
                    double sum = 0;
                    for (std::size_t y = 0; y < 3; ++y)
                        for (std::size_t x = 0; x < 3; ++x)
                            sum += kG[i][y] * kG[j][x] * weight[((static_cast<std::size_t>(to) * 3 + y) * 3 + x) * in + from];
                    const std::size_t point = (6 * i + j) * in * out;
                    m_weights[point + static_cast<std::size_t>(panel) * in + static_cast<std::size_t>(from) * columns + (to - panel)] = static_cast<float>(sum);
                }
    }
#else
    (void)weight;
#endif
}

std::int64_t Winograd::blocks(int count, int height, int width)
{
    return (static_cast<std::int64_t>(count) * tilesAcross(height) * tilesAcross(width) + kTiles - 1) / kTiles;
}

void Winograd::run([[maybe_unused]] const Work &work, std::int64_t begin, std::int64_t end) const
{
    const int columns = tilesAcross(work.width);
    [[maybe_unused]] const Shape shape{work.height, work.width, m_in, m_out, columns, columns * tilesAcross(work.height)};
    const std::int64_t tiles = static_cast<std::int64_t>(work.count) * shape.tiles;
    std::vector<float> scratch(static_cast<std::size_t>(36) * kTiles * (m_in + m_out) + static_cast<std::size_t>(m_in));
    for (std::int64_t block = begin; block < end; ++block) {
        [[maybe_unused]] const std::int64_t first = block * kTiles;
        [[maybe_unused]] const std::int64_t last = std::min(tiles, first + kTiles);
#if defined(__x86_64__)
        const auto body = haveWide() ? wide::runBlock : narrow::runBlock;
        body(shape, work, m_weights.data(), m_bias.data(), first, last, scratch.data());
#endif
    }
}

} // namespace dscope
