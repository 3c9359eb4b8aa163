// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/scorebench.h"

#include "core/base/random.h"
#include "core/base/torchdevice.h"
#include "core/scores/streamscores.h"

#include <ATen/ATen.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace dscope {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Notes when each stage began.
class StageTimes final : public Progress {
public:
    double passSeconds = 0;
    double searchSeconds = 0;

    void end()
    {
        if (m_begun)
            searchSeconds = since(m_at);
    }

protected:
    void onStage(const std::string &) override
    {
        if (m_begun)
            passSeconds = since(m_at);
        m_begun = true;
        m_at = Clock::now();
    }
    void onNotice(const std::string &text) override { std::fprintf(stderr, "%s\n", text.c_str()); }

private:
    bool m_begun = false;
    Clock::time_point m_at;
};

double residentMiB()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

} // namespace

double measuredPeak(const Device &device)
{
    const c10::InferenceMode inference;
    const at::Device where = torchDevice(device);
    const std::int64_t side = device.isCuda() ? 8192 : 1536;
    const at::Tensor a = at::randn({side, side}, at::TensorOptions(at::kFloat).device(where));
    const at::Tensor b = at::randn({side, side}, at::TensorOptions(at::kFloat).device(where));
    double best = 0;
    for (int i = 0; i < 9; ++i) {
        const auto begin = Clock::now();
        const at::Tensor c = at::mm(a, b);
        c.index({0, 0}).item<float>(); // waits for a GPU
        if (i > 0)
            best = std::max(best, 2.0 * static_cast<double>(side * side * side) / since(begin) / 1e9);
    }
    return best;
}

void scoreBench(const Device &device, std::int64_t pictures, std::int64_t classes, std::int64_t dim, std::int64_t rowsABlock, std::int64_t centroidsABlock)
{
    constexpr std::int64_t wholePictures = 5'822'653; // MS1MV2
    constexpr std::int64_t wholeClasses = 85'742;
    std::vector<float> features(static_cast<std::size_t>(pictures * dim));
    std::vector<std::int32_t> labels(static_cast<std::size_t>(pictures));
    Random random(1);
    for (float &value : features)
        value = static_cast<float>(random.uniform() + random.uniform() + random.uniform() - 1.5);
    // Every class is there; those of the first pictures twice.
    for (std::int64_t i = 0; i < pictures; ++i)
        labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % classes);
    const auto rows = featuresInMemory(features, dim);
    const double peakBefore = measuredPeak(device);
    StreamOptions options;
    options.device = device;
    options.rows = rowsABlock;
    options.centroids = centroidsABlock;
    StageTimes progress;
    streamDScores(*rows, labels, options, progress);
    progress.end();
    const double peak = std::max(peakBefore, measuredPeak(device));
    const double rate = searchFlop(pictures, classes, dim) / progress.searchSeconds / 1e9;

    // The same in double, on a part: what the search would cost without the rounding trick.
    const std::int64_t part = std::min<std::int64_t>(pictures, 512);
    Progress quiet;
    std::vector<std::int32_t> few(static_cast<std::size_t>(part));
    const std::int64_t fewClasses = std::max<std::int64_t>(2, part / 2);
    for (std::int64_t i = 0; i < part; ++i)
        few[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % fewClasses);
    double doubles = 0;
    for (int i = 0; i < 3; ++i) {
        const auto begin = Clock::now();
        computeDScores(std::span<const float>(features).first(static_cast<std::size_t>(part * dim)), dim, few, {}, quiet);
        doubles = std::max(doubles, searchFlop(part, fewClasses, dim) / since(begin) / 1e9);
    }

    std::printf("\nD-score search: %lld random features of %lld values against %lld centroids, on %s; measured peak (float32 matrix product): %.0f GFLOP/s\n\n",
                static_cast<long long>(pictures), static_cast<long long>(dim), static_cast<long long>(classes), device.name().c_str(), peak);
    std::printf("| what | speed | of the peak |\n|---|---|---|\n");
    std::printf("| search for the hardest centroid, answers in double | %.0f GFLOP/s, %.0f pictures/s | %.0f %% |\n", rate,
                static_cast<double>(pictures) / progress.searchSeconds, 100 * rate / peak);
    std::printf("| the same search in double throughout (CPU, small part) | %.1f GFLOP/s | %.0f %% |\n", doubles, 100 * doubles / peak);
    std::printf("| pass for the centroids | %.0f pictures/s | |\n", static_cast<double>(pictures) / std::max(1e-9, progress.passSeconds));
    const double whole = searchFlop(wholePictures, wholeClasses, 512) / rate / 1e9
        + static_cast<double>(wholePictures) / (static_cast<double>(pictures) / std::max(1e-9, progress.passSeconds)) * 512 / static_cast<double>(dim);
    std::printf("| projected: 5,822,653 pictures of 85,742 classes, 512 values | %.2f h | |\n", whole / 3600);
    std::printf("| most memory of this process | %.0f MiB | |\n", residentMiB());
}

} // namespace dscope
