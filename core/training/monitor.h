// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <span>

namespace dscope {

/// One step's outcome.
struct StepReport {
    std::int64_t step = 0; ///< done so far, this one included
    std::int64_t steps = 0;
    int epoch = 0; ///< from 1
    double loss = 0;
    double learningRate = 0;
    double gradientNorm = 0;      ///< Euclidean, over all weights, before clipping
    double picturesPerSecond = 0; ///< of the last steps; pauses, validation and checkpoints apart
    double secondsLeft = 0;       ///< until the end, validations included
    int pieces = 1;               ///< in which the batch went through
    double lossScale = 1;         ///< of float16
    bool skipped = false;         ///< float16: the gradients overflowed, nothing was changed
};

/// One epoch's outcome.
struct EpochReport { // NOLINT(bugprone-exception-escape): moving a Json throws nothing
    int epoch = 0;
    double loss = 0;
    double learningRate = 0;
    double picturesPerSecond = 0;
    Json validation;   ///< whatever the validation returned
    bool best = false; ///< better than every one before
};

/// Told how a training run goes, from the training thread. All do nothing by themselves.
class TrainingMonitor {
public:
    virtual ~TrainingMonitor() = default;
    virtual void onStep(const StepReport &) {}
    virtual void onEpoch(const EpochReport &) {}
    /// What the network says of the pictures held out, in [0, 1], beside what it should say.
    virtual void onScores(int /*epoch*/, std::span<const double> /*targets*/, std::span<const double> /*predictions*/) {}
};

} // namespace dscope
