// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/options.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

namespace dscope {

namespace {

template<typename Kind, std::size_t n>
Kind named(const std::string &name, const char *what, const std::array<std::pair<std::string_view, Kind>, n> &all)
{
    std::string list;
    for (std::size_t i = 0; i < n; ++i) {
        if (all[i].first == name)
            return all[i].second;
        list += (i == 0 ? "" : i + 1 == n ? " or " : ", ") + std::string(all[i].first);
    }
    throw UsageError(std::string("The ") + what + " '" + name + "' is unknown; say " + list + ".");
}

template<typename Kind, std::size_t n>
std::string nameOf(Kind kind, const std::array<std::pair<std::string_view, Kind>, n> &all)
{
    const auto found = std::find_if(all.begin(), all.end(), [kind](const auto &entry) { return entry.second == kind; });
    return std::string(found->first);
}

constexpr std::array<std::pair<std::string_view, Optimiser>, 3> s_optimisers{{{"sgd", Optimiser::Sgd}, {"adamw", Optimiser::AdamW}, {"adam", Optimiser::Adam}}};
constexpr std::array<std::pair<std::string_view, Schedule>, 3> s_schedules{
    {{"cosine", Schedule::Cosine}, {"step", Schedule::Step}, {"constant", Schedule::Constant}}};
constexpr std::array<std::pair<std::string_view, Precision>, 3> s_precisions{{{"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}, {"fp16", Precision::Fp16}}};

} // namespace

Optimiser optimiserNamed(const std::string &name)
{
    return named(name, "optimiser", s_optimisers);
}

std::string optimiserName(Optimiser optimiser)
{
    return nameOf(optimiser, s_optimisers);
}

Schedule scheduleNamed(const std::string &name)
{
    return named(name, "schedule", s_schedules);
}

std::string scheduleName(Schedule schedule)
{
    return nameOf(schedule, s_schedules);
}

Precision precisionNamed(const std::string &name)
{
    return named(name, "precision", s_precisions);
}

std::string precisionName(Precision precision)
{
    return nameOf(precision, s_precisions);
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
