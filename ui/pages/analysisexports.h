// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/report/export.h"
#include "ui/pages/analysissources.h"

#include <QCoreApplication>

#include <filesystem>
#include <functional>
#include <vector>

namespace dscope {

class AnalysisViews;
class Page;
class Plot;
class ThresholdState;

/// What the page for analysis is made of.
struct AnalysisParts {
    Page *page = nullptr;
    ThresholdState *state = nullptr;
    AnalysisSources *sources = nullptr;
    AnalysisViews *views = nullptr;
};

/// All files that an analysis was read from.
std::vector<std::filesystem::path> filesReadFor(const Analysis &analysis);

/// Writes what is open on the page for analysis into files of the user's choice.
class AnalysisExports {
    Q_DECLARE_TR_FUNCTIONS(dscope::AnalysisExports)
public:
    explicit AnalysisExports(const AnalysisParts &parts) : m_parts(parts) {}

    void scoresCsv() const;
    void scoresJson() const;
    /// A feature a group, as it is weighed in the window.
    void chosenFeatures() const;
    void features(Aggregator method) const;
    void best() const;
    void report() const;
    /// What can be exported as a picture.
    std::vector<Plot *> plots() const;

private:
    using Writer = std::function<void(const Analysis &, const std::filesystem::path &, Progress &)>;
    /// Asks where to, and writes in the background what is open now.
    void ask(const QString &title, const QString &name, const QString &filter, Writer write) const;
    void run(const DocumentPtr &document, const std::filesystem::path &file, const Writer &write) const;
    void scores(const QString &name, const QString &filter, ScoreFormat format) const;
    void features(const AggregateOptions &options, const SecondStage &stage) const;

    AnalysisParts m_parts;
};

} // namespace dscope
