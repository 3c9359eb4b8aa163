// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace dscope {

/// Tracks of a retrieval in one table, T of them; queries and gallery by their place in it.
struct RetrievalTable {
    std::span<const float> features; ///< row-major [T, dim], as they are
    std::int64_t dim = 0;
    std::span<const std::int64_t> pids;     ///< [T]
    std::span<const std::int64_t> cameras;  ///< [T]
    std::span<const std::uint8_t> enrolled; ///< [T], 0 where there is nothing to compare; empty: all are
    std::span<const std::uint32_t> queries;
    std::span<const std::uint32_t> gallery;

    /// @throws Error when sizes or places do not fit, or there are no queries or no gallery
    void check() const;
};

/// Whether nobody whom a query shows has a track in the gallery that is no query, so that leaving the queries out would leave nothing to find: as where all are
/// looked for among all. @param pids [T]
bool onlyQueriesMatch(std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery, std::span<const std::int64_t> pids);

} // namespace dscope
