// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/comparebenchmark.h"

#include "app/cli/compareoptions.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"
#include "core/sets/qualityfile.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>

namespace dscope::cli {

int compareOnBenchmark(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 1)
        throw UsageError("One folder is needed, where the benchmark lies. See: dscope " + arguments.command() + " --help");
    checkComparisonOuts(arguments);
    checkChooser(arguments, false);
    compareMethodsOf(arguments, {}, false); // before anything long: a slip in a name, a network that cannot be read
    const QualityFormat format = qualityFormat(arguments.text("quality-format", "auto"));
    std::vector<std::pair<std::string, QualityFile>> qualities;
    for (const std::string &text : arguments.all("quality")) {
        const auto [name, path] = scoreNamed("quality", text);
        qualities.emplace_back(name, readQualityFile(path, progress, format, arguments.text("quality-column")));
    }
    if (taskOfBenchmark(arguments.word()).protocol == Protocol::Retrieval)
        throw UsageError("'" + arguments.word() + "' is a retrieval, without pairs to compare: `dscope evaluate " + arguments.word()
                         + "` runs it with any --method, and `dscope compare ROOT` draws tracklets out of it.");
    EvaluationRequest request = benchmarkRequest(arguments, arguments.word(), arguments.words().front());
    for (const std::string &text : arguments.all("scorer"))
        request.qualities.push_back(scoreNamed("scorer", text));
    const std::vector<double> budgets = budgetsOf(arguments);
    EvaluationLoading loading;
    loading.extract = extractOptions(arguments);
    loading.methods = compareMethodsOf(arguments, {}, false);
    loading.second = secondWanted(arguments, loading.methods);
    const std::shared_ptr<EvaluationSet> set = loadEvaluationSet(request, loading, modelStore(arguments), progress);
    const Benchmark &benchmark = *set->benchmark;
    CompareOptions options;
    options.fars = arguments.has("fars") ? compareFars(arguments.text("fars")) : benchmark.fars;
    options.resamples = static_cast<int>(arguments.integer("resamples", options.resamples, 0, 100'000));
    options.seed = request.files.seed;
    if (!set->bare) {
        options.baseCost = set->baseCost;
        options.ddnetCost = set->ddnetCost;
    }
    CompareHeading heading;
    heading.base = set->base;
    heading.ddnet = set->ddnet;
    heading.device = set->bare ? "none" : set->device;
    heading.notes = set->warnings;
    ComparedSet draw{set->takeFeatures(), {}};
    for (const auto &[name, file] : qualities) {
        QualityMatch match = matchQuality(file, draw.set.names, progress);
        heading.notes.push_back(name + ": " + describe(match, file));
        (name == "detector" ? draw.set.detector : draw.set.quality[name]) = std::move(match.scores);
    }
    const std::vector<Method> methods = compareMethodsOf(arguments, draw.set, false);
    std::vector<ComparedRow> rows;
    for (const BenchmarkSplit &split : benchmark.splits) {
        if (split.pairs.size() == 0)
            continue;
        progress.stage("Comparing templates" + (benchmark.splits.size() > 1 ? " of " + split.name : std::string()));
        draw.pairs = split.pairs;
        const std::string &named = benchmark.splits.size() > 1 ? split.name : benchmark.name;
        const std::vector<ComparedRow> some = budgets.empty() ? compareMethods({&draw, 1}, methods, options, named, progress)
                                                              : compareBudgets({&draw, 1}, budgets, options, named, progress, arguments.text("choose-by"));
        rows.insert(rows.end(), some.begin(), some.end());
    }
    if (rows.empty())
        throw Error(benchmark.name + " has no pairs to compare.");
    if (arguments.has("choose-by"))
        heading.notes.push_back(chooserNote(arguments));
    heading.set = benchmark.name + (benchmark.synthetic ? " (synthetic)" : "") + ", " + std::to_string(draw.set.templates()) + " templates, "
        + std::to_string(draw.set.faces()) + " faces";
    heading.protocol =
        printed("The benchmark's templates and pairs, compared by cosine; a template without a face scores lowest against all; TAR by the strict rule; 95 %% "
                "intervals by %d by-person bootstrap resamples, the same for all methods, those of the gains paired, where the subjects are known.",
                options.resamples);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    writeComparison(arguments, rows, heading);
    return Succeeded;
}

} // namespace dscope::cli
