#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/io/export.h"

#include <optional>
#include <string_view>

namespace dscope::cli {

namespace {

constexpr std::string_view s_second = ":second";

/// What `dscope tune-rule` found best for the DDNet, where it was asked. The user's threshold and number of faces stay. @return whether it works in two stages
bool takeRule(AggregateOptions &how, const UsedModel &ddnet)
{
    const std::optional<Method> rule = ruleOf(ddnet);
    if (!rule) {
        if (!ddnet.rule.empty())
            say("rule: '" + shown(ddnet.rule) + "' of " + ddnet.name + " cannot be used here; ddl is used");
        return false;
    }
    how.method = rule->options.method;
    how.plusMiddle = rule->options.plusMiddle;
    how.plusPower = rule->options.plusPower;
    say("rule: " + ddnet.rule + ", found best for " + ddnet.name + "; for the paper's: --method ddl");
    return rule->weights == secondLookName;
}

int run(const Arguments &arguments, Task &task)
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
    for (const char *option : {"second", "second-threshold"})
        if (!twoStages && arguments.has(option))
            throw UsageError(std::string("--") + option + " is for methods in two stages, such as --method ddl:second.");
    const Keep keep = keepOf(arguments);
    how.threshold = keep.threshold;
    how.keepBest = keep.mode == Keep::Mode::TopK ? keep.k : 0;
    how.k = arguments.integer("k", how.k, 1, 1'000'000'000);
    how.rescaleOverWhole = arguments.has("rescale-over-whole");
    how.normaliseFeatures = arguments.has("normalise");
    how.order = mediaOrder(arguments.text("media", "images"));
    AnalysisOptions options = readAnalysisOptions(arguments);
    // A rule that looks at no D-score must not ask for a DDNet; a threshold below 0 keeps whatever it would say.
    const bool keepsAll = keep.mode == Keep::Mode::Threshold && (!arguments.has("threshold") || keep.threshold < 0);
    if ((how.method == Aggregator::Average || how.method == Aggregator::Max) && keepsAll)
        options = withoutNeedlessDdnet(options, modelStore(arguments), task);
    const Analysis analysis = analyseWords(arguments, options, task);
    if (!arguments.has("method"))
        twoStages = takeRule(how, analysis.ddnet);
    SecondStage stage;
    std::optional<SecondScores> second;
    if (twoStages) {
        second = secondScoresOf(arguments, analysis, true, task);
        stage.scores = &*second;
        if (arguments.has("second-threshold"))
            stage.threshold = arguments.number("second-threshold", 0, -1, 2);
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
            "Writes one feature a group: its faces' embeddings, weighed by D-score",
            "A .npy holds float32 [groups, dim], and FILE.ids.csv beside it names the rows; a .csv holds both, as does standard output (--out -).",
            std::vector<Option>{{"out", "FILE", "where to; - is standard output, as csv"},
                                {"method", "M",
                                 "ddl, ddl-no-rescale, ddl+, average, max, top1 or topk (default: the rule of the DDNet, see dscope tune-rule; where it has none ddl, the paper's); ddl:second, ddl+:second and so on: D-scores choose, the second "
                                 "look's weigh"},
                                secondOption(),
                                {"second-threshold", "T", "in two stages: of those chosen only faces whose second D-score is above T (default: all)"},
                                {"k", "K", "faces of topk (default 5)"},
                                {"rescale-over-whole", "", "maximum and minimum of Eq. 10-11 over the whole group instead of the kept faces"},
                                {"normalise", "", "make every embedding a unit vector first"},
                                {"media", "ORDER", "images, or media-first: average inside each media of an IJB template first (default images)"}}
                + analysisOptions(),
            run,
            true};
}

} // namespace dscope::cli
