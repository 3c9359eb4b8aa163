// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/tables.h"

#include "core/base/csv.h"
#include "core/base/text.h"

#include <cmath>

namespace dscope::tables {

std::string formatted(const char *format, double value)
{
    return printed(format, value);
}

std::string percent(double share)
{
    return std::isnan(share) ? "-" : formatted("%.2f", 100 * share);
}

std::string percent(double share, const Interval &interval)
{
    return percent(share) + (interval.resamples == 0 ? "" : " (" + percent(interval.low) + " to " + percent(interval.high) + ")");
}

std::string known(double cost)
{
    return cost > 0 ? formatted("%.1f", cost / 1e6) : "-";
}

std::string knownNumber(double value)
{
    return value > 0 ? csvNumber(value) : std::string();
}

std::string target(double value)
{
    const double exponent = std::log10(value);
    if (value > 0 && std::abs(exponent - std::round(exponent)) < 1e-9 && std::round(exponent) < 0)
        return "1e" + std::to_string(static_cast<int>(std::round(exponent)));
    return formatted("%g", value);
}

std::string counted(std::int64_t value)
{
    std::string digits = std::to_string(value);
    for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-'; at -= 3)
        digits.insert(at - 3, ",");
    return digits;
}

std::string cell(const std::string &text)
{
    std::string safe;
    for (const char c : shown(text)) {
        if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '[' || c == ']')
            safe += '\\';
        if (c == '<')
            safe += "&lt;";
        else
            safe += c == '\n' || c == '\r' ? ' ' : c;
    }
    return safe;
}

std::string row(const std::vector<std::string> &cells)
{
    std::string line = "|";
    for (const std::string &one : cells)
        line += " " + one + " |";
    return line + "\n";
}

std::string head(const std::vector<std::string> &cells)
{
    std::string line = row(cells) + "|";
    for (std::size_t i = 0; i < cells.size(); ++i)
        line += i == 0 ? "---|" : "---:|";
    return line + "\n";
}

std::string joinedCells(const std::vector<std::string> &cells)
{
    std::string line;
    for (const std::string &one : cells)
        line += (line.empty() ? "" : ",") + one;
    return line + "\n";
}

std::string setTitle(const EvaluationRun &run)
{
    return run.benchmark + (run.synthetic ? " (synthetic set)" : "");
}

std::string source(const PaperRow &paper)
{
    return (paper.table.starts_with("Table") ? "paper, " : "") + paper.table + ": " + cell(paper.method);
}

} // namespace dscope::tables
