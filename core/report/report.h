// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/base/progress.h"
#include "core/threshold/keep.h"

#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

struct ReportOptions {
    std::string title = "Dscope report";
    Keep keep;                ///< by default the paper's threshold
    int picturesPerGroup = 5; ///< best, and as many worst
    int maxGroups = 200;      ///< groups listed with pictures; the report says how many more there are
    int maxWarnings = 500;    ///< warnings listed a source; the report says how many more there are
    int curvePoints = 60;
    int tableRows = 11;               ///< of the trade-off table: kept shares from 100 % down
    std::vector<std::string> notices; ///< of the run, beside the sources' own warnings
};

/// The whole report as one HTML page that needs nothing else: settings, models with hashes, device, counts, histogram and trade-off as
/// inline SVG, trade-off table, best and worst faces of each group as data: URIs, warnings. Follows the reader's light or dark scheme.
/// Whatever comes from files or names is escaped. @throws Cancelled
std::string reportHtml(const Analysis &analysis, const ReportOptions &options, Progress &progress);
/// Writes it; "-" is standard output. @throws FileError, Cancelled
void writeReport(const std::filesystem::path &path, const Analysis &analysis, const ReportOptions &options, Progress &progress);

/// A whole report: the page's head with its style, the title and the date, and `body` as it is.
std::string reportPage(const std::string &title, const std::string &body);

/// Standard base 64 with padding.
std::string base64(const std::vector<std::uint8_t> &bytes);

} // namespace dscope
