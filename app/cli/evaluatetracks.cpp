// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/compareoptions.h"
#include "app/cli/options.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/trackparts.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"
#include "core/scores/secondlook.h"

#include <array>
#include <utility>

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    checkComparisonOuts(arguments);
    // Before anything long: a slip in a name, a network that cannot be read, a score that tracks do not have.
    const std::vector<Method> asked = compareMethodsOf(arguments, {}, false);
    AnalysisOptions looking = readAnalysisOptions(arguments);
    if (arguments.has("method") || arguments.has("add")) {
        for (const Method &method : asked) {
            if (method.options.order == MediaOrder::MediaFirst)
                throw UsageError("'" + nameOf(method) + "': a track has no media; leave out media-first.");
            for (const std::string &score : {method.quality, method.weights})
                if (!score.empty() && score != "norm" && score != "detector" && score != secondLookName)
                    throw UsageError("'" + nameOf(method) + "': the faces of tracks have no score called '" + score + "'.");
        }
        if (asksForSecondLook(asked) && looking.second == "none")
            throw UsageError("--second none, and methods that need the second look, exclude each other.");
        if (asksForSecondLook(asked) && looking.second.empty())
            looking.second = "auto"; // it has to be there
    }
    CompareOptions options;
    options.fars = compareFars(arguments.text("fars", "0.01,0.001"));
    arguments.take("resamples", options.resamples);
    options.seed = seedOf(arguments);
    const std::vector<double> budgets = budgetsOf(arguments);
    TrackPartsOptions how;
    arguments.take("at-least", how.atLeast);
    if (arguments.has("people"))
        how.people = readVideoPeople(arguments.text("people"));

    const Analysis analysis = analyseWords(arguments, looking, progress);
    TrackParts made = trackParts(analysis, how);
    progress.stage("Comparing tracks");
    options.ddnetCost = analysis.ddnet.cost;
    options.baseCost = analysis.base.cost;
    const std::int64_t faces = made.parts.set.faces();
    std::array<ComparedSet, 1> one{std::move(made.parts)};
    const std::string part = std::to_string(made.tracks) + (made.tracks == 1 ? " track" : " tracks");
    const std::vector<ComparedRow> rows = budgets.empty() ? compareMethods(one, compareMethodsOf(arguments, one.front().set, false), options, part, progress)
                                                          : compareBudgets(one, budgets, options, part, progress);
    CompareHeading heading;
    heading.set = std::to_string(faces) + " faces of " + part;
    heading.base = analysis.base.name;
    heading.ddnet = analysis.ddnet.name;
    heading.device = analysis.device;
    heading.protocol = printed("Templates are the first and the last third of every track of %lld faces or more. Genuine pairs (%lld): both thirds of a "
                               "track%s. Impostor pairs (%lld): thirds of "
                               "tracks that are seen in the same frame%s. TAR by the strict rule; 95 %% intervals by %d bootstrap resamples over %s.",
                               static_cast<long long>(how.atLeast), static_cast<long long>(made.genuine),
                               how.people.empty() ? "" : ", and of tracks of the same person", static_cast<long long>(made.impostor),
                               how.people.empty() ? "" : ", and of different people", options.resamples, how.people.empty() ? "tracks" : "people");
    if (made.shortTracks > 0)
        heading.notes.push_back(std::to_string(made.shortTracks) + " shorter " + (made.shortTracks == 1 ? "track was" : "tracks were") + " left out.");
    if (made.unseen > 0)
        heading.notes.push_back(std::to_string(made.unseen) + (made.unseen == 1 ? " video" : " videos") + " of the list of people "
                                + (made.unseen == 1 ? "was" : "were") + " not among those opened.");
    if (made.others > 0)
        heading.notes.push_back(std::to_string(made.others) + (made.others == 1 ? " track that is" : " tracks that are")
                                + " seen beside the longest of a video of one person " + (made.others == 1 ? "was" : "were") + " left out.");
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    writeComparison(arguments, rows, heading);
    return Succeeded;
}

} // namespace

Command evaluateTracksCommand()
{
    std::vector<Option> options{
        repeated("method", "M", "a row of the table, as `dscope compare` has them (default: all that there is)"),
        repeated("add", "M", "a row beside the usual ones"),
        repeated("nan", "FILE", "an aggregation network by `dscope train nan` as a row"),
        {"budgets", "P,P", "instead of methods: the accuracy at so many percent of the base's cost, such as 10,25,50,100"},
        {"people", "CSV", "who is seen in a video, for videos of one person each: columns video and person"},
        wholeOption("at-least", "N", "faces of a track; shorter ones are left out", 3, 1'000'000, TrackPartsOptions().atLeast),
        {"fars", "F,F", "false accept rates (default 0.01,0.001)"},
        resamplesOption(200),
        seedOption("of the bootstrap and of pictures by lot"),
        repeated("out", "FILE", "a .md, .csv or .json (default: standard output)"),
        {"format", "F", "md, csv or json, where the name does not say"},
    };
    for (const Option &option : analysisOptions())
        if (option.name != "top-k" && option.name != "enough") // those are in the names of methods
            options.push_back(option);
    return {"evaluate-tracks",
            "VIDEO... [--budgets 10,25,50,100]",
            "Ways to aggregate on your own videos, for which nobody has written down who is who",
            "The first and the last third of a person's track are a genuine pair, and two people who are seen in the same frame are impostors for certain. So "
            "any video with several people in it "
            "measures what D-scores do there. A list of people (--people) adds pairs across videos.",
            options,
            run};
}

} // namespace dscope::cli
