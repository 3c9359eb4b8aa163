// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/options.h"

#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope {

namespace {

constexpr Words<Optimiser, 3> s_optimisers{"no optimiser", {{Optimiser::Sgd, "sgd"}, {Optimiser::AdamW, "adamw"}, {Optimiser::Adam, "adam"}}};
constexpr Words<Schedule, 3> s_schedules{"no schedule", {{Schedule::Cosine, "cosine"}, {Schedule::Step, "step"}, {Schedule::Constant, "constant"}}};
constexpr Words<Precision, 3> s_precisions{"no precision", {{Precision::Fp32, "fp32"}, {Precision::Bf16, "bf16"}, {Precision::Fp16, "fp16"}}};

} // namespace

Optimiser optimiserNamed(const std::string &name)
{
    return s_optimisers.fromWord(name);
}

std::string optimiserName(Optimiser optimiser)
{
    return s_optimisers.wordOf(optimiser);
}

Schedule scheduleNamed(const std::string &name)
{
    return s_schedules.fromWord(name);
}

std::string scheduleName(Schedule schedule)
{
    return s_schedules.wordOf(schedule);
}

Precision precisionNamed(const std::string &name)
{
    return s_precisions.fromWord(name);
}

std::string precisionName(Precision precision)
{
    return s_precisions.wordOf(precision);
}

double learningRateAt(const TrainOptions &options, std::int64_t step, std::int64_t steps)
{
    const double all = static_cast<double>(steps);
    const double warm = std::max(1.0, options.warmup * all);
    const double at = static_cast<double>(step);
    if (at < warm)
        return options.learningRate * (at + 1) / warm;
    switch (options.schedule) {
    case Schedule::Cosine: return options.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * (at - warm) / std::max(1.0, all - warm)));
    case Schedule::Step: {
        const auto passed = std::count_if(options.milestones.begin(), options.milestones.end(), [&](double share) { return at >= share * all; });
        return options.learningRate * std::pow(options.decay, static_cast<double>(passed));
    }
    case Schedule::Constant: break;
    }
    return options.learningRate;
}

} // namespace dscope
