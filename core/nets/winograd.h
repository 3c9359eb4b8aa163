// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace dscope {

/// A 3x3 convolution of stride 1 with zeros around the picture, by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, CVPR 2016): 36 products
/// for what takes 144, sixteen results at a time. Rows of pixels with all their channels side by side ([H, W, C]). Needs AVX2 with FMA, and is
/// wider with AVX-512; which of them runs is decided when the program does. Rounding differs from the plain sum's by about 1e-6 of the largest value.
class Winograd {
public:
    /// What to compute. Tiles of all pictures go through the steps together, so that small pictures fill them.
    struct Work {
        const float *pictures; ///< [count, height, width, in]
        int count;
        int height;
        int width;
        const float *slopes; ///< [out]: a result v below 0 becomes slope * v (PReLU; 0 for a ReLU); null for no activation
        const float *added;  ///< [count, height, width, out], added last (a block's shortcut); null for nothing
        float *results;      ///< [count, height, width, out]; may be `added`
    };

    /// Whether this processor can run it, and such channels fit: both whole vectors (multiples of 16), at most 256.
    static bool fits(int in, int out);

    /// @param weight [out, 3, 3, in] @param bias [out]
    Winograd(int in, int out, const float *weight, const float *bias);

    int in() const { return m_in; }
    int out() const { return m_out; }
    /// How many blocks of results pictures make; each can be done by a thread of its own.
    static std::int64_t blocks(int count, int height, int width);
    /// Computes blocks [begin, end).
    void run(const Work &work, std::int64_t begin, std::int64_t end) const;

private:
    int m_in;
    int m_out;
    std::vector<float> m_weights; ///< transformed: [36][panel][in][columns of the panel]
    std::vector<float> m_bias;
};

} // namespace dscope
