// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "core/analysis/analysis.h"
#include "core/analysis/extract.h"
#include "core/report/evaluationrequest.h"
#include "core/threshold/keep.h"

namespace dscope::cli {

/// The options of every command that opens sources, and of the window.
std::vector<Option> analysisOptions();
/// What they say. @throws UsageError
AnalysisOptions readAnalysisOptions(const Arguments &arguments);
/// How videos are divided into clips.
std::vector<Option> clipOptions();
/// @throws UsageError
ClipChoice clipChoiceOf(const Arguments &arguments);
/// --max-side, for every command that detects.
Option maxSideOption();
/// @throws UsageError
int maxSideOf(const Arguments &arguments);
/// What both evaluate and compare say of an extraction: networks, device, flip, store.
ExtractOptions extractOptions(const Arguments &arguments);
/// The same of a benchmark: its files, features and networks.
EvaluationRequest benchmarkRequest(const Arguments &arguments, const std::string &word, const std::filesystem::path &root);
/// --threshold, 0.15 unless given, or --top-k or --enough. @throws UsageError for several
Keep keepOf(const Arguments &arguments);

/// Opens the sources named by the words and prints what the user should know: one line a source and its warnings (the first ten).
/// @throws UsageError when no source was named
Analysis analyseWords(const Arguments &arguments, const AnalysisOptions &options, Progress &progress);

/// A csv with columns path and group counts as pictures, and anything that is a video needs its own treatment: whether one of them is.
bool anyVideo(const std::vector<std::filesystem::path> &paths);

} // namespace dscope::cli
