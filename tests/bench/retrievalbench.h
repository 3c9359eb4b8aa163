// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// A retrieval at the size of MARS (1,980 queries among 12,180 tracks of 2,048 values): processor seconds of all of it, by both protocols, beside those of the
/// bare matrix product of the same size.
void retrievalBench();

} // namespace dscope
