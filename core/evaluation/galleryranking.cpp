// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/galleryranking.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <limits>
#include <set>
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
    checkMethod(features, method);
    m_pids.assign(features.subjects.begin(), features.subjects.end());
    m_cameras.assign(features.cameras.begin(), features.cameras.end());
    m_enrolled.assign(templates, 0);
    m_isQuery.assign(templates, 0);
    for (const std::uint32_t query : m_queries)
        m_isQuery[query] = 1;
    // Where all are looked for among all, nobody has a track beside the queries: as rankQueries() has it.
    std::set<std::int64_t> people;
    for (const std::uint32_t query : m_queries)
        people.insert(m_pids[query]);
    if (std::none_of(m_gallery.begin(), m_gallery.end(),
                     [&](std::uint32_t track) { return m_isQuery[track] == 0 && m_pids[track] != -1 && people.contains(m_pids[track]); }))
        std::fill(m_isQuery.begin(), m_isQuery.end(), std::uint8_t{0});
    const auto width = static_cast<std::size_t>(features.dim);
    progress.stage("Representing " + std::to_string(templates) + " tracklets: " + titleOf(method));
    growTo(m_rows, templates * width, progress);
    parallelFor(features.templates(), 64, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t t = from; t < to; ++t) {
            if (features.size(t) == 0)
                continue;
            m_enrolled[static_cast<std::size_t>(t)] = 1;
            const Aggregate made = aggregateTemplate(features, t, method);
            std::transform(made.feature.begin(), made.feature.end(), m_rows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * width),
                           [](double value) { return static_cast<float>(value); });
        }
    });
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
