// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/benchmarks.h"

#include "core/datasets/labelledvideos.h"

#include <numeric>
#include <utility>

namespace dscope {

namespace {

/// Clips of a video that is sampled densely (the paper, section 4.3: ActivityNet's videos have 120 s on average, a clip every two seconds).
constexpr int s_denseActivityNet = 60;
constexpr int s_denseKinetics = 30;

/// A template a video; its clips are known when it is opened.
Benchmark readVideos(const std::filesystem::path &root, const BenchmarkOptions &options, std::optional<VideoLayout> layout, int dense, Progress &progress)
{
    LabelledVideos set = readLabelledVideos(root, {layout, options.pairs, options.subset}, progress);
    Benchmark benchmark;
    benchmark.name = set.name;
    benchmark.task = "action";
    benchmark.synthetic = isSynthetic(root);
    benchmark.subjectNames = std::move(set.classes);
    benchmark.warnings = std::move(set.warnings);
    benchmark.begin.assign(set.videos.size() + 1, 0);
    benchmark.ids.resize(set.videos.size());
    std::iota(benchmark.ids.begin(), benchmark.ids.end(), std::int64_t{0});
    for (const LabelledVideo &video : set.videos)
        benchmark.subjects.push_back(video.label);
    benchmark.videos = std::move(set.videos);
    benchmark.clips = options.clips;
    if (benchmark.clips.count == 0 && benchmark.clips.step == 0)
        benchmark.clips.count = dense;
    benchmark.splits.emplace_back();
    benchmark.splits.back().name = benchmark.name;
    return benchmark;
}

Benchmark readActivityNet(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress)
{
    return readVideos(root, options, VideoLayout::ActivityNet, s_denseActivityNet, progress);
}

Benchmark readKinetics(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress)
{
    return readVideos(root, options, VideoLayout::Kinetics, s_denseKinetics, progress);
}

/// A folder per class, or a csv.
Benchmark readClasses(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::error_code problem;
    const bool list = !options.pairs.empty() || std::filesystem::is_regular_file(root, problem);
    return readVideos(root, options, list ? VideoLayout::List : VideoLayout::Classes, 0, progress);
}

} // namespace

std::vector<TaskBenchmark> actionBenchmarks()
{
    return {
        {"activitynet", readActivityNet, {"activity_net.v1-2.json", "activity_net.v1-3.min.json"}, nullptr},
        {"kinetics", readKinetics, {}, nullptr},
        {"classes", readClasses, {}, nullptr},
    };
}

} // namespace dscope
