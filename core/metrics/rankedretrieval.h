// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/retrieval.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// What became of one query.
struct QueryOutcome {
    std::int64_t pid = 0;
    std::int64_t matches = 0; ///< tracks of the same person by another camera
    std::int64_t first = 0;   ///< rank of the nearest match, from 1; 0: none was found
    double ap = 0;
};

/// AP and first rank of a query by its protocol. @param ranks of the matches that were found, ascending, from 1; the rest of `matches` were not
QueryOutcome outcomeOf(std::int64_t pid, std::int64_t matches, std::span<const std::int64_t> ranks, RetrievalProtocol protocol);
/// Whether a protocol counts a query.
bool isCounted(const QueryOutcome &outcome, RetrievalProtocol protocol);
/// mAP and CMC over the counted queries. @param ranks length of the CMC @throws Error if no query is counted
Retrieval summarise(std::span<const QueryOutcome> outcomes, RetrievalProtocol protocol, std::int64_t ranks);

/// Tracks of a retrieval in one table, T of them; queries and gallery by their place in it.
struct RetrievalTable {
    std::span<const float> features; ///< row-major [T, dim], as they are
    std::int64_t dim = 0;
    std::span<const std::int64_t> pids;     ///< [T]
    std::span<const std::int64_t> cameras;  ///< [T]
    std::span<const std::uint8_t> enrolled; ///< [T], 0 where there is nothing to compare; empty: all are
    std::span<const std::uint32_t> queries;
    std::span<const std::uint32_t> gallery;
};

/// The distance of two rows: |a - b|^2 from the differences, or 1 - a.b / (|a||b|) (1 where a side is all zeros), summed in double and rounded to float32.
float trackDistance(std::span<const float> a, std::span<const float> b, RetrievalDistance distance);

/// The outcomes of one protocol, a query each, in their order.
struct RankedQueries {
    RetrievalProtocol protocol = RetrievalProtocol::Official;
    std::int64_t gallery = 0; ///< tracks that are not ignored whatever the query
    std::vector<QueryOutcome> outcomes;
};

/// Whether nobody whom a query shows has a track in the gallery that is no query, so that leaving the queries out would leave nothing to find: as where all are
/// looked for among all. @param pids [T]
bool onlyQueriesMatch(std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery, std::span<const std::int64_t> pids);

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

struct RetrievalFiguresOptions {
    std::vector<std::int64_t> ranks{1, 5, 10, 20};
    std::int64_t curve = 50; ///< length of the CMC; at most the gallery's
    int resamples = 200;     ///< of the bootstrap over the queries' people; 0: no intervals
    std::uint64_t seed = 1;
};
/// The figures of ranked queries, with 95 % intervals of mAP and CMC by a bootstrap over people: a resample draws as many of the counted queries' people as
/// there are, and every query counts as often as its person was drawn. Protocols and methods share their draws. @throws Error if no query is counted, Cancelled
RetrievalFigures figuresOf(const RankedQueries &ranked, RetrievalDistance distance, const RetrievalFiguresOptions &options, Progress &progress);

} // namespace dscope
