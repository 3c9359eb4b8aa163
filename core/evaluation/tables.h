// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/paperfigures.h"
#include "core/evaluation/run.h"

#include <cstdint>
#include <string>
#include <vector>

/// What Markdown tables and csv files of runs are put together from.
namespace dscope::tables {

/// By printf's rules. @param format of one number, such as "%.2f"
std::string formatted(const char *format, double value);
/// "97.25" of a share; "-" where it is not a number.
std::string percent(double share);
/// The same with its interval where there is one: "97.25 (96.80 to 97.61)".
std::string percent(double share, const Interval &interval);
/// A cost for a table, in millions, "-" where it is not known (0).
std::string known(double cost);
/// The same for a csv: an empty cell, which no spreadsheet takes for a network that costs nothing.
std::string knownNumber(double value);
/// "1e-4" rather than "0.0001".
std::string target(double value);
/// "12,345"
std::string counted(std::int64_t value);
/// A cell of a Markdown table: nothing in it ends the cell, the row, or begins HTML.
std::string cell(const std::string &text);
std::string row(const std::vector<std::string> &cells);
/// The first row and the line below it.
std::string head(const std::vector<std::string> &cells);
/// Cells of a csv that are written already.
std::string joinedCells(const std::vector<std::string> &cells);
/// The benchmark, and that it is a synthetic set.
std::string setTitle(const EvaluationRun &run);
/// What stands in the first cell of a row that is not ours: where it is from, and what it is.
std::string source(const PaperRow &paper);

} // namespace dscope::tables
