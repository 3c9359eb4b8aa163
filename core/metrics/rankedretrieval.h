// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/retrieval.h"
#include "core/metrics/retrievalfigures.h"
#include "core/metrics/retrievaltable.h"
#include "core/metrics/trackdistance.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Ranks every query's matches among the gallery: what retrieve() would make of the matrix of trackDistance(), without that matrix and without sorting its
/// rows. All protocols come from one pass. Official takes the gallery as it is, video-reid without the tracks that are queries too (unless onlyQueriesMatch():
/// then each is looked for among all); both ignore pid -1 and the tracks of the query's own pid and camera. A track without anything to compare is infinitely
/// far from all, so behind all others, in gallery order; such a query finds nothing.
///
/// Blocks of |b|^2 - 2 a.b come out of a float32 matrix product, whose sums are cut into parts of 512 values. Its error is bounded (Higham, Accuracy and
/// Stability of Numerical Algorithms, 3.1): n u / (1 - n u) |a||b| with u = 2^-24 and n = the additions that a product goes through. A track that is nearer or
/// farther than a match by more than the bound is counted by it; the few others by trackDistance() of the pair. So ranks, ties included, depend neither on the
/// order in which a product is summed nor on blocks and threads. Rows are multiplied by a power of two that keeps every product within float32.
///
/// Beside the features a copy of the blocks in hand is held: up to 4,096 queries, 1,024 tracks, and 1,024 x 1,024 products a thread.
/// @throws Error when sizes or places do not fit or a value is not finite; Cancelled
std::vector<RankedQueries> rankQueries(const RetrievalTable &table, RetrievalDistance distance, std::span<const RetrievalProtocol> protocols,
                                       Progress &progress);

} // namespace dscope
