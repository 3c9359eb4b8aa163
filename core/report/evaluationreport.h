// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/run.h"

#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// What a report of evaluations holds beside the runs' own figures.
struct EvaluationReport {
    std::string title = "Dscope evaluation";
    std::string live;           ///< the live threshold in one sentence; empty: none
    std::string recommendation; ///< the recommended threshold with its reason (Recommendation::sentence); empty: none
    struct Plot {
        std::string title;
        std::string svg; ///< a whole SVG document
    };
    std::vector<Plot> plots;
};

/// One HTML page that needs nothing else: recommendation and live threshold, the plots, and every table of evaluationTable() with the paper's figures.
/// Follows the reader's light or dark scheme; whatever comes from files or names is escaped, and nothing in it can run.
std::string evaluationReportHtml(const std::vector<EvaluationRun> &runs, const EvaluationReport &parts = {});

/// HTML of the Markdown that this program writes: headings, tables (numbers to the right where the rule of dashes ends in a colon), lists with "- ",
/// paragraphs, `code` and **bold**. Everything else is text.
std::string htmlOfMarkdown(std::string_view markdown);

} // namespace dscope
