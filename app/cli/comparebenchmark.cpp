#include "app/cli/comparebenchmark.h"

#include "app/cli/compareoptions.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/extract.h"
#include "core/analysis/scorer.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"
#include "core/evaluation/qualityfile.h"

#include <algorithm>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

/// The benchmark's faces with features and D-scores: those given, those that a made set brings along, or its feature store's.
TemplateFeatures featuresOf(const Arguments &arguments, const Benchmark &benchmark, const fs::path &root, CompareHeading &heading, CompareOptions &options, Task &task)
{
    fs::path embeddings = arguments.text("embeddings");
    fs::path dScores = arguments.text("d-scores");
    if (embeddings.empty()) {
        const GivenFeatures made = madeFeatures(benchmark, root);
        embeddings = made.embeddings;
        if (dScores.empty())
            dScores = made.dScores;
    }
    if (!embeddings.empty()) {
        heading.base = embeddings.filename().string();
        heading.ddnet = dScores.empty() ? "none" : dScores.filename().string();
        heading.device = "none";
        return arrangeEmbeddings(benchmark, embeddings, dScores, heading.notes, task);
    }
    ExtractOptions how = extractOptions(arguments);
    const std::vector<Method> methods = compareMethodsOf(arguments, {}, false);
    if (asksForSecondLook(methods)) // before anything long
        requireSecondLook(arguments, task);
    how.dScores = std::any_of(methods.begin(), methods.end(), looksAtDScores);
    const FeatureStore store(extractFeatures(benchmark, how, modelStore(arguments), task));
    options.baseCost = store.info().baseCost;
    options.ddnetCost = store.info().ddnetCost;
    heading.base = store.info().base;
    heading.ddnet = store.info().ddnet;
    heading.device = store.info().device;
    return arrange(benchmark, store, heading.notes, task);
}

} // namespace

int compareOnBenchmark(const Arguments &arguments, Task &task)
{
    const std::string word = arguments.words()[0];
    const fs::path root = arguments.words()[1];
    for (const char *option : {"detect", "laplacian", "oracle", "keep", "split", "part", "at-least", "sizes", "clean-only", "degraded-share", "draws"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option + " is for templates drawn from faces; a benchmark has its own.");
    checkComparisonOuts(arguments);
    checkChooser(arguments, false);
    compareMethodsOf(arguments, {}, false); // before anything long: a slip in a name, a network that cannot be read
    const QualityFormat format = qualityFormat(arguments.text("quality-format", "auto"));
    std::vector<std::pair<std::string, QualityFile>> qualities;
    for (const std::string &text : arguments.all("quality")) {
        const auto [name, path] = scoreNamed("quality", text);
        qualities.emplace_back(name, readQualityFile(path, task, format, arguments.text("quality-column")));
    }
    BenchmarkOptions reading;
    reading.pairs = arguments.text("pairs");
    reading.identities = arguments.text("identities");
    reading.pictures = arguments.text("pictures");
    reading.everyNth = static_cast<int>(arguments.integer("every", 1, 1, 1'000'000));
    reading.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
    const Benchmark benchmark = readBenchmark(word, root, reading, task);
    CompareOptions options;
    options.fars = arguments.has("fars") ? compareFars(arguments.text("fars")) : benchmark.fars;
    options.resamples = static_cast<int>(arguments.integer("resamples", options.resamples, 0, 100'000));
    options.seed = reading.seed;

    const std::vector<double> budgets = budgetsOf(arguments);
    CompareHeading heading;
    ComparedSet draw{featuresOf(arguments, benchmark, root, heading, options, task), {}};
    addSecondLook(arguments, draw.set, heading.base, !heading.device.empty() && heading.device != "none", heading.notes, compareMethodsOf(arguments, {}, false), task);
    for (const auto &[name, file] : qualities) {
        QualityMatch match = matchQuality(file, draw.set.names, task);
        heading.notes.push_back(name + ": " + describe(match, file));
        (name == "detector" ? draw.set.detector : draw.set.quality[name]) = std::move(match.scores);
    }
    for (const std::string &text : arguments.all("scorer")) {
        const auto [name, model] = scoreNamed("scorer", text);
        addQuality(draw.set, benchmark, name, model, extractOptions(arguments), modelStore(arguments), heading.notes, task);
    }
    const std::vector<Method> methods = compareMethodsOf(arguments, draw.set, false);
    std::vector<ComparedRow> rows;
    for (const BenchmarkSplit &split : benchmark.splits) {
        if (split.pairs.size() == 0)
            continue;
        task.stage("Comparing templates" + (benchmark.splits.size() > 1 ? " of " + split.name : std::string()));
        draw.pairs = split.pairs;
        const std::string &named = benchmark.splits.size() > 1 ? split.name : benchmark.name;
        const std::vector<ComparedRow> some = budgets.empty() ? compareMethods({&draw, 1}, methods, options, named, task) : compareBudgets({&draw, 1}, budgets, options, named, task, arguments.text("choose-by"));
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
    if (auto *console = dynamic_cast<ConsoleTask *>(&task))
        console->clear();
    writeComparison(arguments, rows, heading);
    return Succeeded;
}

} // namespace dscope::cli
