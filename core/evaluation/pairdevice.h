#pragma once

#include "core/base/device.h"
#include "core/base/task.h"
#include "core/evaluation/pairplan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// PairPlan::score() on a GPU: the streamed sides against block after block of the others as matrix products, of which the pairs' places are
/// picked. Its sums may differ from the CPU's in the last bits. Out of memory halves the blocks, then the CPU goes on, each with a notice.
/// On the CPU's own device it is the same, by libtorch. @throws Cancelled
void scorePairsOn(const Device &device, const PairPlan &plan, std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores,
                  Task &task);

/// sortScores() on a GPU; where its memory does not suffice, on the CPU with a notice. @throws Error for NaN, Cancelled
void sortScoresOn(const Device &device, std::vector<float> &scores, Task &task);

} // namespace dscope
