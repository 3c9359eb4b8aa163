// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/templateprefixes.h"

#include <cstddef>
#include <vector>

namespace dscope {

/// 0 to count - 1 with the ends first, then the middle, the quarters and so on: a curve that fills in.
std::vector<std::size_t> coarseToFine(std::size_t count);

/// Thresholds at even kept shares, at most `count`, from infinity (the best of each template) to -infinity (all). Few elements have few shares: each is there
/// once.
std::vector<double> sweptThresholds(const TemplatePrefixes &prefixes, const LinearRule &rule, std::size_t count);

} // namespace dscope
