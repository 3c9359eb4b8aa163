// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace dscope::cli {

/// A benchmark's name in a line.
std::string benchmarkSummary(const std::string &word);
/// Those of `options` that mean something for a benchmark.
std::vector<Option> optionsOfBenchmark(const std::string &word, const std::vector<Option> &options);
/// A further word of a command for every benchmark.
std::vector<Command> benchmarkCommands(const std::string &usage, const std::vector<Option> &options,
                                       const std::function<int(const Arguments &, Progress &)> &run);
/// "lfw, ytf, ...".
std::string benchmarkList();

} // namespace dscope::cli
