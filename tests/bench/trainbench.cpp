// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/trainbench.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/losses/head.h"
#include "core/losses/losses.h"
#include "core/nets/architectures.h"
#include "core/nets/facenet.h"
#include "core/training/augment.h"
#include "core/training/loop.h"
#include "tests/bench/scorebench.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace dscope {

namespace {

double now()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// JPEG faces as they lie on disk: smooth fields with some noise, about 5 KB each.
std::vector<std::vector<std::uint8_t>> jpegs(int count)
{
    std::vector<std::vector<std::uint8_t>> made;
    for (int i = 0; i < count; ++i) {
        Picture picture(112, 112);
        Random random(3, static_cast<std::uint64_t>(i));
        for (int y = 0; y < 112; ++y)
            for (int x = 0; x < 336; ++x)
                picture.row(y)[x] =
                    static_cast<std::uint8_t>(std::clamp(127 + 90 * std::sin(x * 0.02 + i) * std::cos(y * 0.05 - i) + 8 * random.normal(), 0.0, 255.0));
        made.push_back(encodeJpeg(picture, 92));
    }
    return made;
}

/// A DDNet with Eq. 6, or a base network with ArcFace over 1,000 people.
struct Lesson {
    std::shared_ptr<FaceNet> net;
    std::shared_ptr<ClassHead> head;

    explicit Lesson(const std::string &architecture)
    {
        torch::manual_seed(1);
        net = createFaceNet(architecture);
        if (architecture.rfind("ddnet", 0) != 0)
            head = std::make_shared<ClassHead>(LossOptions{}, 1000, 512);
    }
    at::Tensor loss(const at::Tensor &x, std::span<const std::int64_t> indices, std::int64_t step) const
    {
        std::vector<std::int64_t> labels(indices.begin(), indices.end());
        const at::Tensor wanted = at::tensor(labels).to(x.device());
        if (!head)
            return halfSquaredError(net->forward(x), (wanted % 100).to(at::kFloat).unsqueeze(1) / 100);
        return head->loss(net->forward(x), wanted % 1000, step);
    }
    std::vector<std::pair<std::string, torch::nn::Module *>> modules() const
    {
        std::vector<std::pair<std::string, torch::nn::Module *>> list{{"net", net.get()}};
        if (head)
            list.emplace_back("head", head.get());
        return list;
    }
};

Picture sample(const std::vector<std::vector<std::uint8_t>> &files, std::int64_t index, Random &random)
{
    const Picture picture = relit(decodeJpeg(files[static_cast<std::size_t>(index) % files.size()]), random);
    return random.chance(0.5) ? mirrored(picture) : picture;
}

/// Pictures a second of what anybody would write first: one thread reads, then the network steps; float32, contiguous, one weight after the other.
double plainLoop(const std::string &architecture, const std::vector<std::vector<std::uint8_t>> &files, int batch, int steps, const Device &device)
{
    const Lesson lesson(architecture);
    const at::Device where = torchDevice(device);
    std::vector<at::Tensor> weights;
    for (auto &entry : lesson.modules()) {
        entry.second->to(where);
        entry.second->train();
        for (const at::Tensor &weight : entry.second->parameters())
            weights.push_back(weight);
    }
    std::vector<at::Tensor> momentum(weights.size());
    const ModelSpec spec;
    double begin = now();
    for (int step = -1; step < steps; ++step) {
        if (step == 0)
            begin = now(); // the first one warms up
        std::vector<Picture> pictures;
        std::vector<std::int64_t> indices;
        for (int i = 0; i < batch; ++i) {
            Random random(1, static_cast<std::uint64_t>((step + 1) * batch + i));
            indices.push_back((step + 1) * batch + i);
            pictures.push_back(sample(files, indices.back(), random));
        }
        const at::Tensor x = prepareBatch(pictures, spec).contiguous(at::MemoryFormat::Contiguous).to(where);
        const at::Tensor value = lesson.loss(x, indices, step + 1);
        value.backward();
        const at::NoGradGuard guard;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (!weights[i].grad().defined())
                continue;
            const at::Tensor wanted = weights[i].grad() + 5e-4 * weights[i];
            momentum[i] = momentum[i].defined() ? 0.9 * momentum[i] + wanted : wanted;
            weights[i] -= 0.001 * momentum[i];
            weights[i].mutable_grad().reset();
        }
        (void)value.item<double>();
    }
    return batch * steps / (now() - begin);
}

struct Scratch {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("dscope-trainbench-" + std::to_string(::getpid()));
    Scratch() { std::filesystem::create_directories(path); }
    ~Scratch()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

/// Pictures a second of Dscope's loop, the first step apart.
double ourLoop(const std::string &architecture, Precision precision, const std::vector<std::vector<std::uint8_t>> &files, int batch, int steps,
               const Device &device, bool exact)
{
    struct Watch final : TrainingMonitor {
        double begin = 0;
        double end = 0;
        std::int64_t first = 0;
        std::int64_t last = 0;
        std::int64_t warm = 1;
        void onStep(const StepReport &step) override
        {
            end = now();
            last = step.step;
            if (last <= warm) {
                begin = end;
                first = last;
            }
        }
    } watch;
    watch.warm = device.isCuda() ? 8 : 1; // a GPU's steps are told of eight at a time
    const Scratch scratch;
    const Lesson lesson(architecture);
    TrainOptions options;
    options.batch = batch;
    options.steps = steps + static_cast<int>(watch.warm);
    options.learningRate = 0.001;
    options.precision = precision;
    options.checkpointEvery = 0;
    options.device = device;
    options.exact = exact;
    options.monitor = &watch;
    TrainingLoop loop(lesson.modules(), options, scratch.path / "checkpoint");
    loop.setReplicas([&] {
        const auto copy = std::make_shared<Lesson>(architecture);
        return TrainingLoop::Replica{
            copy->modules(), [copy, &loop](const at::Tensor &x, std::span<const std::int64_t> indices) { return copy->loss(x, indices, loop.position()); },
            copy};
    });
    const ModelSpec spec;
    Progress progress;
    loop.run(
        std::int64_t{batch} * (options.steps + 1), [&](std::int64_t index, Random &random) { return sample(files, index, random); },
        [&](std::span<const Picture> pictures) { return prepareBatch(pictures, spec); },
        [&](const at::Tensor &x, std::span<const std::int64_t> indices) { return lesson.loss(x, indices, loop.position()); }, {}, progress);
    return static_cast<double>(batch) * static_cast<double>(watch.last - watch.first) / (watch.end - watch.begin);
}

} // namespace

void trainBench(const Device &device, bool large, const std::string &only, bool exact)
{
    const auto files = jpegs(64);
    const double peak = measuredPeak(device);
    // The data alone, on one thread, and on as many as the loop takes.
    double alone = 0;
    {
        const double begin = now();
        int count = 0;
        const ModelSpec spec;
        while (now() - begin < 2) {
            std::vector<Picture> pictures;
            for (int i = 0; i < 64; ++i, ++count) {
                Random random(1, static_cast<std::uint64_t>(count));
                pictures.push_back(sample(files, count, random));
            }
            (void)prepareBatch(pictures, spec);
        }
        alone = count / (now() - begin);
    }
    std::printf("\nTraining on %s, %d threads, measured peak %.0f GFLOP/s (float32 matrix product). Reading and preparing pictures alone: %.0f/s a thread.\n\n",
                device.name().c_str(), at::get_num_threads(), peak, alone);
    std::printf("| network | batch | plain loop, float32 | precision | Dscope | beside the plain loop | of the peak |\n|---|---|---|---|---|---|---|\n");
    struct Case {
        const char *architecture;
        int batch;
        int steps;
    };
    const bool gpu = device.isCuda();
    std::fflush(stdout);
    std::vector<Case> cases{{"ddnet", gpu ? 512 : 64, gpu ? 24 : 12}};
    if (large)
        for (const char *name : {"iresnet18", "iresnet50", "iresnet100"})
            cases.push_back({name, gpu ? 128 : 8, gpu ? 24 : 3});
    for (const Case &one : cases) {
        const double flop = 6 * static_cast<double>(costOfArchitecture(one.architecture).cost.mac); // forward, and twice that backward
        std::vector<double> before; // the plain loop's, once a network on a GPU: nobody else is at work there
        for (const Precision precision : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
            if (!only.empty() && precisionName(precision) != only)
                continue;
            try {
                std::vector<double> plain;
                std::vector<double> ours;
                std::vector<double> ratio;
                for (int run = 0; run < (gpu ? 1 : 3); ++run) { // in turn, so that a busy machine hits both
                    if (!gpu || before.empty())
                        before.push_back(plainLoop(one.architecture, files, one.batch, one.steps, device));
                    plain.push_back(before.back());
                    ours.push_back(ourLoop(one.architecture, precision, files, one.batch, one.steps, device, exact));
                    ratio.push_back(ours.back() / plain.back());
                }
                std::printf("| %s | %d | %.1f pictures/s | %s | %.1f pictures/s | %.2f times | %.0f %% |\n", one.architecture, one.batch, median(plain),
                            precisionName(precision).c_str(), median(ours), median(ratio), 100 * median(ours) * flop / (peak * 1e9));
            } catch (const std::exception &error) {
                std::printf("| %s | %d | | %s | not possible here: %.80s | | |\n", one.architecture, one.batch, precisionName(precision).c_str(), error.what());
            }
            std::fflush(stdout);
        }
    }
}

} // namespace dscope
