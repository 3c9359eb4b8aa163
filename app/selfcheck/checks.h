// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <string>

namespace dscope {

/// A check that has nothing to work on here.
struct Skip {
    std::string reason;
};

/// @throws Error `what` unless it holds
void require(bool holds, const std::string &what);

// Checks of what needs no network: each gives a line about what it found, or throws. Where `device` is a GPU the work is done there, else both sides are the
// CPU and the check is of the device's way of working alone.

/// Streamed D-scores have the CPU's bits on the device, for small and large blocks, with ties.
std::string dScoresAgree(const Device &device);
/// All pairs' scores on the device are the CPU's within float32's rounding, in the same order as their own sort.
std::string pairsAgree(const Device &device);
/// With the GPU's memory taken, pairs are scored in smaller pieces, and D-scores in smaller blocks, with the same result.
std::string pairsFitIntoLittle(const Device &device);

/// Takes a GPU's memory until about `left` bytes of it remain, as long as the object lives.
class Ballast {
public:
    Ballast(const Device &device, std::int64_t left);
    ~Ballast();
    Ballast(const Ballast &) = delete;
    Ballast &operator=(const Ballast &) = delete;

private:
    struct Held;
    Held *m_held;
};

} // namespace dscope
