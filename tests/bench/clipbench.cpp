// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/clipbench.h"

#include "core/base/device.h"
#include "core/nets/architectures.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/fusedconv.h"
#include "core/nets/inputside.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace dscope {

namespace {

/// Of the calling thread, which is the only one at work.
double processorSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Medians of the processor seconds of each, run in turn.
std::vector<double> inTurn(double seconds, const std::vector<std::function<void()>> &works)
{
    std::vector<std::vector<double>> times(works.size());
    for (const auto &work : works)
        work();
    const double begin = processorSeconds();
    while (times.front().size() < 5 || processorSeconds() - begin < seconds)
        for (std::size_t i = 0; i < works.size(); ++i) {
            const double before = processorSeconds();
            works[i]();
            times[i].push_back(processorSeconds() - before);
        }
    std::vector<double> medians;
    for (std::vector<double> &one : times)
        medians.push_back(median(std::move(one)));
    return medians;
}

struct LayerShape {
    const char *name;
    std::int64_t in, out;
    std::array<std::int64_t, 3> sides, kernel, stride;
};

void layerRow(const LayerShape &layer, double seconds)
{
    const at::Tensor x = at::randn({1, layer.in, layer.sides[0], layer.sides[1], layer.sides[2]});
    const at::Tensor weight = at::randn({layer.out, layer.in, layer.kernel[0], layer.kernel[1], layer.kernel[2]});
    const at::Tensor bias = at::randn({layer.out});
    SolidWindow window;
    window.stride = layer.stride;
    for (std::size_t i = 0; i < 3; ++i)
        window.padding[i] = layer.kernel[i] / 2;
    const at::Tensor last = x.contiguous(at::MemoryFormat::ChannelsLast3d);
    const at::Tensor lastWeight = weight.contiguous(at::MemoryFormat::ChannelsLast3d);
    const at::Tensor packed = packedConv3d(weight, window, x.sizes());
    const auto plain = [&](const at::Tensor &from, const at::Tensor &by) { return at::conv3d(from, by, bias, window.stride, window.padding); };
    const double mac = static_cast<double>(plain(x, weight).numel()) * static_cast<double>(weight.numel()) / static_cast<double>(layer.out);
    const std::vector<double> times = inTurn(seconds,
                                             {[&] { plain(x, weight); }, [&] { plain(last, lastWeight); }, [&] { fusedConv3d(x, packed, bias, window, false); },
                                              [&] { fusedConv3d(last, packed, bias, window, false); }});
    std::printf("| %s | %.1f M | %.3f ms | %.3f ms | %.3f ms | %.3f ms | %.2f | %.0f |\n", layer.name, mac / 1e6, 1e3 * times[0], 1e3 * times[1],
                1e3 * times[2], 1e3 * times[3], times[0] / times[3], 2 * mac / times[3] / 1e9);
    std::fflush(stdout);
}

void networkRow(const std::string &architecture, std::int64_t batch, double seconds)
{
    const ModelSpec spec = usualSpec(architecture);
    const auto plain = createFaceNet(architecture);
    const auto ours = createFaceNet(architecture);
    at::Tensor x = blankElement(elementInput(spec));
    x = at::randn(x.sizes()).expand({batch, -1, -1, -1, -1}).contiguous();
    for (const auto &net : {plain, ours})
        net->eval();
    const double mac = static_cast<double>(countNetwork(*plain, elementInput(spec)).cost.mac * batch);
    ours->foldBatchNorm();
    ours->prepareConvolutions(x.narrow(0, 0, 1));
    const at::Tensor last = x.contiguous(at::MemoryFormat::ChannelsLast3d);
    const std::vector<double> times = inTurn(seconds, {[&] { plain->forward(x); }, [&] { ours->forward(last); }});
    const auto clips = static_cast<double>(batch);
    std::printf("| %s, batch %lld | %.2f clips/s | %.2f clips/s | %.2f | %.0f |\n", architecture.c_str(), static_cast<long long>(batch), clips / times[1],
                clips / times[0], times[0] / times[1], 2 * mac / times[1] / 1e9);
    std::fflush(stdout);
}

} // namespace

void clipBench(double seconds)
{
    const at::NoGradGuard guard;
    setThreads(1);
    constexpr std::int64_t side = 1536;
    const at::Tensor square = at::randn({side, side});
    const double product = inTurn(seconds, {[&] { at::mm(square, square); }}).front();
    std::printf("CPU, one thread, processor seconds. Measured peak (float32 matrix product): %.0f GFLOP/s.\n\n",
                2e-9 * static_cast<double>(side * side * side) / product);
    std::printf("| layer | MAC | libtorch, channels first | libtorch, last | packed, first | packed, last | first / packed last | GFLOP/s |\n"
                "|---|---|---|---|---|---|---|---|\n");
    const std::vector<LayerShape> layers{
        {"DDNet-3D stem 3-8, 16x112x112", 3, 8, {16, 112, 112}, {3, 3, 3}, {1, 1, 1}},
        {"DDNet-3D 8-8, 16x112x112", 8, 8, {16, 112, 112}, {3, 3, 3}, {1, 1, 1}},
        {"DDNet-3D 8-8, stride 2", 8, 8, {16, 112, 112}, {3, 3, 3}, {2, 2, 2}},
        {"DDNet-3D 8-16, 8x56x56", 8, 16, {8, 56, 56}, {3, 3, 3}, {1, 1, 1}},
        {"DDNet-3D 16-32, 4x28x28", 16, 32, {4, 28, 28}, {3, 3, 3}, {1, 1, 1}},
        {"DDNet-3D 48-48, 1x7x7", 48, 48, {1, 7, 7}, {3, 3, 3}, {1, 1, 1}},
        {"stem 7x7x7 3-8", 3, 8, {16, 112, 112}, {7, 7, 7}, {1, 2, 2}},
        {"stem 7x7x7 3-16", 3, 16, {16, 112, 112}, {7, 7, 7}, {1, 2, 2}},
        {"stem 7x7x7 3-64", 3, 64, {16, 112, 112}, {7, 7, 7}, {1, 2, 2}},
        {"8-8, 8x28x28", 8, 8, {8, 28, 28}, {3, 3, 3}, {1, 1, 1}},
        {"16-16, 8x28x28", 16, 16, {8, 28, 28}, {3, 3, 3}, {1, 1, 1}},
        {"64-64, 8x28x28", 64, 64, {8, 28, 28}, {3, 3, 3}, {1, 1, 1}},
        {"128-128, 4x14x14", 128, 128, {4, 14, 14}, {3, 3, 3}, {1, 1, 1}},
        {"256-256, 2x7x7", 256, 256, {2, 7, 7}, {3, 3, 3}, {1, 1, 1}},
        {"512-512, 1x4x4", 512, 512, {1, 4, 4}, {3, 3, 3}, {1, 1, 1}},
        {"1x1x1 64-256, 8x28x28", 64, 256, {8, 28, 28}, {1, 1, 1}, {1, 1, 1}},
        {"1x3x3 64-144, 8x28x28", 64, 144, {8, 28, 28}, {1, 3, 3}, {1, 1, 1}},
        {"3x1x1 144-64, 8x28x28", 144, 64, {8, 28, 28}, {3, 1, 1}, {1, 1, 1}},
        {"64-64, 16x56x56", 64, 64, {16, 56, 56}, {3, 3, 3}, {1, 1, 1}},
    };
    for (const LayerShape &layer : layers)
        layerRow(layer, seconds);
    std::printf("\n| network | Dscope | plain eager module | ratio | GFLOP/s |\n|---|---|---|---|---|\n");
    for (const char *architecture : {"ddnet-3d", "resnet3d18-eighth", "resnet3d18-quarter", "resnet3d18", "resnet3d50", "r2plus1d18"})
        for (const std::int64_t batch : {1, 4})
            networkRow(architecture, batch, seconds);
}

} // namespace dscope
