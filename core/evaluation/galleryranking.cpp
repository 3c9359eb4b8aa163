// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/galleryranking.h"

#include "core/base/error.h"
#include "core/evaluation/retrievalrun.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace dscope {

GalleryRanking::GalleryRanking(std::shared_ptr<const TemplateFeatures> set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                               const Method &method, RetrievalDistance distance, Progress &progress)
    : m_set(std::move(set)), m_queries(queries.begin(), queries.end()), m_gallery(gallery.begin(), gallery.end()), m_distance(distance)
{
    const TemplateFeatures &features = *m_set;
    features.check();
    const auto templates = static_cast<std::size_t>(features.templates());
    if (features.cameras.size() != templates)
        throw Error("A retrieval needs the camera of every tracklet, which this set does not have.");
    for (const auto *places : {&m_queries, &m_gallery})
        if (std::any_of(places->begin(), places->end(), [templates](std::uint32_t place) { return place >= templates; }))
            throw Error("A retrieval names a tracklet that the set does not have.");
    m_pids.assign(features.subjects.begin(), features.subjects.end());
    m_cameras.assign(features.cameras.begin(), features.cameras.end());
    m_enrolled.assign(templates, 0);
    m_isQuery.assign(templates, 0);
    for (const std::uint32_t query : m_queries)
        m_isQuery[query] = 1;
    if (onlyQueriesMatch(m_queries, m_gallery, m_pids))
        std::fill(m_isQuery.begin(), m_isQuery.end(), std::uint8_t{0});
    progress.stage("Representing " + std::to_string(templates) + " tracklets: " + titleOf(method));
    for (std::size_t t = 0; t < templates; ++t)
        m_enrolled[t] = features.size(static_cast<std::int64_t>(t)) > 0 ? 1 : 0;
    std::vector<std::int32_t> kept;
    m_rows = aggregates(features, method, kept, progress);
}

std::span<const float> GalleryRanking::row(std::uint32_t place) const
{
    const auto width = static_cast<std::size_t>(m_set->dim);
    return std::span(m_rows).subspan(place * width, width);
}

RankedQueries GalleryRanking::outcomes(RetrievalProtocol protocol, Progress &progress) const
{
    progress.stage("Ranking " + std::to_string(m_gallery.size()) + " tracklets");
    return std::move(
        rankQueries({m_rows, m_set->dim, m_pids, m_cameras, m_enrolled, m_queries, m_gallery}, m_distance, std::span(&protocol, 1), progress).front());
}

std::vector<RankedTrack> GalleryRanking::gallery(std::size_t query, RetrievalProtocol protocol, std::int64_t count) const
{
    if (query >= m_queries.size())
        throw Error("There is no query " + std::to_string(query + 1) + " among " + std::to_string(m_queries.size()) + ".");
    const std::uint32_t own = m_queries[query];
    std::vector<RankedTrack> tracks;
    for (const std::uint32_t place : m_gallery) {
        if (place == own || (protocol == RetrievalProtocol::VideoReid && m_isQuery[place] != 0))
            continue;
        RankedTrack track;
        track.place = place;
        track.distance =
            m_enrolled[own] != 0 && m_enrolled[place] != 0 ? trackDistance(row(own), row(place), m_distance) : std::numeric_limits<float>::infinity();
        const bool same = m_pids[place] == m_pids[own];
        if (m_pids[place] == -1 || (m_cameras[place] == m_cameras[own] && (same || protocol == RetrievalProtocol::CrossCamera)))
            track.kind = TrackKind::Ignored;
        else
            track.kind = same ? TrackKind::Right : TrackKind::Wrong;
        tracks.push_back(track);
    }
    std::stable_sort(tracks.begin(), tracks.end(), [](const RankedTrack &a, const RankedTrack &b) { return a.distance < b.distance; });
    std::int64_t rank = 0;
    std::size_t end = 0;
    for (; end < tracks.size() && rank < count; ++end)
        if (tracks[end].kind != TrackKind::Ignored)
            tracks[end].rank = ++rank;
    tracks.resize(end);
    return tracks;
}

} // namespace dscope
