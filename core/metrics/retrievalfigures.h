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

/// The outcomes of one protocol, a query each, in their order.
struct RankedQueries {
    RetrievalProtocol protocol = RetrievalProtocol::Official;
    std::int64_t gallery = 0; ///< tracks that are not ignored whatever the query
    std::vector<QueryOutcome> outcomes;
};

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
