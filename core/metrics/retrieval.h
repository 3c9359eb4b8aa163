// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/metrics/statistics.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// The two MARS protocols that disagree (protocols.md, section 6), and that of sets with two cameras. All ignore gallery tracks of pid -1 and those of the
/// query's own pid and camera before ranks are counted; pid 0 stays as a negative. (That video-reid takes the queries out of the gallery too is a matter of
/// which tracks are handed in.)
enum class RetrievalProtocol {
    Official,  ///< trapezoid AP; a query without a match counts as AP 0 and no hit
    VideoReid, ///< mean precision at the hits; a query without a match is left out
    /// the same, and every track of the query's camera is ignored, as in sets whose probes come from one camera and whose gallery from another (PRID-2011,
    /// iLIDS-VID)
    CrossCamera
};
/// "official", "video-reid" or "cross-camera"
std::string name(RetrievalProtocol protocol);
/// All of them.
inline constexpr std::array retrievalProtocols{RetrievalProtocol::Official, RetrievalProtocol::VideoReid, RetrievalProtocol::CrossCamera};

/// One side of a retrieval: person and camera of every track.
struct Tracks {
    std::span<const std::int64_t> pids;
    std::span<const std::int64_t> cameras;
};

struct Retrieval {
    double map = 0;             ///< mean average precision over the counted queries
    std::vector<double> cmc;    ///< cmc[k - 1]: share of the counted queries whose first match is among the first k; as many as asked
    std::int64_t queries = 0;   ///< counted
    std::int64_t unmatched = 0; ///< queries without a match, counted or not by the protocol
};

/// How far two tracklets are apart.
enum class RetrievalDistance {
    SquaredL2, ///< of the representations as they are, not of unit vectors
    Cosine     ///< 1 - cosine
};
/// "squared L2" or "cosine"
std::string name(RetrievalDistance distance);

/// What a retrieval gave, with all that has to stand beside it.
struct RetrievalFigures {
    RetrievalProtocol protocol = RetrievalProtocol::Official;
    RetrievalDistance distance = RetrievalDistance::SquaredL2;
    std::int64_t queries = 0;   ///< counted
    std::int64_t unmatched = 0; ///< without a match; counted by the official protocol alone
    std::int64_t gallery = 0;   ///< tracklets
    double map = 0;
    Interval mapInterval; ///< over identities; 0 resamples: none
    std::vector<std::int64_t> ranks{1, 5, 10, 20};
    std::vector<double> cmc;            ///< at `ranks`
    std::vector<Interval> cmcIntervals; ///< likewise; empty: none
    std::vector<double> curve;          ///< CMC-1, 2, ... for plotting
};

/// @param distances row-major [queries, gallery], smaller is closer; ties keep gallery order
/// @param ranks length of the CMC
/// @throws Error if sizes do not fit, a distance is NaN, or no query is counted; Cancelled
Retrieval retrieve(std::span<const float> distances, const Tracks &queries, const Tracks &gallery, RetrievalProtocol protocol, std::int64_t ranks,
                   Progress &progress);

} // namespace dscope
