// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <functional>

namespace dscope {

/// Runs `work(begin, end)` over [0, count) in pieces of `piece`, on the calling thread and at most threads() - 1 others. Pieces are handed
/// out in order but finish in any; `work` must not touch the same memory for different pieces. `progress` is reported to (and asked whether
/// to stop) from the calling thread only. The first exception of any piece is thrown again here, after all threads have ended.
/// @throws Cancelled and whatever `work` throws
void parallelFor(std::int64_t count, std::int64_t piece, Progress &progress, const std::function<void(std::int64_t begin, std::int64_t end)> &work);

} // namespace dscope
