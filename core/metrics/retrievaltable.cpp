// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/retrievaltable.h"

#include "core/base/error.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

namespace dscope {

void RetrievalTable::check() const
{
    const std::size_t n = pids.size();
    if (dim <= 0 || features.size() != n * static_cast<std::size_t>(dim) || cameras.size() != n || (!enrolled.empty() && enrolled.size() != n))
        throw Error("A retrieval needs person, camera and a row of " + std::to_string(dim) + " values of every track; there are " + std::to_string(n)
                    + " persons, " + std::to_string(cameras.size()) + " cameras and " + std::to_string(features.size()) + " values.");
    for (const auto places : {queries, gallery})
        if (std::any_of(places.begin(), places.end(), [n](std::uint32_t place) { return place >= n; }))
            throw Error("A retrieval names a track that is not there.");
    if (queries.empty() || gallery.empty())
        throw Error("A retrieval needs queries and a gallery; there are " + std::to_string(queries.size()) + " and " + std::to_string(gallery.size())
                    + " tracks.");
}

bool onlyQueriesMatch(std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery, std::span<const std::int64_t> pids)
{
    std::unordered_set<std::int64_t> people;
    std::vector<std::uint8_t> isQuery(pids.size(), 0);
    for (const std::uint32_t query : queries) {
        isQuery[query] = 1;
        people.insert(pids[query]);
    }
    people.erase(-1); // junk, whom nobody looks for
    return std::none_of(gallery.begin(), gallery.end(), [&](std::uint32_t track) { return isQuery[track] == 0 && people.contains(pids[track]); });
}

} // namespace dscope
