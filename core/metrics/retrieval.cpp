// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/retrieval.h"

#include "core/base/error.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope {

namespace {

struct Outcome {
    double ap = 0;
    std::int64_t first = 0; ///< rank of the first match, 0 without one
};

Outcome judge(std::vector<std::size_t> &order, std::span<const float> distances, const Tracks &gallery, std::int64_t pid, RetrievalProtocol protocol)
{
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distances[a] < distances[b]; });
    Outcome outcome;
    std::int64_t hits = 0;
    double sum = 0;
    for (std::size_t r = 1; r <= order.size(); ++r) {
        if (gallery.pids[order[r - 1]] != pid)
            continue;
        const double before = r == 1 ? 1.0 : static_cast<double>(hits) / static_cast<double>(r - 1);
        ++hits;
        const double precision = static_cast<double>(hits) / static_cast<double>(r);
        sum += protocol == RetrievalProtocol::Official ? (precision + before) / 2 : precision;
        if (outcome.first == 0)
            outcome.first = static_cast<std::int64_t>(r);
    }
    outcome.ap = hits == 0 ? 0 : sum / static_cast<double>(hits);
    return outcome;
}

} // namespace

std::string name(RetrievalProtocol protocol)
{
    return protocol == RetrievalProtocol::Official ? "official" : "video-reid";
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

    std::vector<Outcome> outcomes(queries.pids.size());
    parallelFor(static_cast<std::int64_t>(outcomes.size()), 4, progress, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::size_t> order;
        for (auto q = static_cast<std::size_t>(begin); q < static_cast<std::size_t>(end); ++q) {
            order.clear();
            for (std::size_t g = 0; g < n; ++g) {
                const bool own = gallery.pids[g] == queries.pids[q] && gallery.cameras[g] == queries.cameras[q];
                if (gallery.pids[g] != -1 && !own)
                    order.push_back(g);
            }
            outcomes[q] = judge(order, distances.subspan(q * n, n), gallery, queries.pids[q], protocol);
        }
    });

    Retrieval result;
    std::vector<std::int64_t> firsts(static_cast<std::size_t>(ranks), 0);
    double sum = 0;
    for (const Outcome &outcome : outcomes) {
        result.unmatched += outcome.first == 0 ? 1 : 0;
        if (outcome.first == 0 && protocol == RetrievalProtocol::VideoReid)
            continue;
        ++result.queries;
        sum += outcome.ap;
        if (outcome.first > 0 && outcome.first <= ranks)
            ++firsts[static_cast<std::size_t>(outcome.first - 1)];
    }
    if (result.queries == 0)
        throw Error("No query has a match in the gallery, so there is nothing to average.");
    result.map = sum / static_cast<double>(result.queries);
    std::int64_t hits = 0;
    for (const std::int64_t first : firsts) {
        hits += first;
        result.cmc.push_back(static_cast<double>(hits) / static_cast<double>(result.queries));
    }
    return result;
}

} // namespace dscope
