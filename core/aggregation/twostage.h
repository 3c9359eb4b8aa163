// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace dscope {

/// A group's representation in two stages: DDNet's scores say which elements go through the base, other scores of those elements alone, such as a second
/// look's, say what they weigh there (docs/second-look.md).
///
/// 1. chosenElements() of `dScores` go through the base.
/// 2. aggregate() of the chosen ones by options.method on their `second` scores, with `secondThreshold` for t: of the DDL methods those above it take part, the
///    first of the largest second score where none is; max and min of Eq. 10-11 are over them. Average and max look at no score; top-1 and top-k take their
///    best by `second`. A score below 0 weighs nothing in ddl-no-rescale. An element without a second score (NaN) takes no part, unless none of the chosen has
///    one, which makes their plain mean.
///
/// With the D-scores for both, and no second threshold, this is aggregate().
/// @param second [n]; of elements that are not chosen they are not looked at
/// @throws Error as aggregate() does, and for options.rescaleOverWhole: elements that did not go through the base have no second score
Aggregate aggregateTwoStage(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, std::span<const float> second,
                            const AggregateOptions &options, double secondThreshold = -std::numeric_limits<double>::infinity(),
                            std::span<const std::int64_t> media = {});

} // namespace dscope
