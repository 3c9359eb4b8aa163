// SPDX-License-Identifier: GPL-3.0-or-later
// dscope-bench-core: the benchmarks that need libtorch alone, for machines without Qt, OpenCV and FFmpeg.
//
//   dscope-bench-core [--device DEVICE] [--pictures N] [--classes K] [--dim D] [--rows N] [--centroids N]
//   dscope-bench-core --train small|large [--precision fp32|bf16|fp16] [--any-order] [--device DEVICE]
//   dscope-bench-core --networks [--seconds S] [--tf32] [--device DEVICE]     every network at hand, beside the plain eager module
//   dscope-bench-core --clips [--seconds S]   convolutions of clips, and the networks on them beside the plain eager module
//   dscope-bench-core --loading [FOLDER]      data loading alone, on a folder of people or on faces made up
//   dscope-bench-core --live [--scale S] [--device DEVICE]   the live threshold at the size of IJB-C, times S
//   dscope-bench-core --retrieval             ranks of person re-identification at the size of MARS

#include "core/base/device.h"
#include "core/base/error.h"
#include "tests/bench/clipbench.h"
#include "tests/bench/livebench.h"
#include "tests/bench/loadbench.h"
#include "tests/bench/netbench.h"
#include "tests/bench/retrievalbench.h"
#include "tests/bench/scorebench.h"
#include "tests/bench/trainbench.h"

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char **argv)
{
    using namespace dscope;
    std::string device = "auto";
    std::string train;
    std::string precision;
    std::int64_t pictures = 0;
    std::int64_t classes = 85'742;
    std::int64_t dim = 512;
    std::int64_t rows = 0;      // a block; 0: the default
    std::int64_t centroids = 0; // a block
    bool live = false;
    bool networks = false;
    bool anyOrder = false;
    bool rounded = false;
    double scale = 1;
    double seconds = 3;
    if (argc > 1 && std::string(argv[1]) == "--loading") {
        try {
            loadBench(argc > 2 ? argv[2] : "");
            return 0;
        } catch (const std::exception &error) {
            std::fprintf(stderr, "dscope-bench-core: %s\n", describe(error).c_str());
            return 1;
        }
    }
    if (argc == 2 && std::string(argv[1]) == "--live-retrieval") {
        setThreads(0);
        liveRetrievalBench();
        return 0;
    }
    if ((argc == 2 || argc == 4) && std::string(argv[1]) == "--clips") {
        clipBench(argc == 4 && std::strtod(argv[3], nullptr) > 0 ? std::strtod(argv[3], nullptr) : 1);
        return 0;
    }
    if (argc == 2 && std::string(argv[1]) == "--retrieval") {
        setThreads(0);
        retrievalBench();
        return 0;
    }
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (word == "--live" || word == "--networks" || word == "--any-order" || word == "--tf32") {
            (word == "--live" ? live : word == "--networks" ? networks : word == "--any-order" ? anyOrder : rounded) = true;
            continue;
        }
        if (word == "--device" && value != nullptr) {
            device = value;
        } else if (word == "--train" && value != nullptr && (std::string(value) == "small" || std::string(value) == "large")) {
            train = value;
        } else if (word == "--precision" && value != nullptr
                   && (std::string(value) == "fp32" || std::string(value) == "bf16" || std::string(value) == "fp16")) {
            precision = value;
        } else if (word == "--scale" && value != nullptr && std::strtod(value, nullptr) > 0) {
            scale = std::strtod(value, nullptr);
        } else if (word == "--seconds" && value != nullptr && std::strtod(value, nullptr) > 0) {
            seconds = std::strtod(value, nullptr);
        } else if (word == "--pictures" && value != nullptr) {
            pictures = std::strtoll(value, nullptr, 10);
        } else if (word == "--classes" && value != nullptr) {
            classes = std::strtoll(value, nullptr, 10);
        } else if (word == "--rows" && value != nullptr) {
            rows = std::strtoll(value, nullptr, 10);
        } else if (word == "--centroids" && value != nullptr) {
            centroids = std::strtoll(value, nullptr, 10);
        } else if (word == "--dim" && value != nullptr) {
            dim = std::strtoll(value, nullptr, 10);
        } else {
            std::fprintf(
                stderr,
                "usage: dscope-bench-core [--device auto|cpu|cuda[:N]] [--pictures N] [--classes K] [--dim D] [--rows N] [--centroids N]\n"
                "       dscope-bench-core --train small|large [--precision fp32|bf16|fp16] [--any-order] [--device ...]   DDNet; with large the IResNets too\n"
                "       dscope-bench-core --live [--scale S] [--device ...]    the live threshold at the size of IJB-C, times S\n"
                "       dscope-bench-core --networks [--seconds S] [--tf32] [--device ...]    every network at hand, beside the plain eager module\n"
                "       dscope-bench-core --loading [FOLDER]\n"
                "       dscope-bench-core --retrieval\n"
                "       dscope-bench-core --live-retrieval    a move of the threshold at MARS's size\n");
            return word == "--help" ? 0 : 2;
        }
        ++i;
    }
    try {
        const Device where = parseDevice(device);
        if (live) {
            setThreads(0);
            liveBench(where, scale);
            return 0;
        }
        if (networks) {
            setThreads(0);
            netBench(where, seconds, rounded);
            return 0;
        }
        if (!train.empty()) {
            setThreads(0);
            trainBench(where, train == "large", precision, !anyOrder);
            return 0;
        }
        // A few more pictures than classes, so that D-scores are defined; enough for a GPU to show its speed.
        if (pictures <= 0)
            pictures = where.isCuda() ? 1'000'000 : classes + 4096;
        scoreBench(where, pictures, classes, dim, rows, centroids);
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "dscope-bench-core: %s\n", describe(error).c_str());
        return 1;
    }
}
