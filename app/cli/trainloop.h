// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/base/json.h"
#include "core/training/options.h"

#include <utility>

namespace dscope::cli {

/// The options of every training by steps, with the defaults of `usual`. @param unit what a step takes of, such as "pictures"
std::vector<Option> loopOptions(const TrainOptions &usual, const std::string &unit);
/// `usual` with what was given of them. @throws UsageError
TrainOptions loopOf(const Arguments &arguments, const TrainOptions &usual);

/// `--out`, `--name` and `--history`.
std::vector<Option> resultOptions();
/// `--name`, or the name of `out`.
std::string modelNameOf(const Arguments &arguments, const std::string &out);

Json historyJson(const std::vector<EpochReport> &epochs);
/// Writes `--history` and says that `out` is written.
void finishTraining(const Arguments &arguments, const Json &history, const std::string &out, Progress &progress);

/// "128x64" of an option: height x width, each from `low` to `high`. @throws UsageError
std::pair<int, int> sidesOf(const Arguments &arguments, const std::string &option, int low, int high);

/// `--without-damage` of what is taught targets.
Option withoutDamageOption();

/// Words of `dscope train` in files of their own.
Command trainNanWord();
Command trainSecondWord();

} // namespace dscope::cli
