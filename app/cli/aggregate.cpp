// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/report/export.h"

#include <optional>
#include <string_view>
#include <utility>

namespace dscope::cli {

namespace {

constexpr std::string_view s_second = ":second";

/// What `dscope tune-rule` found best for these D-scores, where it was asked. The user's threshold and number of faces stay. @return whether it works in two
/// stages
bool takeRule(AggregateOptions &how, const Analysis &analysis)
{
    const bool looksTwice = analysis.second.there();
    const std::string &text = looksTwice ? analysis.second.origin.rule : analysis.ddnet.rule;
    const std::string whose = looksTwice ? "the second look" : analysis.ddnet.name;
    if (const std::optional<Method> rule = ruleOf(text)) {
        how.method = rule->options.method;
        how.plusMiddle = rule->options.plusMiddle;
        how.plusPower = rule->options.plusPower;
        say("rule: " + text + ", found best for " + whose + "; for the paper's: --method ddl");
        return looksTwice && rule->weights == secondLookName;
    }
    const Weights usual = usualWeights(analysis);
    how.method = usual.by;
    if (!text.empty())
        say("rule: '" + shown(text) + "' of " + whose + " cannot be used here; " + name(usual) + " is used");
    else if (usual.secondLook)
        say("rule: " + name(usual) + ", usual with a second look; for the paper's: --method ddl");
    return usual.secondLook;
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::string out = arguments.required("out");
    const std::string extension = std::filesystem::path(out).extension().string();
    if (out != "-" && extension != ".npy" && extension != ".csv")
        throw UsageError("'" + out + "' should end in .npy or .csv.");
    AggregateOptions how;
    // "ddl:second": in two stages, as `dscope compare` has it.
    std::string method = arguments.text("method", "ddl");
    bool twoStages = method.ends_with(s_second);
    if (twoStages)
        method.resize(method.size() - s_second.size());
    how.method = aggregator(method);
    if (twoStages && (how.method == Aggregator::Average || how.method == Aggregator::Max || arguments.has("rescale-over-whole")))
        throw UsageError("'" + arguments.text("method") + "': " + (arguments.has("rescale-over-whole") ? "--rescale-over-whole" : method)
                         + " does not go with a second look.");
    const bool ruleDecides = !arguments.has("method");
    const bool wantsSecond = arguments.has("second") && arguments.text("second") != "none";
    for (const auto &[option, given] : {std::pair("second-threshold", arguments.has("second-threshold")), std::pair("second", wantsSecond)})
        if (given && !twoStages && (!ruleDecides || arguments.has("rescale-over-whole")))
            throw UsageError(std::string("--") + option + " is for methods in two stages, such as --method ddl:second.");
    const Keep keep = keepOf(arguments);
    how.keep = keep;
    how.k = arguments.integer("k", AggregateOptions{}.k);
    how.rescaleOverWhole = arguments.has("rescale-over-whole");
    how.normaliseFeatures = arguments.has("normalise");
    how.order = mediaOrder(arguments.text("media", "images"));
    AnalysisOptions options = readAnalysisOptions(arguments);
    if ((twoStages || arguments.has("second-threshold")) && options.second.empty())
        options.second = "auto"; // it has to be there
    if (twoStages && options.second == "none")
        throw UsageError("--second none, and a method that needs the second look, exclude each other.");
    if (!twoStages && (!ruleDecides || how.rescaleOverWhole))
        options.second = "none";
    // A rule that looks at no D-score must not ask for a DDNet; a threshold below 0 keeps whatever it would say.
    const bool keepsAll = keep.mode == Keep::Mode::Threshold && (!arguments.has("threshold") || keep.threshold < 0);
    if ((how.method == Aggregator::Average || how.method == Aggregator::Max) && keepsAll)
        options = withoutNeedlessDdnet(options, modelStore(arguments), progress);
    const Analysis analysis = analyseWords(arguments, options, progress);
    if (ruleDecides)
        twoStages = takeRule(how, analysis);
    if (!twoStages && arguments.has("second-threshold"))
        throw UsageError("--second-threshold is for methods in two stages; the rule is not one. Name a method, such as --method ddl+:second.");
    SecondStage stage;
    if (twoStages) {
        stage.weighs = true;
        if (arguments.has("second-threshold"))
            stage.threshold = arguments.number("second-threshold", 0);
    }
    writeFeatures(out, analysis, how, stage);
    if (out != "-")
        say("written: " + out);
    return Succeeded;
}

} // namespace

Command aggregateCommand()
{
    return {"aggregate",
            "SOURCE... --out FILE.{npy,csv} [--method ddl]",
            "Writes one feature per group: its elements' embeddings, weighed by D-score",
            "A .npy holds float32 [groups, dim], and FILE.ids.csv beside it names the rows; a .csv holds both, as does standard output (--out -).",
            std::vector<Option>{
                {"out", "FILE", "where to; - is standard output, as csv"},
                {"method", "M",
                 "ddl, ddl-no-rescale, ddl+, average, max, top1 or topk (default: the rule of the second look, where there is one, or of the DDNet, see dscope "
                 "tune-rule; where neither has one ddl+:second, or ddl, the paper's); ddl:second, ddl+:second and so on: D-scores choose, the second "
                 "look's weigh"},
                numberOption("second-threshold", "T", "in two stages: of those chosen only elements whose second D-score is above T (default: all)", -1, 2),
                wholeOption("k", "K", "elements of topk", 1, 1e9, AggregateOptions{}.k),
                {"rescale-over-whole", "", "maximum and minimum of Eq. 10-11 over the whole group instead of the kept faces"},
                {"normalise", "", "make every embedding a unit vector first"},
                {"media", "ORDER", "images, or media-first: average inside each media of an IJB template first (default images)"}}
                + analysisOptions(),
            run,
            true};
}

} // namespace dscope::cli
