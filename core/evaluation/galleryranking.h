// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/base/progress.h"
#include "core/metrics/rankedretrieval.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dscope {

/// What a tracklet of the gallery is to a query.
enum class TrackKind {
    Right,  ///< the same person by another camera
    Wrong,  ///< somebody else, or nobody that is known
    Ignored ///< junk (pid -1), or the query's own person by its own camera, or by cross-camera anybody by that camera: it has no rank
};

/// A tracklet of the gallery as a query finds it.
struct RankedTrack {
    std::uint32_t place = 0; ///< in the set
    float distance = 0;      ///< trackDistance(); infinite where there is nothing to compare
    TrackKind kind = TrackKind::Wrong;
    std::int64_t rank = 0; ///< from 1, among those that are not ignored; 0: ignored
};

/// Tracklets represented once by a method, and ranked for one query after the other: what a person looks at beside the figures of evaluateRetrieval(), which
/// ranks them alike. Holds a vector a tracklet, 4 T dim bytes. All of it may be called from any thread.
class GalleryRanking {
public:
    /// @param queries, gallery places in the set
    /// @throws Error when the set has no cameras, a place is not there, or the method asks for what the set does not have; Cancelled
    GalleryRanking(std::shared_ptr<const TemplateFeatures> set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                   const Method &method, RetrievalDistance distance, Progress &progress);

    const std::vector<std::uint32_t> &queries() const { return m_queries; }
    /// What became of each query, in their order. @throws Cancelled
    RankedQueries outcomes(RetrievalProtocol protocol, Progress &progress) const;
    /// The gallery as a query finds it, nearest first, ties in gallery order, until `count` tracklets that are not ignored are there: those that are stand
    /// among them. The query itself is left out, and by RetrievalProtocol::VideoReid so is every other one, unless their people have no other tracklets.
    /// @param query its place among queries() @throws Error when there is no such query
    std::vector<RankedTrack> gallery(std::size_t query, RetrievalProtocol protocol, std::int64_t count) const;

private:
    std::span<const float> row(std::uint32_t place) const;

    std::shared_ptr<const TemplateFeatures> m_set;
    std::vector<std::uint32_t> m_queries;
    std::vector<std::uint32_t> m_gallery;
    RetrievalDistance m_distance;
    std::vector<float> m_rows;           ///< [T, dim]
    std::vector<std::int64_t> m_pids;    ///< [T]
    std::vector<std::int64_t> m_cameras; ///< [T]
    std::vector<std::uint8_t> m_enrolled;
    std::vector<std::uint8_t> m_isQuery; ///< [T]
};

} // namespace dscope
