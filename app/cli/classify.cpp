// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/outputs.h"
#include "app/cli/sources.h"

#include "core/analysis/classify.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().empty())
        throw UsageError("A video is needed, a folder of videos, or a folder with the frames of one. See: dscope classify --help");
    const Outputs outputs = [&] {
        std::vector<std::string> files = arguments.all("out");
        if (files.empty())
            files.emplace_back("-");
        Outputs some;
        for (const std::string &file : files)
            some.emplace_back(file, file == "-" && !arguments.has("format") ? "csv" : outputForm(arguments, file, {"json", "csv"}));
        return some;
    }();
    AnalysisOptions options;
    options.task = taskOf(Protocol::Classification).name;
    options.base = arguments.text("base");
    options.ddnet = arguments.text("ddnet");
    options.device = arguments.text("device", "auto");
    options.batch = static_cast<int>(arguments.integer("batch", 32));
    options.clips = clipChoiceOf(arguments);
    const Keep keep = arguments.has("threshold") || arguments.has("enough") ? keepOf(arguments) : Keep::best(static_cast<int>(arguments.integer("top-k", 9)));
    const Classification result = classify(arguments.paths(), options, keep, modelStore(arguments), progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    for (const auto &[file, form] : outputs) {
        const std::string text = form == "json" ? jsonText(toJson(result)) : classificationCsv(result);
        if (file == "-")
            std::fputs(text.c_str(), stdout);
        else
            writeAtomically(file, text);
    }
    for (const ClassifiedVideo &video : result.videos)
        for (const std::string &warning : video.warnings)
            say(video.path.string() + ": " + warning);
    say("clips: " + result.clips + "; kept: " + result.keep.words());
    return Succeeded;
}

/// Those of analysisOptions() that speak of clips and their networks.
std::vector<Option> options()
{
    constexpr std::array<std::string_view, 12> known{"threshold", "top-k", "enough", "ddnet",     "base",        "device",
                                                     "batch",     "clips", "rate",   "clip-step", "clip-stride", "models"};
    std::vector<Option> own{repeated("out", "FILE", ".json or .csv, or - for standard output (default: csv on standard output)"),
                            {"format", "FORM", "json or csv, where the name of --out does not say it"}};
    for (Option &option : analysisOptions())
        if (std::find(known.begin(), known.end(), option.name) != known.end()) {
            if (option.name == "top-k")
                option.usual = "9";
            if (option.name == "threshold")
                option.usual.clear();
            own.push_back(std::move(option));
        }
    return own;
}

} // namespace

Command classifyCommand()
{
    return {"classify",
            "VIDEO... --base MODEL --ddnet MODEL [--top-k 9]",
            "Says what videos show: DDNet looks at every clip, the base at those that are kept alone",
            "A folder stands for its videos; a folder with the frames of a video is one. The base never sees the other clips, so that a video costs DDNet on "
            "all of its clips and the base on K of them; where the threshold is to be moved use `dscope score` or the window, which run the base on all.",
            options(),
            run,
            true};
}

} // namespace dscope::cli
