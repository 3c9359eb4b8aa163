// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/evaluation/compare.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace dscope::cli {

/// The options of `dscope compare`: whatever is compared; of faces or tracklets, out of which templates are drawn; of a benchmark, which has its own.
std::vector<Option> comparedOptions();
std::vector<Option> drawnOptions();
std::vector<Option> comparedBenchmarkOptions();

/// "NAME=VALUE" of an option. A score's name becomes part of a method's name, so that it cannot hold what separates there. @throws UsageError
std::pair<std::string, std::string> scoreNamed(const std::string &option, const std::string &text);
/// "0.01,0.001". @throws UsageError
std::vector<double> compareFars(const std::string &text);
/// --method, or the usual ones of the set, then --add and --nan, each once, with --threshold where they name none. @param oracle adds DDL by the
/// quality "true D-score" @throws UsageError, FileError
std::vector<Method> compareMethodsOf(const Arguments &arguments, const TemplateFeatures &set, bool oracle);
/// --budgets: shares of the base's cost, rising; empty where there are none. @throws UsageError, also beside options that ask for methods
std::vector<double> budgetsOf(const Arguments &arguments);
/// Whether --choose-by goes with the other options, and something gives that score, to be asked before anything long. @param pool whether it may lie in a pool
/// @throws UsageError
void checkChooser(const Arguments &arguments, bool pool);
/// What a table says of another chooser than D.
std::string chooserNote(const Arguments &arguments);
/// Whether every --out has an extension that is known, to be asked before anything is computed. @throws UsageError
void checkComparisonOuts(const Arguments &arguments);
/// To every --out in the form that it has; to standard output as Markdown without one.
void writeTables(const Arguments &arguments, const CompareHeading &heading, const std::function<std::string()> &markdown,
                 const std::function<std::string()> &csv, const std::function<Json()> &json);
/// The same of a comparison.
void writeComparison(const Arguments &arguments, const std::vector<ComparedRow> &rows, const CompareHeading &heading);

} // namespace dscope::cli
