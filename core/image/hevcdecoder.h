// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace dscope {

/// What the decoder of HEIC's coded pictures has seen in one thread while this lives. A photograph is often a grid of them, and alpha is one more.
///
/// libheif's own way to libde265 asks for none of its warnings, and HEVC has no checksum as a rule. But its codes are of an arithmetic coder, in which one
/// wrong bit shifts all that follow: the mark of the end that stands behind each block's codes, and at each row's end where rows are coded on their own, is
/// then found where no end can be, or missed where it must be. So the first use registers a decoder of our own with libheif, which asks libde265 for its
/// warnings, and finds the blocks that no code reached, as libde265 does not, by what it has put there before. Pictures that carry a digest of their pixels are
/// held to it.
class HevcDamage {
public:
    HevcDamage();
    ~HevcDamage();
    HevcDamage(const HevcDamage &) = delete;
    HevcDamage &operator=(const HevcDamage &) = delete;

    std::uint64_t parts = 0;   ///< coded pictures that were decoded
    std::uint64_t damaged = 0; ///< and those of them whose codes are wrong

private:
    HevcDamage *m_before;
};

} // namespace dscope
