// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/discriminability/secondlook.h"

#include <span>
#include <vector>

namespace dscope {

/// A second look's D-scores of an analysis's faces.
struct SecondScores {
    std::vector<float> values; ///< of every face, in the order of sources, groups and elements; NaN where the base was not run
    SecondLookOrigin origin;
    Cost cost; ///< of a face, beside the base's

    /// Those of a group. @param before faces of all groups before it
    std::span<const float> of(const Group &group, std::size_t before) const { return std::span<const float>(values).subspan(before, group.elements.size()); }
};

/// @throws Error where the second look is not that of the analysis's base
SecondScores secondScores(const Analysis &analysis, const SecondLook &look);

} // namespace dscope
