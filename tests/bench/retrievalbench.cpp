// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/retrievalbench.h"

#include "core/aggregation/aggregate.h"
#include "core/base/device.h"
#include "core/base/random.h"
#include "core/metrics/rankedretrieval.h"
#include "core/threshold/liveretrieval.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
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

void liveRetrievalBench()
{
    constexpr std::int64_t queries = 1980;
    constexpr std::int64_t gallery = 12'180;
    constexpr std::int64_t crops = 681'089;
    constexpr std::int64_t dim = 512;
    constexpr std::uint64_t people = 626;
    Random random(1);
    std::vector<float> means(people * dim);
    for (float &value : means)
        value = static_cast<float>(random.normal());
    const auto set = std::make_shared<TemplateFeatures>();
    set->benchmark = "drawn";
    set->synthetic = true;
    set->dim = dim;
    set->features.resize(static_cast<std::size_t>(crops * dim));
    set->begin.clear();
    std::vector<std::uint32_t> all(gallery);
    std::iota(all.begin(), all.end(), 0U);
    const std::vector<std::uint32_t> asked(all.end() - queries, all.end());
    for (std::int64_t t = 0; t <= gallery; ++t)
        set->begin.push_back(crops * t / gallery);
    for (std::int64_t t = 0; t < gallery; ++t) {
        const auto who = static_cast<std::size_t>(random.below(people));
        set->ids.push_back(t);
        set->subjects.push_back(static_cast<std::int32_t>(who));
        set->cameras.push_back(static_cast<std::int32_t>(random.below(6)));
        for (std::int64_t i = set->begin[static_cast<std::size_t>(t)]; i < set->begin[static_cast<std::size_t>(t) + 1]; ++i) {
            set->dScores.push_back(static_cast<float>(random.uniform()));
            // Noise is drawn once a crop and moved along: a billion normal deviates would take longer than all that is measured.
            const std::size_t from = random.below(people * dim - dim);
            for (std::int64_t d = 0; d < dim; ++d)
                set->features[static_cast<std::size_t>(i * dim + d)] =
                    means[who * dim + static_cast<std::size_t>(d)] + 2 * means[from + static_cast<std::size_t>(d)];
        }
    }
    for (std::uint64_t who = 0; who < people; ++who)
        set->subjectNames.push_back(std::to_string(who));
    Progress progress;
    std::unique_ptr<LiveRetrieval> live;
    const double arranged = processorSeconds([&] { live = std::make_unique<LiveRetrieval>(set, asked, all, LiveRetrievalOptions{}, progress); });
    const at::Tensor features = at::from_blob(set->features.data(), {crops, dim}, at::kFloat);
    const auto plain = [&](double t) {
        // DDL of every tracklet by hand, then the matrix and its rows in order.
        at::Tensor vectors = at::zeros({gallery, dim});
        for (std::int64_t track = 0; track < gallery; ++track) {
            const auto scores = set->dScoresOf(track);
            std::vector<float> weights(scores.size(), 0.F);
            float low = 2;
            for (const float score : scores)
                low = static_cast<double>(score) > t ? std::min(low, score) : low;
            float sum = 0;
            for (std::size_t i = 0; i < scores.size(); ++i) {
                weights[i] = static_cast<double>(scores[i]) > t ? scores[i] - low : 0.F;
                sum += weights[i];
            }
            if (sum <= 0) {
                weights.assign(weights.size(), 0.F);
                weights[static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin())] = sum = 1;
            }
            vectors[track] = at::matmul(at::tensor(weights), features.narrow(0, set->begin[static_cast<std::size_t>(track)], set->size(track))) / sum;
        }
        const at::Tensor some = vectors.narrow(0, gallery - queries, queries);
        const at::Tensor distances = some.square().sum(1, true) + vectors.square().sum(1) - 2 * at::matmul(some, vectors.t());
        distances.argsort(std::int64_t{1});
    };
    std::vector<double> moves;
    std::vector<double> wall;
    std::vector<double> plainly;
    for (int i = 0; i < 7; ++i) {
        const double t = 0.1 + 0.12 * i;
        double used = 0;
        wall.push_back(secondsOf([&] { used = processorSeconds([&] { live->at(linearRule({}), t, progress); }); }));
        moves.push_back(used);
        plainly.push_back(processorSeconds([&] { plain(t); }));
    }
    std::printf(
        "Live retrieval at the size of MARS's test part: %lld queries x %lld tracklets, %lld crops x %lld values, both protocols; %d threads; middle of 7 "
        "thresholds\n\n",
        static_cast<long long>(queries), static_cast<long long>(gallery), static_cast<long long>(crops), static_cast<long long>(dim), threads());
    std::printf("| what | processor seconds | seconds |\n|---|---|---|\n| arranged, once | %.2f | |\n| a move of the threshold: vectors, ranks, mAP, CMC | "
                "%.2f | %.2f |\n"
                "| the plain way: every crop weighed, matrix product, whole rows sorted | %.2f | |\n",
                arranged, median(moves), median(wall), median(plainly));
}

} // namespace dscope
