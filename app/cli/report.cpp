// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sources.h"

#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/outputfile.h"
#include "core/base/text.h"
#include "core/report/export.h"
#include "core/report/report.h"

namespace dscope::cli {

namespace {

int runReport(const Arguments &arguments, Progress &progress)
{
    const std::string out = arguments.required("out");
    if (const std::string ending = extensionOf(out);
        out != "-" && ending != ".html" && ending != ".htm" && outputTarget(out).kind != OutputTarget::Kind::Stream)
        throw UsageError("'" + shownName(out) + "' should end in .html.");
    ReportOptions how;
    how.keep = keepOf(arguments);
    how.title = arguments.text("title", how.title);
    arguments.take("pictures", how.picturesPerGroup);
    arguments.take("groups", how.maxGroups);
    if (arguments.has("weights"))
        how.keep.weights = weightsNamed(arguments.text("weights"));
    AnalysisOptions options = readAnalysisOptions(arguments);
    if (how.keep.weights.secondLook && options.second.empty())
        options.second = "auto"; // it has to be there
    if (how.keep.weights.secondLook && options.second == "none")
        throw UsageError("--second none, and weights by the second look, exclude each other.");
    const Analysis analysis = analyseWords(arguments, options, progress);
    if (!arguments.has("weights"))
        how.keep.weights = usualWeights(analysis);
    how.notices = progress.notices();
    writeReport(out, analysis, how, progress);
    if (out != "-")
        say("written: " + out);
    return Succeeded;
}

int runBest(const Arguments &arguments, Progress &progress)
{
    const std::string out = arguments.required("out");
    const std::int64_t k = arguments.integer("count", 5);
    AnalysisOptions options = readAnalysisOptions(arguments);
    options.runBase = anyVideo(arguments.paths());
    const Analysis analysis = analyseWords(arguments, options, progress);
    progress.stage("Writing pictures");
    const std::int64_t written = writeBest(out, analysis, k, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say("written: " + std::to_string(written) + " files in " + out);
    return Succeeded;
}

} // namespace

Command reportCommand()
{
    return {
        "report",
        "SOURCE... --out FILE.html",
        "Writes a page with settings, models, histogram, trade-off, and the best and worst elements of each group",
        "The page needs no other file and no network.",
        std::vector<Option>{
            {"out", "FILE", "where to; - is standard output"},
            {"title", "TEXT", "the page's title"},
            wholeOption("pictures", "N", "best and worst elements shown per group", 0, 1000, ReportOptions().picturesPerGroup),
            wholeOption("groups", "N", "groups shown with elements", 0, 1'000'000, ReportOptions().maxGroups),
            {"weights", "W",
             "what the kept elements weigh: ddl, ddl-no-rescale, ddl+ or average, by the second look ddl:second, ... (default: as `dscope aggregate` weighs)"}}
            + analysisOptions(),
        runReport,
        true};
}

Command bestCommand()
{
    std::vector<Option> options{{"out", "FOLDER", "where to"}, wholeOption("count", "K", "pictures per group", 1, 1'000'000, 5)};
    for (const Option &option : analysisOptions())
        if (option.name != "threshold" && option.name != "top-k" && option.name != "enough") // the best are chosen by --count
            options.push_back(option);
    return {"best",
            "SOURCE... --out FOLDER [--count 5]",
            "Copies the best pictures of each group into a folder",
            "Files are named by rank and score: 001_0.9312.jpg is the picture (of a video, the frame), 001_0.9312_face.jpg the aligned face.",
            options,
            runBest,
            true};
}

} // namespace dscope::cli
