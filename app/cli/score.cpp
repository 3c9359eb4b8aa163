// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sources.h"

#include "core/base/error.h"
#include "core/report/export.h"
#include "core/tasks/task.h"

namespace dscope::cli {

namespace {

ScoreFormat formatOf(const Arguments &arguments, const std::string &out)
{
    if (arguments.has("format"))
        return scoreFormat(arguments.text("format"));
    const std::string extension = std::filesystem::path(out).extension().string();
    if (extension == ".json" || out == "-")
        return ScoreFormat::JsonText;
    if (extension == ".csv")
        return ScoreFormat::Csv;
    throw UsageError("'" + out + "' should end in .csv or .json, or say the form by --format csv|json|ofiq|nist|insightface.");
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::string out = arguments.required("out");
    const ScoreFormat format = formatOf(arguments, out);
    const Keep keep = keepOf(arguments);
    AnalysisOptions options = readAnalysisOptions(arguments);
    // Pictures need no base for their scores; in a video its embeddings mend the tracks of a person, and of clips it says what they show.
    options.runBase = arguments.has("embeddings") || (arguments.has("second") && options.second != "none") || taskNamed(options.task).shape.frames > 1
        || anyVideo(arguments.paths());
    const Analysis analysis = analyseWords(arguments, options, progress);
    writeScores(out, format, analysis, keep);
    if (out != "-")
        say("written: " + out);
    return Succeeded;
}

} // namespace

Command scoreCommand()
{
    return {"score",
            "SOURCE... --out FILE.{csv,json}",
            "Writes the D-score of every element: a face, a crop of a person, or a clip of a video",
            "JSON follows the schema dscope.scores/1. With --out - the scores go to standard output, as JSON unless --format says otherwise. The forms ofiq, "
            "nist and "
            "insightface are those that other tools of the field read. With a second look csv and JSON also have its D-scores, d_second, where the base has "
            "run: on "
            "pictures it does so for --second or --embeddings.",
            std::vector<Option>{{"out", "FILE", "where to; - is standard output"},
                                {"format", "FORM", "csv, json, ofiq, nist or insightface (default: by the file's name)"},
                                {"embeddings", "", "run the base on pictures too, so that a window opened later finds everything"}}
                + analysisOptions(),
            run,
            true};
}

} // namespace dscope::cli
