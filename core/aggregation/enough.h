// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Until enough: of every group the best elements, until the D-scores of those kept sum to `enough` (ours, not of the paper; docs/enough.md). An element is
/// kept while the D-scores of those before it sum to less, so that there is always one.
///
/// One threshold for all groups (Eq. 7) gives those that have many good elements all of them, and those that have none a single one. This takes from every
/// group as much good as is needed, so that a budget goes where it helps most. Poor elements are kept where nothing better is there: their weights have to tell
/// them apart, as those of DDL, DDL+ and a second look do and the plain mean does not.
///
/// @param descending D-scores of a group, from the largest; what lies below 0 counts as 0 @param enough above 0
/// @return how many are kept; 0 of none
std::int64_t enoughOf(std::span<const float> descending, double enough);

/// The elements of enoughOf() in input order; of equal D-scores the earlier. @param dScores in any order
std::vector<std::int64_t> enoughElements(std::span<const float> dScores, double enough);

/// Puts behind `sums`, for every element of a group, the sum of the D-scores before it; -1 for the first, which is always kept.
void appendSumsBefore(std::vector<double> &sums, std::span<const float> descending);

/// The least `enough` that keeps a share of all elements, one for each group at least. @param sumsBefore of all groups, by appendSumsBefore(); ascending
/// @param share 0 to 1 @throws Error without elements
double enoughForShare(std::span<const double> sumsBefore, double share);

} // namespace dscope
