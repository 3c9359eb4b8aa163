// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/trainloop.h"
#include "app/cli/options.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"

#include <cmath>

namespace dscope::cli {

namespace {

/// "0.5,0.8": rising shares of all steps. @throws UsageError
std::vector<double> shares(const std::string &text)
{
    std::vector<double> values;
    for (const std::string &part : split(text, ',')) {
        const double value = parseNumber(part).value_or(-1);
        if (!(value > 0 && value < 1) || (!values.empty() && value <= values.back()))
            throw UsageError("--milestones needs rising shares of all steps, such as 0.5,0.8, not '" + text + "'.");
        values.push_back(value);
    }
    return values;
}

std::string sharesText(const std::vector<double> &values)
{
    std::string text;
    for (const double value : values)
        text += (text.empty() ? "" : ",") + printed("%.4g", value);
    return text;
}

} // namespace

std::vector<Option> loopOptions(const TrainOptions &usual, const std::string &unit)
{
    const auto rate = [&] {
        Option option = numberOption("learning-rate", "R", "at the top", 0, 1000);
        if (usual.learningRate > 0)
            option.usual = printed("%g", usual.learningRate);
        return option;
    };
    return {
        wholeOption("epochs", "N", "passes over the data", 1, 100'000, usual.epochs),
        wholeOption("batch", "N", unit + " a step", 2, 65'536, usual.batch),
        {"optimiser", "NAME", "sgd, adamw or adam (default " + optimiserName(usual.optimiser) + ")"},
        rate(),
        numberOption("warmup", "S", "share of all steps in which the rate goes up", 0, 1, usual.warmup),
        numberOption("momentum", "M", "of the descent", 0, 1, usual.momentum),
        numberOption("weight-decay", "D", "of the weights", 0, 1, usual.weightDecay),
        wholeOption("steps", "N", "end after so many steps, whatever the epochs (the paper's: 180000)", 0, 1e9),
        wholeOption("accumulate", "N", "pieces in which a batch goes through the network; grows by itself when memory is short", 1, 65'536, usual.accumulate),
        {"schedule", "NAME", "cosine, step (a tenth at each milestone) or constant (default " + scheduleName(usual.schedule) + ")"},
        {"milestones", "S,S", "of the schedule step: shares of all steps (default " + sharesText(usual.milestones) + ")"},
        numberOption("clip", "L", "shorten gradients longer than this; 0: never", 0, 1e9, usual.clip),
        {"precision", "NAME", "fp32, bf16 or fp16 (with loss scaling) (default " + precisionName(usual.precision) + ")"},
        wholeOption("workers", "N", "threads that read and prepare pictures (default: one less than cores, at most 8 or, for a GPU, 32)", 0, 256),
        wholeOption("patience", "N", "stop after so many epochs without a better validation; 0: never", 0, 100'000, usual.patience),
        {"keep-last", "", "end with the last epoch's weights, not with the best one's"},
        seedOption(),
        wholeOption("checkpoint-every", "STEPS", "steps between checkpoints", 1, 1e9, usual.checkpointEvery),
        wholeOption("stop-after", "STEPS", "stop as if cancelled, to try out --resume", 0, 1e9),
        {"resume", "", "resume from the checkpoint beside the output, if there is one"},
        deviceOption()};
}

TrainOptions loopOf(const Arguments &arguments, const TrainOptions &usual)
{
    TrainOptions options = usual;
    arguments.take("epochs", options.epochs);
    arguments.take("batch", options.batch);
    if (arguments.has("optimiser"))
        options.optimiser = optimiserNamed(arguments.text("optimiser"));
    arguments.take("learning-rate", options.learningRate);
    arguments.take("warmup", options.warmup);
    arguments.take("momentum", options.momentum);
    arguments.take("weight-decay", options.weightDecay);
    arguments.take("seed", options.seed);
    arguments.take("steps", options.steps);
    arguments.take("accumulate", options.accumulate);
    if (arguments.has("schedule"))
        options.schedule = scheduleNamed(arguments.text("schedule"));
    if (arguments.has("milestones"))
        options.milestones = shares(arguments.text("milestones"));
    arguments.take("clip", options.clip);
    if (arguments.has("precision"))
        options.precision = precisionNamed(arguments.text("precision"));
    arguments.take("workers", options.workers);
    arguments.take("patience", options.patience);
    options.keepBest = !arguments.has("keep-last");
    arguments.take("checkpoint-every", options.checkpointEvery);
    arguments.take("stop-after", options.stopAfter);
    options.device = parseDevice(arguments.text("device", "auto"));
    options.resume = arguments.has("resume");
    return options;
}

std::vector<Option> resultOptions()
{
    return {{"out", "FILE", "the weights, as safetensors with their own description"},
            {"name", "NAME", "of the model (default: the file's)"},
            {"history", "FILE", "write the epochs' losses and validation as JSON"}};
}

std::string modelNameOf(const Arguments &arguments, const std::string &out)
{
    return arguments.text("name", std::filesystem::path(out).stem().string());
}

Json historyJson(const std::vector<EpochReport> &epochs)
{
    Json list = Json::array();
    for (const EpochReport &epoch : epochs)
        list.push_back({{"epoch", epoch.epoch},
                        {"loss", epoch.loss},
                        {"learning_rate", epoch.learningRate},
                        {"pictures_per_second", epoch.picturesPerSecond},
                        {"validation", epoch.validation},
                        {"best", epoch.best}});
    return list;
}

void finishTraining(const Arguments &arguments, const Json &history, const std::string &out, Progress &progress)
{
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    if (arguments.has("history"))
        writeJson(arguments.text("history"), history);
    say("written: " + out);
}

std::pair<int, int> sidesOf(const Arguments &arguments, const std::string &option, int low, int high)
{
    const std::string text = arguments.text(option);
    const std::vector<std::string> sides = split(text, 'x');
    const auto side = [&](std::size_t i) {
        const double value = sides.size() == 2 ? parseNumber(sides[i]).value_or(0) : 0;
        if (!(value >= low && value <= high && value == std::floor(value)))
            throw UsageError("--" + option + " needs height and width such as 128x64, each from " + std::to_string(low) + " to " + std::to_string(high)
                             + ", not '" + text + "'.");
        return static_cast<int>(value);
    };
    const int height = side(0);
    return {height, side(1)};
}

} // namespace dscope::cli
