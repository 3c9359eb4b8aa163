// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/evaluation/draws.h"
#include "core/metrics/statistics.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// The mean of all pictures.
Method plainAverage();

struct CompareOptions {
    std::vector<double> fars{1e-2, 1e-3};
    int resamples = 200; ///< of the by-person bootstrap; 0: no intervals
    std::uint64_t seed = 1;
    bool resampleDraws = false; ///< each resample takes draws with replacement as well as people, so that intervals are over both
    Cost ddnetCost{};           ///< of a face; 0: not known, so that there are no prices
    Cost baseCost{};
    Method reference = plainAverage(); ///< what gains are over
};

/// One method at one FAR.
struct ComparedRow {
    std::string part;      ///< what was compared, such as "3 pictures, clean"
    std::string method;    ///< nameOf()
    std::string title;     ///< titleOf()
    double far = 0;        ///< target, strict rule
    double tar = 0;        ///< mean over the draws
    Interval interval;     ///< of the TAR, by-person bootstrap; no resamples: there is none
    double gain = 0;       ///< TAR minus that of the reference, which is the plain average unless the options have another
    Interval gainInterval; ///< of the same, paired: both methods on the same people of each resample
    double realisedFar = 0;
    double impostorsAccepted = 0;
    double genuine = 0; ///< pairs
    double impostor = 0;
    double keptShare = 0;     ///< of the pictures that have a part in the method's vectors
    double embeddedShare = 0; ///< of the pictures that go through the base: embeddedFaces()
    double macPerFace = 0;    ///< what scores + the base on those, mean over all pictures; 0: not known
    double budget = 0;        ///< the share of the base's cost that was asked for (compareBudgets()); 0: none was
};

/// Compares methods on the same templates and pairs: draws of one experiment, or one set alone. All draws must have the same subjects. Methods share
/// the bootstrap's resamples, so that differences are paired. There are no intervals where a pair has a template whose subject is not known.
/// Rows come method by method, each at all FARs.
/// @throws Error as represent() and fullRoc() do, Cancelled
std::vector<ComparedRow> compareMethods(std::span<const ComparedSet> draws, const std::vector<Method> &methods, const CompareOptions &options,
                                        const std::string &part, Progress &progress);

/// Values of one field in the order they first occur.
template<typename T>
std::vector<T> distinct(const std::vector<ComparedRow> &rows, T ComparedRow::*field)
{
    std::vector<T> values;
    for (const ComparedRow &row : rows)
        if (std::find(values.begin(), values.end(), row.*field) == values.end())
            values.push_back(row.*field);
    return values;
}

/// What stands above a table: how it was made.
struct CompareHeading {
    std::string set;
    std::string base;
    std::string ddnet;
    std::string device;
    std::string protocol; ///< in one sentence
    std::vector<std::string> notes;
};

/// A title that a Markdown table can hold.
std::string markdownText(const std::string &text);
/// "98.9 (97.8 to 99.5)", in %. @param format of both numbers, such as "%.1f"
std::string comparedCell(double value, const Interval &interval, const char *format);
/// Set, networks, protocol and notes, as they stand above a Markdown table.
std::string markdownHeading(const CompareHeading &heading);

/// A Markdown table a FAR: a row a method, a column a part, TAR in % with interval; then the same of the gains over the average.
std::string compareMarkdown(const std::vector<ComparedRow> &rows, const CompareHeading &heading);
/// A line a row, every number in full.
std::string compareCsv(const std::vector<ComparedRow> &rows);
/// dscope.comparison/1: the heading and the rows.
Json compareJson(const std::vector<ComparedRow> &rows, const CompareHeading &heading);

} // namespace dscope
