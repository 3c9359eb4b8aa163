// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// A row of the paper's Tables 1 to 9 that belongs beside a user's results: percent at each of the table's columns.
struct PaperRow {
    std::string table;  ///< "Table 4"
    std::string method; ///< as printed, with what the table says about base and training data
    /// The FAR targets of `percent`; empty for an accuracy (LFW's and YTF's ten folds), of which there is one.
    std::vector<double> fars;
    std::vector<double> percent;
    std::vector<double> deviation; ///< over splits, where the table has one; else empty
    /// Of a retrieval: `percent` is mAP, then CMC at these. Else empty.
    std::vector<std::int64_t> ranks = {};
    /// Of a classification: which of its figures `percent` is, top1Measure or meanMeasure. Else empty.
    std::string measure = {};
};

/// What the paper reports on a benchmark ("YTF", "iQIYI-VID-FACE", "IJB-A", "IJB-C", "MARS", "ActivityNet 1.2, validation", "Kinetics, validation": what
/// begins with ActivityNet and names 1.2, and what begins with Kinetics), and nothing for any other.
std::vector<PaperRow> paperRows(const std::string &benchmark);
/// What must be known about these figures (protocols.md, section 0), one sentence each.
std::vector<std::string> paperNotes(const std::string &benchmark);

inline constexpr const char *top1Measure = "top-1";
inline constexpr const char *meanMeasure = "mean of top-1 and top-5";

/// The benchmarks' names as they stand above tables.
inline constexpr const char *lfwName = "LFW";
inline constexpr const char *ytfName = "YTF";
inline constexpr const char *iqiyiName = "iQIYI-VID-FACE";
inline constexpr const char *ijbaName = "IJB-A";
inline constexpr const char *ijbbName = "IJB-B";
inline constexpr const char *ijbcName = "IJB-C";
inline constexpr const char *marsName = "MARS";

} // namespace dscope
