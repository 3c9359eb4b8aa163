// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/netbench.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "tests/bench/scorebench.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

namespace dscope {

namespace {

using Clock = std::chrono::steady_clock;

/// Runs two ways of the same work in turn and returns the median seconds of each.
std::pair<double, double> inTurn(double budget, const std::function<void()> &a, const std::function<void()> &b)
{
    a();
    b();
    std::vector<double> first;
    std::vector<double> second;
    const auto begin = Clock::now();
    while (first.size() < 3 || std::chrono::duration<double>(Clock::now() - begin).count() < budget) {
        first.push_back(secondsOf(a));
        second.push_back(secondsOf(b));
    }
    return {median(first), median(second)};
}

} // namespace

void networkRows(const ModelSpec &spec, const Device &device, const std::vector<int> &batches, double budget, double peak)
{
    Progress progress;
    const auto ours = Network::load(spec, device);
    const auto plain = createFaceNet(spec.architecture);
    loadStateDict(*plain, readStateDict(spec.path), spec.path);
    plain->eval();
    plain->to(torchDevice(device));
    for (const int batch : batches) {
        std::vector<Picture> faces(static_cast<std::size_t>(batch), Picture(112, 112));
        for (std::size_t i = 0; i < faces.size(); ++i)
            for (std::size_t j = 0; j < faces[i].rgb.size(); ++j)
                faces[i].rgb[j] = static_cast<std::uint8_t>((i * 31 + j * 7) % 251);
        const at::Tensor ready = prepareBatch(faces, spec).contiguous();
        const auto [fast, slow] = inTurn(
            budget, [&] { ours->run(faces, progress, batch); },
            [&] {
                const at::NoGradGuard guard;
                plain->forward(ready.to(torchDevice(device))).sum().item<float>();
            });
        std::printf("| %s, batch %d | %.1f pictures/s | %.1f pictures/s (plain eager module) | %.2f | %.0f %% of the peak |\n", spec.name.c_str(), batch,
                    batch / fast, batch / slow, slow / fast, 100 * 2 * static_cast<double>(ours->cost().mac) * batch / fast / peak);
        std::fflush(stdout);
    }
}

void netBench(const Device &device, double budget, bool rounded)
{
    at::globalContext().setAllowTF32CuDNN(rounded);
    const double peak = 1e9 * measuredPeak(device);
    std::printf("\nNetworks on %s, %d threads, convolutions in %s. Measured peak (float32 matrix product): %.0f GFLOP/s.\n\n", device.name().c_str(), threads(),
                rounded ? "TF32" : "float32", peak / 1e9);
    std::printf("| what | Dscope | beside | ratio | of the peak |\n|---|---|---|---|---|\n");
    const std::vector<int> batches = device.isCuda() ? std::vector<int>{1, 8, 32, 128, 512} : std::vector<int>{1, 8, 32, 128};
    const ModelStore store;
    const auto known = faceNetArchitectures();
    for (const ModelSpec &spec : store.models())
        if (spec.available() && std::find(known.begin(), known.end(), spec.architecture) != known.end())
            networkRows(spec, device, batches, budget, peak);
    const auto folder = std::filesystem::temp_directory_path() / ("dscope-netbench-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    for (const std::string architecture : {"iresnet50", "iresnet100"}) {
        ModelSpec spec = usualSpec(architecture);
        spec.name = architecture;
        spec.file = architecture + ".safetensors";
        spec.path = folder / spec.file;
        writeSafetensors(spec.path, stateDict(*createFaceNet(architecture)), {});
        networkRows(spec, device, batches, budget, peak);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

} // namespace dscope
