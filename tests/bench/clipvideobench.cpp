// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/clipvideobench.h"

#include "core/analysis/classify.h"
#include "core/analysis/videoclips.h"
#include "core/base/error.h"
#include "core/media/clipreader.h"
#include "tests/bench/timing.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace dscope {

namespace {

namespace fs = std::filesystem;

double processorSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Medians of two ways in turn, each at least three times.
std::pair<double, double> inTurn(const std::function<void()> &first, const std::function<void()> &second, double seconds)
{
    std::vector<double> a;
    std::vector<double> b;
    const double begin = processorSeconds();
    while (a.size() < 3 || processorSeconds() - begin < seconds) {
        double at = processorSeconds();
        first();
        a.push_back(processorSeconds() - at);
        at = processorSeconds();
        second();
        b.push_back(processorSeconds() - at);
    }
    return {median(a), median(b)};
}

/// Frames that clips need, each once.
std::int64_t framesOfClips(const std::vector<ClipPlace> &places)
{
    std::set<std::int64_t> frames;
    for (const ClipPlace &place : places)
        frames.insert(place.frames.begin(), place.frames.end());
    return static_cast<std::int64_t>(frames.size());
}

void readingRows(const fs::path &video, double seconds)
{
    Progress progress;
    const std::unique_ptr<FrameSource> frames = openFrames(video, {30, 1}, progress);
    const ClipPlaces all = clipPlaces(frames->ticks(), {});
    const ClipCut cut{112, 112, 112};
    const auto read = [&](const std::vector<ClipPlace> &places) {
        readClips(
            *frames, places, cut, [](std::size_t, Clip &&) {}, progress);
    };
    std::printf("| clips of %zu | share of the frames | processor time, share of all clips' | over the ideal share |\n|---|---|---|---|\n", all.places.size());
    for (const std::size_t k : {3, 5, 9, 30}) {
        if (k >= all.places.size())
            continue;
        std::vector<ClipPlace> spread;
        for (std::size_t i = 0; i < k; ++i)
            spread.push_back(all.places[(2 * i + 1) * all.places.size() / (2 * k)]);
        const auto middle = all.places.begin() + static_cast<std::ptrdiff_t>((all.places.size() - k) / 2);
        std::vector<ClipPlace> row(middle, middle + static_cast<std::ptrdiff_t>(k));
        for (const auto &[name, chosen] : {std::pair("spread", &spread), std::pair("in a row", &row)}) {
            const auto [some, whole] = inTurn([&] { read(*chosen); }, [&] { read(all.places); }, seconds);
            const double share = static_cast<double>(framesOfClips(*chosen)) / static_cast<double>(framesOfClips(all.places));
            std::printf("| %zu, %s | %.3f | %.3f | %.2f |\n", k, name, share, some / whole, some / whole / share);
        }
    }
}

void pipelineRows(const fs::path &video, const std::string &base, const std::string &ddnet, double seconds)
{
    const ModelStore store;
    AnalysisOptions options;
    options.task = taskOf(Protocol::Classification).name;
    options.base = base;
    options.ddnet = ddnet;
    options.device = "cpu";
    options.useCache = false;
    Progress progress;
    const ModelSpec baseSpec = store.find(base, Role::Base);
    const ModelSpec ddnetSpec = store.find(ddnet, Role::DdNet);
    const ClipPlan plan = clipPlan(&ddnetSpec, &baseSpec, {});
    std::vector<Clip> clips;
    const double reading = inTurn(
                               [&] {
                                   DividedVideo divided = divide(video, plan.division, progress);
                                   clips.clear();
                                   readClips(
                                       *divided.frames, divided.places.places, plan.ddnet->cut,
                                       [&](std::size_t, Clip &&clip) {
                                           if (clip.frames() == plan.ddnet->frames)
                                               clips.push_back(std::move(clip));
                                       },
                                       progress);
                               },
                               [] {}, seconds)
                               .first;
    const auto network = Network::load(ddnetSpec, {}, {.use = Use::Score, .clips = true});
    double scoring = 0;
    if (!clips.empty())
        scoring = inTurn(
                      [&] {
                          for (const Clip &clip : clips)
                              network->runClips(std::span(&clip, 1), progress);
                      },
                      [] {}, seconds)
                      .first;
    std::printf("\n| video in, prediction out | processor seconds | over decoding and DDNet alone |\n|---|---|---|\n| decoding and cutting all clips | %.2f | "
                "|\n| DDNet on "
                "%zu clips | %.2f | |\n",
                reading, clips.size(), scoring);
    for (const int k : {3, 9}) {
        const double whole = inTurn([&] { (void)classify({video}, options, Keep::best(k), store, progress); }, [] {}, seconds).first;
        std::printf("| all of it, K = %d | %.2f | %.2f |\n", k, whole, whole / (reading + scoring));
    }
}

} // namespace

void clipVideoBench(const fs::path &video, const std::string &base, const std::string &ddnet, double seconds)
{
    std::printf("Video: %s, 16 frames a clip at 30 a second, one behind the other, 112 x 112.\n\n", video.filename().c_str());
    readingRows(video, seconds);
    if (!base.empty() && !ddnet.empty())
        pipelineRows(video, base, ddnet, seconds);
}

} // namespace dscope
