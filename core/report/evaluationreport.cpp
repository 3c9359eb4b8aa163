// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/evaluationreport.h"

#include "core/base/text.h"
#include "core/report/report.h"
#include "core/report/svg.h"
#include "core/report/template.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\r'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

bool isSign(char c)
{
    return c > ' ' && c < '\x7f' && !isLetterOrDigit(c);
}

/// Escaped, with pairs of ` and ** as elements and a backslash before a sign for the sign itself. A mark without its partner is text.
std::string inlineHtml(std::string_view text)
{
    std::string out;
    std::string plain; // escaped in one go: a character may have several bytes
    const auto add = [&](const std::string &html) {
        out += escapeHtml(plain) + html;
        plain.clear();
    };
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = text.substr(i);
        const std::string_view mark = rest.starts_with('`') ? rest.substr(0, 1) : rest.substr(0, 2);
        if (rest[0] == '\\' && rest.size() > 1 && isSign(rest[1])) {
            plain += rest[1];
            i += 2;
            continue;
        }
        if (rest.starts_with("&lt;")) { // as a cell of Markdown has it
            plain += '<';
            i += 4;
            continue;
        }
        if (mark == "`" || mark == "**") {
            const std::size_t end = rest.find(mark, mark.size());
            if (end != std::string_view::npos && end > mark.size()) {
                const std::string_view inner = rest.substr(mark.size(), end - mark.size());
                add(mark == "`" ? "<code>" + escapeHtml(inner) + "</code>" : "<b>" + inlineHtml(inner) + "</b>");
                i += end + mark.size();
                continue;
            }
        }
        plain += rest[0];
        ++i;
    }
    add({});
    return out;
}

/// Cells of a table's row; "\|" is a bar inside a cell.
std::vector<std::string> cellsOf(std::string_view line)
{
    line = trimmed(line);
    if (line.starts_with('|'))
        line.remove_prefix(1);
    if (line.ends_with('|') && !line.ends_with("\\|"))
        line.remove_suffix(1);
    std::vector<std::string> cells(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|')
            cells.back() += line[++i];
        else if (line[i] == '|')
            cells.emplace_back();
        else
            cells.back() += line[i];
    }
    for (std::string &cell : cells)
        cell = std::string(trimmed(cell));
    return cells;
}

bool isRule(const std::vector<std::string> &cells)
{
    return std::all_of(cells.begin(), cells.end(),
                       [](const std::string &cell) { return cell.find('-') != std::string::npos && cell.find_first_not_of("-:") == std::string::npos; });
}

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string tableHtml(const std::vector<std::vector<std::string>> &rows)
{
    const bool headed = rows.size() > 1 && isRule(rows[1]);
    std::string out = "<div class=\"wide\"><table>\n";
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (headed && r == 1)
            continue;
        const char *element = headed && r == 0 ? "th" : "td";
        out += "<tr>";
        for (std::size_t c = 0; c < rows[r].size(); ++c) {
            const bool right = headed && c < rows[1].size() && rows[1][c].ends_with(':');
            out += std::string("<") + element + (right ? " class=\"n\">" : ">") + inlineHtml(rows[r][c]) + "</" + element + ">";
        }
        out += "</tr>\n";
    }
    return out + "</table></div>\n";
}

/// CMC of the runs with a retrieval: a plot a benchmark, protocol and distance.
std::string cmcPlots(const std::vector<EvaluationRun> &runs)
{
    struct Plot {
        PlotFrame frame;
        std::vector<PlotLine> lines;
    };
    std::vector<Plot> plots;
    for (const EvaluationRun &run : runs)
        for (const RetrievalFigures &figures : run.retrieval) {
            if (figures.curve.empty())
                continue;
            const std::string title =
                run.benchmark + (run.synthetic ? " (synthetic set)" : "") + ": CMC, " + name(figures.protocol) + " protocol, " + name(figures.distance);
            auto plot = std::find_if(plots.begin(), plots.end(), [&](const Plot &one) { return one.frame.title == title; });
            if (plot == plots.end()) {
                plot = plots.insert(plots.end(), Plot());
                plot->frame.title = title;
                plot->frame.xLabel = "rank";
                plot->frame.yLabel = "first match among so many, %";
                plot->frame.xLow = 1;
                plot->frame.xHigh = 2;
                plot->frame.yLow = plot->frame.yHigh = 100;
            }
            PlotLine line;
            line.name = run.method;
            for (std::size_t k = 0; k < figures.curve.size(); ++k) {
                line.x.push_back(static_cast<double>(k + 1));
                line.y.push_back(100 * figures.curve[k]);
            }
            plot->frame.xHigh = std::max(plot->frame.xHigh, line.x.back());
            // From a ten below the lowest.
            plot->frame.yLow = std::clamp(10 * std::floor(line.y.front() / 10), 0.0, std::min(plot->frame.yLow, 90.0));
            plot->lines.push_back(std::move(line));
        }
    std::string out;
    for (const Plot &plot : plots)
        out += "<div class=\"plots\">" + linePlot(plot.frame, plot.lines) + "</div>\n";
    return out;
}

} // namespace

std::string htmlOfMarkdown(std::string_view markdown)
{
    std::string out;
    const std::vector<std::string_view> lines = linesOf(markdown);
    for (std::size_t i = 0; i < lines.size();) {
        const std::string_view line = lines[i];
        if (line.empty()) {
            ++i;
        } else if (line.starts_with('|')) {
            std::vector<std::vector<std::string>> rows;
            for (; i < lines.size() && lines[i].starts_with('|'); ++i)
                rows.push_back(cellsOf(lines[i]));
            out += tableHtml(rows);
        } else if (line.starts_with("- ")) {
            out += "<ul>\n";
            for (; i < lines.size() && lines[i].starts_with("- "); ++i)
                out += "<li>" + inlineHtml(lines[i].substr(2)) + "</li>\n";
            out += "</ul>\n";
        } else if (line.starts_with('#')) {
            const std::size_t depth = std::min<std::size_t>(line.find_first_not_of('#'), 6);
            const std::string element = "h" + std::to_string(std::clamp<std::size_t>(depth, 2, 6));
            out += "<" + element + ">" + inlineHtml(trimmed(line.substr(std::min(line.size(), line.find_first_not_of('#'))))) + "</" + element + ">\n";
            ++i;
        } else {
            std::string text;
            for (; i < lines.size() && !lines[i].empty() && !lines[i].starts_with('|') && !lines[i].starts_with("- ") && !lines[i].starts_with('#'); ++i)
                text += (text.empty() ? "" : " ") + std::string(lines[i]);
            out += "<p>" + inlineHtml(text) + "</p>\n";
        }
    }
    return out;
}

std::string evaluationReportHtml(const std::vector<EvaluationRun> &runs, const EvaluationReport &parts)
{
    const auto section = [](const char *heading, const std::string &text) {
        return text.empty() ? text : Template::of("evaluation.html", "section").filled({{"heading", heading}, {"text", text}});
    };
    std::string out = section("Recommendation", parts.recommendation) + section("Live threshold", parts.live);
    if (!parts.plots.empty())
        out += "<h2>Plots</h2>\n";
    // As pictures: what stands in one can neither run nor load anything.
    for (const EvaluationReport::Plot &plot : parts.plots)
        out += Template::of("evaluation.html", "plot").filled({{"title", plot.title}, {"picture", base64({plot.svg.begin(), plot.svg.end()})}});
    return reportPage(parts.title, out + cmcPlots(runs) + htmlOfMarkdown(evaluationTable(runs)));
}

} // namespace dscope
