// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace dscope {

/// Dot products of one float32 vector with several: out[i] = a . rows[i]. Each is summed in the same order whatever its neighbours, and
/// a . b equals b . a, so a pair's product is the same to the last bit wherever and with whatever it is computed (on one machine).
/// Meant for rows that lie in the second-level cache, whose bandwidth it reaches.
void dotRows(const float *a, const float *const *rows, std::size_t count, std::size_t dim, float *out);
/// The same for pairs that share nothing: out[i] = a[i] . b[i].
void dotPairs(const float *const *a, const float *const *b, std::size_t count, std::size_t dim, float *out);

} // namespace dscope
