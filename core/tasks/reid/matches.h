// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/benchmark.h"

#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <vector>

namespace dscope {

/// All places of templates.
inline std::vector<std::uint32_t> everyTemplate(const Benchmark &benchmark)
{
    std::vector<std::uint32_t> all(static_cast<std::size_t>(benchmark.templates()));
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

/// Whether any query's person is in the gallery, seen by another camera.
inline bool anyMatch(const Benchmark &benchmark, const RetrievalLists &lists)
{
    struct Seen {
        std::int32_t camera = 0;
        bool several = false;
    };
    std::unordered_map<std::int32_t, Seen> seen; // by person
    for (const std::uint32_t t : lists.gallery) {
        const auto [one, fresh] = seen.try_emplace(benchmark.subjects[t], Seen{benchmark.cameras[t], false});
        one->second.several = one->second.several || (!fresh && one->second.camera != benchmark.cameras[t]);
    }
    for (const std::uint32_t t : lists.queries)
        if (const auto one = seen.find(benchmark.subjects[t]); one != seen.end() && (one->second.several || one->second.camera != benchmark.cameras[t]))
            return true;
    return false;
}

} // namespace dscope
