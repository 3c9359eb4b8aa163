// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/descending.h"
#include "core/metrics/statistics.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// The people of compared templates, numbered from 0 in the order in which the pairs first name them; a template whose subject is not known counts as a
/// person of its own.
struct PairPeople {
    std::vector<std::int32_t> of; ///< [T]; -1 where a template is not compared
    std::int32_t count = 0;
    std::int64_t unknown = 0;      ///< compared templates without a subject
    std::int64_t known = 0;        ///< compared templates with one
    std::int64_t contradicted = 0; ///< pairs labelled otherwise than their subjects say
};
/// @throws Cancelled
PairPeople pairPeople(const TemplateFeatures &set, const TemplatePairs &pairs, Progress &progress);

/// Intervals of strict TARs at FAR targets by a bootstrap over people: those of bootstrap() with PersonPairs::tarAtFar(), from the same draws, in a tenth of
/// the time and memory where there are tens of millions of pairs. Resamples go side by side: they walk down the hardest impostor pairs until the last one
/// has reached its last target, then down the genuine pairs from limit to limit.
/// @param pairs labelled as the people say @param seed, stream of the draws @param fars 0 to 1 each
/// @throws Error when no resample gave a value, or a person was drawn more than 65,535 times; Cancelled
std::vector<Interval> bootstrapTars(const DescendingPairs &sorted, const TemplatePairs &pairs, const PairPeople &people, std::span<const double> fars,
                                    int resamples, double level, std::uint64_t seed, std::uint64_t stream, Progress &progress);

} // namespace dscope
