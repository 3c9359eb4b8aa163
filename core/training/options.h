// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/json.h"
#include "core/training/monitor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// How a step follows from the gradient g of a weight w at the rate r.
enum class Optimiser {
    /// Momentum: v = m v + (g + d w), w -= r v. The paper's.
    Sgd,
    /// Adam with decoupled decay (Loshchilov and Hutter 2019): a = m a + (1 - m) g, b = .999 b + (1 - .999) g^2, both divided by
    /// 1 - (m or .999)^step, w -= r (a / (sqrt(b) + 1e-8) + d w). Its step does not depend on the loss's scale, which matters where
    /// the loss sees only directions: behind a batch-norm over 128 values a cosine's gradient is a tenth as large as the weights need.
    AdamW,
    /// Adam (Kingma and Ba 2015) with the decay in the gradient, g + d w on every weight, biases and batch-norm's included, as PyTorch's `Adam` has it: what
    /// re-identification is usually trained by.
    Adam,
};

/// How the learning rate goes down after the warm-up.
enum class Schedule {
    Cosine,   ///< by half a cosine to 0
    Step,     ///< by `decay` at each of the `milestones`
    Constant, ///< not at all
};

/// What the layers compute in. Weights, their sums and the losses are float32 in any case.
enum class Precision {
    Fp32, ///< on a GPU convolutions round their factors to TF32, as is usual
    Bf16, ///< bfloat16 where libtorch's autocast takes it (convolutions, products)
    Fp16, ///< float16 there, with loss scaling (Micikevicius et al. 2018, section 3.2)
};

/// "sgd", "adamw" or "adam". @throws UsageError for another name
Optimiser optimiserNamed(const std::string &name);
std::string optimiserName(Optimiser optimiser);
/// "cosine", "step" or "constant". @throws UsageError for another name
Schedule scheduleNamed(const std::string &name);
std::string scheduleName(Schedule schedule);
/// "fp32", "bf16" or "fp16". @throws UsageError for another name
Precision precisionNamed(const std::string &name);
std::string precisionName(Precision precision);

/// The settings of a training run, the same for every kind of network.
struct TrainOptions {
    int epochs = 5;
    std::int64_t steps = 0; ///< end after so many steps instead of `epochs`; 0: epochs count. The paper's: 180,000
    int batch = 64;         ///< pictures per step
    int accumulate = 1;     ///< pieces in which a batch goes through the network one after the other; the gradients are added
    Optimiser optimiser = Optimiser::Sgd;
    Schedule schedule = Schedule::Cosine;
    /// Of Schedule::Step: shares of all steps; the usual ones for ArcFace (100,000 and 160,000 of 180,000; Deng et al. 2019, section 3.1).
    std::vector<double> milestones{100.0 / 180, 160.0 / 180};
    double decay = 0.1;        ///< of Schedule::Step
    double learningRate = 0.1; ///< r at the top; warmed up linearly
    double warmup = 0.02;      ///< share of all steps
    double momentum = 0.9;     ///< m
    double weightDecay = 5e-4; ///< d, on convolution and linear weights only (with Adam on all)
    double clip = 0;           ///< longest gradient (all weights' together, Euclidean); a longer one is shortened to it; 0: never
    std::uint64_t seed = 1;
    Precision precision = Precision::Fp32;
    int workers = 0;           ///< threads that read and prepare pictures; 0: one less than cores, at most 8 (32 for a GPU)
    int checkpointEvery = 200; ///< steps between checkpoints
    int patience = 0;          ///< epochs without a better validation after which to stop; 0: never
    bool keepBest = true;      ///< end with the weights of the best validation, where there is one; otherwise with the last
    int stopAfter = 0;         ///< steps after which to stop as if cancelled; 0: never (for trying out resume)
    Device device;
    /// On a GPU only ways of computing that give the same bits every time, so that a resumed run ends with those of a whole one. (The CPU's always do.)
    bool exact = true;
    bool resume = false;                ///< go on from the checkpoint beside the output, if there is one
    std::string data;                   ///< stands for the data; a checkpoint of other data is refused. Set by the trainers
    TrainingMonitor *monitor = nullptr; ///< told of every step, from the training thread; may be null
};

/// The rate of step `step` (from 0) of `steps`: up linearly over the first `warmup` share, r (step + 1) / w, then as the schedule says:
/// r (1 + cos(pi (step - w) / (steps - w))) / 2, or r decay^(milestones passed), or r.
double learningRateAt(const TrainOptions &options, std::int64_t step, std::int64_t steps);

} // namespace dscope
