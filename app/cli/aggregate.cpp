#include "app/cli/sources.h"

#include "core/base/error.h"
#include "core/evaluation/method.h"
#include "core/io/export.h"

namespace dscope::cli {

namespace {

/// What `dscope tune-rule` found best for the DDNet, where it was asked. The user's threshold and number of faces stay.
void takeRule(AggregateOptions &how, const UsedModel &ddnet)
{
    if (ddnet.rule.empty())
        return;
    const AggregateOptions rule = methodNamed(ddnet.rule).options;
    how.method = rule.method;
    how.plusMiddle = rule.plusMiddle;
    how.plusPower = rule.plusPower;
    say("rule: " + ddnet.rule + ", found best for " + ddnet.name + "; for the paper's: --method ddl");
}

int run(const Arguments &arguments, Task &task)
{
    const std::string out = arguments.required("out");
    const std::string extension = std::filesystem::path(out).extension().string();
    if (out != "-" && extension != ".npy" && extension != ".csv")
        throw UsageError("'" + out + "' should end in .npy or .csv.");
    AggregateOptions how;
    how.method = aggregator(arguments.text("method", "ddl"));
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
        takeRule(how, analysis.ddnet);
    writeFeatures(out, analysis, how);
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
                                {"method", "M", "ddl, ddl-no-rescale, ddl+, average, max, top1 or topk (default: the rule of the DDNet, see dscope tune-rule; where it has none ddl, the paper's)"},
                                {"k", "K", "faces of topk (default 5)"},
                                {"rescale-over-whole", "", "maximum and minimum of Eq. 10-11 over the whole group instead of the kept faces"},
                                {"normalise", "", "make every embedding a unit vector first"},
                                {"media", "ORDER", "images, or media-first: average inside each media of an IJB template first (default images)"}}
                + analysisOptions(),
            run,
            true};
}

} // namespace dscope::cli
