// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/onnxbench.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/onnx/executor.h"
#include "tests/bench/scorebench.h"
#include "tests/bench/timing.h"

#include <ATen/ATen.h>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

namespace dscope {

namespace {

cv::Mat matOf(const at::Tensor &x)
{
    std::vector<int> dims;
    for (const std::int64_t dim : x.sizes())
        dims.push_back(static_cast<int>(dim));
    return {static_cast<int>(dims.size()), dims.data(), CV_32F, x.data_ptr<float>()};
}

void row(const std::filesystem::path &file, std::int64_t batch, double seconds, double peak)
{
    OnnxExecutor executor(readOnnx(file), file);
    std::vector<std::int64_t> dims = executor.inputs().front().dims;
    dims[0] = 1;
    for (std::size_t i = 2; i < dims.size(); ++i)
        if (dims[i] < 0)
            dims[i] = 320;
    executor.tryBatch({dims});
    Cost cost;
    executor.trace({at::zeros(dims)}, cost);
    dims[0] = batch;
    const at::Tensor x = at::rand(dims);

    cv::dnn::Net net = cv::dnn::readNetFromONNX(file.string());
    const std::vector<cv::String> names = net.getUnconnectedOutLayersNames();
    std::vector<cv::Mat> out;
    const auto together = [&] {
        net.setInput(matOf(x));
        net.forward(out, names);
    };
    const auto singly = [&] {
        for (std::int64_t i = 0; i < batch; ++i) {
            net.setInput(matOf(x.narrow(0, i, 1)));
            net.forward(out, names);
        }
    };
    bool free = true;
    try {
        together();
        free = !out.empty() && (batch == 1 || out.front().size[0] == batch);
    } catch (const cv::Exception &) {
        free = false;
        net = cv::dnn::readNetFromONNX(file.string());
    }
    const std::function<void()> theirs = free ? std::function<void()>(together) : std::function<void()>(singly);
    const auto ours = [&] { executor.run({x}); };
    ours();
    theirs();
    std::vector<double> a;
    std::vector<double> b;
    std::vector<double> ratio;
    const auto begin = std::chrono::steady_clock::now();
    while (a.size() < 5 || std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
        a.push_back(secondsOf(ours));
        b.push_back(secondsOf(theirs));
        ratio.push_back(b.back() / a.back());
    }
    std::printf("| %s | %lld | %.1f M | %.2f ms | %.2f ms%s | %.2f | %.0f %% |\n", file.stem().c_str(), static_cast<long long>(batch),
                static_cast<double>(cost.mac) / 1e6, 1e3 * median(a), 1e3 * median(b), free ? "" : " (one by one)", median(ratio),
                100 * 2 * static_cast<double>(cost.mac * batch) / median(a) / peak);
    std::fflush(stdout);
}

} // namespace

void onnxBench(const std::vector<std::filesystem::path> &files, double seconds)
{
    setThreads(0);
    cv::setNumThreads(threads());
    const double peak = 1e9 * measuredPeak(Device{});
    std::printf("Device: CPU, %d threads for each. Measured peak (float32 matrix product): %.0f GFLOP/s. OpenCV %s. Medians of runs taken in turn.\n\n",
                threads(), peak / 1e9, CV_VERSION);
    std::printf("| file | pictures | MAC per picture | Dscope | OpenCV DNN | OpenCV / Dscope | of the peak |\n|---|---|---|---|---|---|---|\n");
    for (const std::filesystem::path &file : files)
        for (const std::int64_t batch : {1, 8}) {
            try {
                row(file, batch, seconds, peak);
            } catch (const std::exception &error) {
                std::printf("| %s | %lld | | not possible: %.100s | | | |\n", file.stem().c_str(), static_cast<long long>(batch), describe(error).c_str());
            }
        }
}

} // namespace dscope
