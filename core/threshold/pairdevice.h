// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/progress.h"
#include "core/threshold/pairplan.h"

#include <cstdint>
#include <memory>
#include <span>

namespace dscope {

/// PairPlan::score() and sortScores() on a GPU, by libtorch, for pass after pass over the same pairs.
///
/// The plan is cut into pieces; of each, all streamed sides are multiplied with all others as one matrix product, of which the pairs' places
/// are picked. What to pick is worked out once and stays on the device. Its sums may differ from the CPU's in the last bits; equal vectors
/// still give equal scores. Out of memory halves the pieces, then the CPU goes on, each with a notice (core/nets/batches.h).
class DevicePairs {
public:
    /// @param plan must outlive this @param enrolled [templates]; empty: all are
    /// @param pairs a piece; 0: what suits a GPU
    DevicePairs(const Device &device, const PairPlan &plan, std::span<const std::uint8_t> enrolled, std::int64_t pairs = 0);
    ~DevicePairs();
    DevicePairs(const DevicePairs &) = delete;
    DevicePairs &operator=(const DevicePairs &) = delete;

    /// @param unit [templates, dim] @param scores in the plan's order
    /// @param sorted the same, largest first, where that is wanted; else empty. Both arrive fastest in memory that is page-locked (HostFloats)
    /// @throws Error for a score that is NaN, Cancelled
    void score(std::span<const float> unit, std::span<float> scores, std::span<float> sorted, Progress &progress);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace dscope
