// SPDX-License-Identifier: GPL-3.0-or-later
// dscope-bench: every stage's speed beside the naive way and beside the machine's peak, in one run, as one Markdown table.
//
//   dscope-bench [--video FILE] [--seconds S]
//   dscope-bench --onnx FILE [--onnx FILE]... [--seconds S]     the ONNX executor beside OpenCV DNN
//   dscope-bench --clips [--video FILE] [--base MODEL --ddnet MODEL]     clips read out of a video, and classified
//   dscope-bench --people FILE|hog --video FILE --truth gt.txt [--frames FROM-TO]     people found and tracked, beside the truth
//
// Machines are shared and noisy: stages that are compared take turns, and what counts is the ratio.

#include "core/analysis/analysis.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/video.h"
#include "core/tasks/face/face.h"
#include "tests/bench/clipvideobench.h"
#include "tests/bench/netbench.h"
#include "tests/bench/onnxbench.h"
#include "tests/bench/peoplebench.h"
#include "tests/bench/scorebench.h"
#include "tests/bench/timing.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

using namespace dscope;

namespace {

double cpuSeconds(int whose = RUSAGE_SELF)
{
    rusage usage{};
    getrusage(whose, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Processor seconds of the ffmpeg program for decoding the first frames on one thread, as RGB by its own default way or not at all; 0 without that program.
double ffmpegSeconds(const std::filesystem::path &video, std::int64_t frames, bool rgb)
{
    std::vector<std::string> words{"ffmpeg", "-v", "quiet", "-nostdin", "-threads", "1", "-i", video.string(), "-an", "-frames:v", std::to_string(frames)};
    const std::vector<std::string> all{"-pix_fmt", "rgb24", "-f", "rawvideo", "-y", "/dev/null"};
    const std::vector<std::string> nothing{"-f", "null", "-"};
    const std::vector<std::string> &last = rgb ? all : nothing;
    words.insert(words.end(), last.begin(), last.end());
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    const double before = cpuSeconds(RUSAGE_CHILDREN);
    pid_t child = 0;
    int status = -1;
    const bool ran = posix_spawnp(&child, "ffmpeg", &quiet, nullptr, arguments.data(), environ) == 0 && waitpid(child, &status, 0) == child && status == 0;
    posix_spawn_file_actions_destroy(&quiet);
    return ran ? cpuSeconds(RUSAGE_CHILDREN) - before : 0;
}

/// One row: our processor time a frame beside ffmpeg's.
void besideFfmpeg(const char *what, double ours, double theirs, double frames)
{
    if (theirs > 0)
        std::printf("| %s | %.1f ms of processor time a frame | %.1f ms (ffmpeg program, start-up included) | %.2f | |\n", what, 1e3 * ours / frames,
                    1e3 * theirs / frames, ours / theirs);
    else
        std::printf("| %s | %.1f ms of processor time a frame | | | |\n", what, 1e3 * ours / frames);
}

int run(const std::filesystem::path &video, double budget)
{
    setThreads(0);
    const double peak = 1e9 * measuredPeak(Device{});
    std::printf("Device: CPU, %d threads. Measured peak (float32 matrix product of 1536 x 1536): %.0f GFLOP/s. Video: %s\n\n", threads(), peak / 1e9,
                video.filename().c_str());
    std::printf("| what | Dscope | beside | ratio | of the peak |\n|---|---|---|---|---|\n");

    const ModelStore store;
    const ModelSpec baseSpec = store.best(Role::Base);
    const ModelSpec ddnetSpec = store.best(Role::DdNet, baseSpec.name);
    const ModelSpec detectorSpec = store.best(Role::Detector);
    networkRows(ddnetSpec, {}, {1, 8, 32, 128}, budget, peak);
    networkRows(baseSpec, {}, {1, 8, 32, 128}, budget, peak);

    // Each stage alone, to know its price in CPU-seconds a frame.
    const std::int64_t limit = 100;
    std::vector<Picture> frames;
    double cpu = cpuSeconds();
    const double decode = secondsOf([&] {
        VideoReader reader(video);
        for (std::int64_t i = 0; i < limit && reader.next(); ++i)
            ;
    });
    const double decodeCpu = cpuSeconds() - cpu;
    VideoReader again(video); // keeping the frames has its price, so they are read once more
    while (static_cast<std::int64_t>(frames.size()) < limit) {
        auto frame = again.next();
        if (!frame)
            break;
        frames.push_back(std::move(frame->picture));
    }
    if (frames.empty())
        throw FileError(video, "holds no frames.");
    const double count = static_cast<double>(frames.size());
    std::printf("| decode, %d x %d | %.1f frames/s | | | |\n", frames.front().width, frames.front().height, count / decode);
    const auto limited = static_cast<std::int64_t>(frames.size());
    besideFfmpeg("the same: decoded, and all of it RGB", decodeCpu, ffmpegSeconds(video, limited, true), count);
    cpu = cpuSeconds();
    VideoReader planes(video);
    for (std::int64_t i = 0; i < limited; ++i)
        planes.nextDecoded(std::int64_t{1} << 40);
    besideFfmpeg("decoded, nothing RGB", cpuSeconds() - cpu, ffmpegSeconds(video, limited, false), count);

    const auto detector = FaceDetector::load(detectorSpec, {});
    detector->detect(frames.front());
    std::vector<Picture> crops;
    cpu = cpuSeconds();
    const double detect = secondsOf([&] {
        for (const Picture &frame : frames)
            for (const Face &face : detector->detect(frame))
                crops.push_back(alignFace(frame, face.landmarks));
    });
    const double detectCpu = cpuSeconds() - cpu;
    std::printf("| detect (%s) and align | %.1f frames/s, %.1f faces/s | | | |\n", detectorSpec.name.c_str(), count / detect,
                static_cast<double>(crops.size()) / detect);
    double scoreCpu = 0;
    if (!crops.empty()) {
        Progress progress;
        const auto ddnet = Network::load(ddnetSpec, {});
        const auto base = Network::load(baseSpec, {});
        ddnet->run({crops.data(), 1}, progress);
        base->run({crops.data(), 1}, progress);
        cpu = cpuSeconds();
        ddnet->run(crops, progress);
        base->run(crops, progress);
        for (const Picture &crop : crops)
            encodeJpeg(crop, 92);
        scoreCpu = cpuSeconds() - cpu;
    }

    // End to end: all stages overlapping, nothing from the cache.
    AnalysisOptions options;
    options.useCache = false;
    Progress progress;
    std::int64_t analysed = 0;
    const double whole = secondsOf([&] { analysed = analyse({video}, options, store, progress).sources.front().frames; });
    const double ideal = threads() / ((decodeCpu + detectCpu + scoreCpu) / count);
    const double reached = static_cast<double>(analysed) / whole;
    std::printf("| video to scored groups, end to end | %.1f frames/s | %.1f frames/s (%d cores / CPU-seconds a frame of all stages) | %.2f | |\n", reached,
                ideal, threads(), reached / ideal);
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const char *samples = std::getenv("DSCOPE_SAMPLES");
    std::filesystem::path video = (samples != nullptr ? std::filesystem::path(samples) : cacheDir() / "samples") / "carphone_pristine.mp4";
    double seconds = 3;
    std::vector<std::filesystem::path> onnx;
    std::string people;
    bool clips = false;
    std::string base;
    std::string ddnet;
    std::filesystem::path truth;
    long long from = 1;
    long long to = 1'000'000'000;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--video" && i + 1 < argc) {
            video = argv[++i];
        } else if (word == "--onnx" && i + 1 < argc) {
            onnx.emplace_back(argv[++i]);
        } else if (word == "--people" && i + 1 < argc) {
            people = argv[++i];
        } else if (word == "--clips") {
            clips = true;
        } else if (word == "--base" && i + 1 < argc) {
            base = argv[++i];
        } else if (word == "--ddnet" && i + 1 < argc) {
            ddnet = argv[++i];
        } else if (word == "--truth" && i + 1 < argc) {
            truth = argv[++i];
        } else if (word == "--frames" && i + 1 < argc && std::sscanf(argv[i + 1], "%lld-%lld", &from, &to) == 2) {
            ++i;
        } else if (word == "--seconds" && i + 1 < argc) {
            seconds = std::strtod(argv[++i], nullptr);
        } else {
            std::fprintf(stderr,
                         "usage: dscope-bench [--video FILE] [--clips [--base MODEL --ddnet MODEL]] [--onnx FILE]... [--people FILE|hog --truth gt.txt "
                         "[--frames FROM-TO]] [--seconds S]\n");
            return word == "--help" ? 0 : 2;
        }
    }
    try {
        if (clips) {
            setThreads(0);
            clipVideoBench(video, base, ddnet, seconds);
            return 0;
        }
        if (!people.empty()) {
            setThreads(0);
            peopleBench(people, video, truth, from, to);
            return 0;
        }
        if (!onnx.empty()) {
            onnxBench(onnx, seconds);
            return 0;
        }
        return run(video, seconds);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "dscope-bench: %s\n", describe(error).c_str());
        return 1;
    }
}
