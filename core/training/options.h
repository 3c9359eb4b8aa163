#pragma once

#include "core/base/device.h"
#include "core/base/json.h"

#include <cstdint>

namespace dscope {

/// The settings of a training run, the same for every kind of network.
struct TrainOptions {
    int epochs = 5;
    int batch = 64;
    double learningRate = 0.1;   ///< at the top; warmed up linearly, then down by half a cosine to 0
    double warmup = 0.02;        ///< share of all steps
    double momentum = 0.9;
    double weightDecay = 5e-4;   ///< on convolution and linear weights only
    std::uint64_t seed = 1;
    bool bf16 = false;           ///< mixed precision: convolutions in bfloat16, weights and sums in float32
    int checkpointEvery = 200;   ///< steps between checkpoints
    int stopAfter = 0;           ///< steps after which to stop as if cancelled; 0: never (for trying out resume)
    Device device;
    bool resume = false;         ///< go on from the checkpoint beside the output, if there is one
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
