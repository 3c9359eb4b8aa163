// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/retrievalbench.h"

#include "core/base/device.h"
#include "core/base/random.h"
#include "core/metrics/rankedretrieval.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

namespace dscope {

namespace {

/// Of all threads, the system's part included.
double processorSeconds(const std::function<void()> &work)
{
    const auto now = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto seconds = [](const timeval &time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    };
    const double begin = now();
    work();
    return now() - begin;
}

} // namespace

void retrievalBench()
{
    constexpr std::int64_t queries = 1980;
    constexpr std::int64_t gallery = 12'180;
    constexpr std::int64_t nobody = 870; // tracks of pid -1, as MARS has
    constexpr std::int64_t dim = 2048;
    constexpr std::int64_t people = 626;
    // Activations of a ReLU: half of them 0. A track is its person with as much again of its own.
    std::vector<float> means(static_cast<std::size_t>((people + 1) * dim));
    Random random(1);
    for (float &value : means)
        value = static_cast<float>(random.normal());
    std::vector<float> features(static_cast<std::size_t>(gallery * dim));
    std::vector<std::int64_t> pids;
    std::vector<std::int64_t> cameras;
    std::vector<std::uint32_t> asked;
    std::vector<std::uint32_t> places;
    for (std::int64_t t = 0; t < gallery; ++t) {
        const std::int64_t who = t < nobody ? -1 : static_cast<std::int64_t>(random.below(people));
        pids.push_back(who);
        cameras.push_back(static_cast<std::int64_t>(random.below(6)));
        places.push_back(static_cast<std::uint32_t>(t));
        if (t >= gallery - queries)
            asked.push_back(static_cast<std::uint32_t>(t));
        for (std::int64_t d = 0; d < dim; ++d) {
            const double value = static_cast<double>(means[static_cast<std::size_t>((who < 0 ? people : who) * dim + d)]) + random.normal();
            features[static_cast<std::size_t>(t * dim + d)] = static_cast<float>(std::max(0.0, value));
        }
    }
    const at::Tensor all = at::from_blob(features.data(), {gallery, dim}, at::kFloat);
    const at::Tensor some = all.narrow(0, gallery - queries, queries);
    const RetrievalTable table{features, dim, pids, cameras, {}, asked, places};
    const RetrievalProtocol protocols[] = {RetrievalProtocol::Official, RetrievalProtocol::VideoReid};
    Progress progress;
    struct Measured {
        const char *what;
        std::function<void()> work;
        std::vector<double> used = {};
        std::vector<double> wall = {};
    };
    const auto figures = [&](RetrievalDistance distance) {
        for (const RankedQueries &ranked : rankQueries(table, distance, protocols, progress))
            figuresOf(ranked, distance, {}, progress);
    };
    std::vector<Measured> measured{{"at::matmul alone", [&] { at::matmul(some, all.t()); }},
                                   {"squared L2: ranks, figures, intervals", [&] { figures(RetrievalDistance::SquaredL2); }},
                                   {"cosine: ranks, figures, intervals", [&] { figures(RetrievalDistance::Cosine); }},
                                   {"squared L2: ranks alone", [&] { rankQueries(table, RetrievalDistance::SquaredL2, protocols, progress); }}};
    // In turn, and the least of each: what else the machine does takes from all alike.
    for (int i = 0; i < 12; ++i)
        for (Measured &one : measured) {
            double seconds = 0;
            one.wall.push_back(secondsOf([&] { seconds = processorSeconds(one.work); }));
            one.used.push_back(seconds);
        }
    const auto least = [](const std::vector<double> &values) { return *std::min_element(values.begin(), values.end()); };
    std::printf("Retrieval at MARS size: %lld queries x %lld tracks x %lld values, both protocols; %d threads; least of 12\n\n",
                static_cast<long long>(queries), static_cast<long long>(gallery), static_cast<long long>(dim), threads());
    std::printf("| what | processor seconds | seconds | share of the matrix-product peak |\n|---|---|---|---|\n");
    for (const Measured &one : measured)
        std::printf("| %s | %.2f | %.2f | %.0f %% |\n", one.what, least(one.used), least(one.wall), 100 * least(measured.front().used) / least(one.used));
}

} // namespace dscope
