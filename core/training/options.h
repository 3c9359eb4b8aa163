#pragma once

#include "core/base/device.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace dscope {

/// How a step follows from the gradient g of a weight w at the rate r.
enum class Optimiser {
    /// Momentum: v = m v + (g + d w), w -= r v. The paper's.
    Sgd,
    /// Adam with decoupled decay (Loshchilov and Hutter 2019): a = m a + (1 - m) g, b = .999 b + (1 - .999) g^2, both divided by
    /// 1 - (m or .999)^step, w -= r (a / (sqrt(b) + 1e-8) + d w). Its step does not depend on the loss's scale, which matters where
    /// the loss sees only directions: behind a batch-norm over 128 values a cosine's gradient is a tenth as large as the weights need.
    AdamW,
};

/// "sgd" or "adamw". @throws UsageError for another name
Optimiser optimiserNamed(const std::string &name);
std::string optimiserName(Optimiser optimiser);

/// The settings of a training run, the same for every kind of network.
struct TrainOptions {
    int epochs = 5;
    int batch = 64;
    Optimiser optimiser = Optimiser::Sgd;
    double learningRate = 0.1; ///< r at the top; warmed up linearly, then down by half a cosine to 0
    double warmup = 0.02;      ///< share of all steps
    double momentum = 0.9;     ///< m
    double weightDecay = 5e-4; ///< d, on convolution and linear weights only
    std::uint64_t seed = 1;
    bool bf16 = false;         ///< mixed precision: convolutions in bfloat16, weights and sums in float32
    int checkpointEvery = 200; ///< steps between checkpoints
    int stopAfter = 0;         ///< steps after which to stop as if cancelled; 0: never (for trying out resume)
    Device device;
    bool resume = false; ///< go on from the checkpoint beside the output, if there is one
};

/// One epoch's outcome.
struct EpochReport {
    int epoch = 0;
    double loss = 0;
    double learningRate = 0;
    double picturesPerSecond = 0;
    Json validation; ///< whatever the validation returned
};

} // namespace dscope
