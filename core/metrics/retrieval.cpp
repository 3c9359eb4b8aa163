// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/retrieval.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/words.h"
#include "core/metrics/rankedretrieval.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr Words<RetrievalProtocol, 3> s_retrievalProtocols{
    "no protocol of a retrieval",
    {{RetrievalProtocol::Official, "official"}, {RetrievalProtocol::VideoReid, "video-reid"}, {RetrievalProtocol::CrossCamera, "cross-camera"}}};

QueryOutcome judge(std::vector<std::size_t> &order, std::span<const float> distances, const Tracks &gallery, std::int64_t pid, RetrievalProtocol protocol)
{
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distances[a] < distances[b]; });
    std::vector<std::int64_t> ranks;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (gallery.pids[order[i]] == pid)
            ranks.push_back(static_cast<std::int64_t>(i + 1));
    return outcomeOf(pid, std::ssize(ranks), ranks, protocol);
}

} // namespace

std::string name(RetrievalProtocol protocol)
{
    return s_retrievalProtocols.wordOf(protocol);
}

std::string name(RetrievalDistance distance)
{
    return distance == RetrievalDistance::SquaredL2 ? "squared L2" : "cosine";
}

Retrieval retrieve(std::span<const float> distances, const Tracks &queries, const Tracks &gallery, RetrievalProtocol protocol, std::int64_t ranks,
                   Progress &progress)
{
    const std::size_t n = gallery.pids.size();
    if (queries.cameras.size() != queries.pids.size() || gallery.cameras.size() != n || distances.size() != queries.pids.size() * n || ranks < 0)
        throw Error("A retrieval needs person and camera of every track and a distance for each of " + std::to_string(queries.pids.size()) + " x "
                    + std::to_string(n) + " pairs; there are " + std::to_string(distances.size()) + " distances.");
    if (std::any_of(distances.begin(), distances.end(), [](float distance) { return std::isnan(distance); }))
        throw Error("A retrieval distance is not a number (NaN).");

    std::vector<QueryOutcome> outcomes(queries.pids.size());
    parallelFor(static_cast<std::int64_t>(outcomes.size()), 4, progress, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::size_t> order;
        for (auto q = static_cast<std::size_t>(begin); q < static_cast<std::size_t>(end); ++q) {
            order.clear();
            for (std::size_t g = 0; g < n; ++g) {
                const bool own = gallery.cameras[g] == queries.cameras[q] && (gallery.pids[g] == queries.pids[q] || protocol == RetrievalProtocol::CrossCamera);
                if (gallery.pids[g] != -1 && !own)
                    order.push_back(g);
            }
            outcomes[q] = judge(order, distances.subspan(q * n, n), gallery, queries.pids[q], protocol);
        }
    });

    return summarise(outcomes, protocol, ranks);
}

} // namespace dscope
