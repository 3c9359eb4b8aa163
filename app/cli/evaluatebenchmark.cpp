#include "app/cli/command.h"
#include "app/cli/outputs.h"
#include "app/cli/projectfile.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/extract.h"
#include "core/analysis/scorer.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/grow.h"
#include "core/base/json.h"
#include "core/evaluation/statedcost.h"
#include "core/io/evaluationreport.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

std::string words()
{
    std::string all;
    for (const std::string &word : benchmarkWords())
        all += (all.empty() ? "" : ", ") + word;
    return all;
}

std::vector<Method> methodsOf(const Arguments &arguments, const std::string &word)
{
    std::vector<std::string> names = arguments.all("method");
    if (names.empty())
        names = word == "lfw" ? std::vector<std::string>{"average"} : std::vector<std::string>{"average", "top-1", "ddl-no-rescale", "ddl"};
    std::vector<Method> methods;
    for (const std::string &name : names) {
        Method method = methodNamed(name);
        if (arguments.has("threshold") && usesThreshold(method) && name.find(":t=") == std::string::npos && name.find(",t=") == std::string::npos)
            method.options.threshold = arguments.number("threshold", method.options.threshold, -1, 2);
        if (arguments.has("media-first"))
            method.options.order = MediaOrder::MediaFirst;
        methods.push_back(std::move(method));
    }
    return methods;
}

/// Markdown, csv, JSON or a report; told before anything is computed.
Outputs outputsOf(const Arguments &arguments)
{
    std::vector<std::string> files = arguments.all("out");
    if (files.empty())
        files.emplace_back("-");
    Outputs outputs;
    for (const std::string &file : files)
        outputs.emplace_back(file, outputForm(arguments, file, {"md", "csv", "json", "html"}));
    return outputs;
}

void write(const std::vector<EvaluationRun> &runs, const Outputs &outputs)
{
    for (const auto &[file, form] : outputs) {
        const std::string text = form == "csv" ? evaluationCsv(runs)
            : form == "json"                   ? jsonText(toJson(runs))
            : form == "html"                   ? evaluationReportHtml(runs)
                                               : evaluationTable(runs);
        if (file == "-")
            std::fputs(text.c_str(), stdout);
        else
            writeAtomically(file, text);
    }
}

VerificationOptions verificationOf(const Arguments &arguments, const Benchmark &benchmark)
{
    VerificationOptions options;
    options.fars = benchmark.fars;
    if (const std::vector<std::string> asked = arguments.all("far"); !asked.empty()) {
        options.fars.clear();
        for (const std::string &text : asked) {
            const auto far = parseNumber(text);
            if (!far || !(*far > 0 && *far <= 1))
                throw UsageError("--far " + text + ": a number above 0 and at most 1 is needed.");
            options.fars.push_back(*far);
        }
        std::sort(options.fars.begin(), options.fars.end());
    }
    options.resamples = static_cast<int>(arguments.integer("resamples", options.resamples, 0, 100'000));
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
    const std::string quality = arguments.text("template-quality", "best");
    if (quality != "best" && quality != "mean")
        throw UsageError("--template-quality is best or mean, not '" + quality + "'.");
    options.quality = quality == "best" ? TemplateQuality::BestDScore : TemplateQuality::MeanDScore;
    if (arguments.has("no-discard"))
        options.e0s.clear();
    return options;
}

/// NAME=FILE of --quality and NAME=MODEL of --scorer.
std::vector<std::pair<std::string, fs::path>> qualitiesOf(const Arguments &arguments)
{
    std::vector<std::pair<std::string, fs::path>> found;
    for (const auto &[option, what] : {std::pair("quality", "FILE"), std::pair("scorer", "MODEL")})
        for (const std::string &text : arguments.all(option)) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos || equals == 0)
                throw UsageError(std::string("--") + option + " " + text + ": NAME=" + what + " is needed; a method asks for it as quality:NAME.");
            found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    return found;
}

ExtractOptions extraction(const Arguments &arguments)
{
    ExtractOptions options = extractOptions(arguments);
    options.analysis.aligned = arguments.has("aligned");
    options.guessAligned = !arguments.has("not-aligned");
    options.analysis.batch = static_cast<int>(arguments.integer("batch", 32, 1, 4096));
    return options;
}

StatedCosts statedCosts(const Arguments &arguments)
{
    const auto millions = [&](const char *option) { return arguments.has(option) ? std::optional(arguments.number(option, 0, 0, 1e9)) : std::nullopt; };
    return {millions("base-mac"), millions("ddnet-mac")};
}

/// What the window needs to evaluate the same again.
EvaluationRequest formOf(const Arguments &arguments, const std::string &word, const fs::path &root, const BenchmarkOptions &reading)
{
    EvaluationRequest form;
    form.benchmark = word;
    form.root = root;
    form.files = reading;
    form.base = arguments.text("base");
    form.ddnet = arguments.text("ddnet");
    form.flip = arguments.has("flip");
    form.normaliseFirst = arguments.has("normalise-first");
    form.detectorScore = arguments.has("detector-score");
    form.costs = statedCosts(arguments);
    form.qualities = qualitiesOf(arguments);
    return form;
}

/// In place of an evaluation: the order in which embeddings are to come.
void listPictures(const Benchmark &benchmark, const std::string &file, Task &task)
{
    if (file != "-") {
        writePictureList(benchmark, file, task);
        if (auto *console = dynamic_cast<ConsoleTask *>(&task))
            console->clear();
        say(file + ": the names of " + std::to_string(benchmark.pictures.size()) + " pictures. Embeddings need a row each in this order, "
            + benchmark.pictureOrder + ".");
        return;
    }
    if (auto *console = dynamic_cast<ConsoleTask *>(&task))
        console->clear();
    for (std::size_t i = 0; i < benchmark.pictures.size(); ++i) {
        task.throwIfCancelled();
        std::puts(pictureName(benchmark, i).c_str());
    }
}

int run(const Arguments &arguments, Task &task)
{
    if (arguments.words().size() != 2)
        throw UsageError("A benchmark (" + words() + ") and the folder where it lies are needed. See: dscope evaluate --help");
    const std::string word = arguments.words()[0];
    const fs::path root = arguments.words()[1];
    const Outputs outputs = outputsOf(arguments);
    const std::vector<Method> methods = methodsOf(arguments, word);
    const fs::path project = arguments.text("project");
    if (arguments.has("project"))
        checkProject(project);

    BenchmarkOptions reading;
    reading.pairs = arguments.text("pairs");
    reading.identities = arguments.text("identities");
    reading.pictures = arguments.text("pictures");
    reading.everyNth = static_cast<int>(arguments.integer("every", 1, 1, 1'000'000));
    reading.impostorPairs = arguments.integer("impostor-pairs", reading.impostorPairs, 1, 200'000'000);
    reading.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
    // Until there is something to write, or to go on from.
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    Benchmark benchmark = readBenchmark(word, root, reading, task);
    if (arguments.has("list-pictures")) {
        nothingToLose.reset();
        listPictures(benchmark, arguments.text("list-pictures"), task);
        for (const std::string &warning : benchmark.warnings)
            say(warning);
        return Succeeded;
    }
    VerificationOptions options = verificationOf(arguments, benchmark);

    TemplateSwitches switches;
    switches.normaliseFirst = arguments.has("normalise-first");
    switches.detectorScore = arguments.has("detector-score");
    switches.mediaFirst = arguments.has("media-first");
    switches.flip = arguments.has("flip");
    std::vector<std::string> warnings;
    TemplateFeatures set;
    std::string base;
    std::string ddnet;
    std::string device;
    fs::path extracted;
    fs::path embeddings = arguments.text("embeddings");
    fs::path dScores = arguments.text("d-scores");
    if (embeddings.empty()) {
        const GivenFeatures made = madeFeatures(benchmark, root);
        embeddings = made.embeddings;
        if (dScores.empty())
            dScores = made.dScores;
    }
    if (!embeddings.empty()) {
        if (switches.flip)
            throw UsageError("--flip is a matter of extraction; the embeddings of " + embeddings.string() + " are there already.");
        set = arrangeEmbeddings(benchmark, embeddings, dScores, warnings, task);
        base = arguments.text("base", embeddings.filename().string());
        ddnet = dScores.empty() ? std::string() : dScores.filename().string();
    } else {
        if (asksForSecondLook(methods)) // before anything long
            requireSecondLook(arguments, task);
        nothingToLose.reset();
        ExtractOptions how = extraction(arguments);
        how.dScores = std::any_of(methods.begin(), methods.end(), looksAtDScores);
        const fs::path file = extractFeatures(benchmark, how, modelStore(arguments), task);
        nothingToLose.emplace();
        if (arguments.has("store")) // the window looks in the cache
            extracted = file;
        const FeatureStore features(file);
        set = arrange(benchmark, features, warnings, task);
        options.baseCost = features.info().baseCost;
        options.ddnetCost = features.info().ddnetCost;
        base = features.info().base;
        ddnet = features.info().ddnet;
        device = features.info().device;
        if (ddnet == "none" && !options.e0s.empty()) {
            options.e0s.clear();
            warnings.push_back("There is no error-versus-discard curve: without a DDNet there are no D-scores to discard by.");
        }
    }
    if (const auto qualities = qualitiesOf(arguments); !qualities.empty()) {
        nothingToLose.reset(); // a network's scores are kept as features are
        for (const auto &[name, source] : qualities)
            addQuality(set, benchmark, name, source, extraction(arguments), modelStore(arguments), warnings, task);
        nothingToLose.emplace();
    }
    if (asksForSecondLook(methods) || arguments.has("second"))
        addSecondLook(arguments, set, base, embeddings.empty(), warnings, methods, task);
    // Their work is done, and at the size of YTF they weigh hundreds of megabytes.
    emptyItems(benchmark.pictures, task);
    benchmark.faces = {};
    benchmark.media = {};
    benchmark.pictureTemplate = {};
    emptyItems(set.names, task);
    giveBackMemory();
    applySwitches(set, switches, task);
    std::string costs = takeStatedCosts(statedCosts(arguments), !embeddings.empty(), options.baseCost, options.ddnetCost);
    costs = costs.empty() || options.baseCost.mac <= 0 ? std::string() : "; costs: " + costs;
    std::vector<EvaluationRun> runs = evaluateBenchmark(benchmark, set, methods, options, switches, warnings, task);
    nothingToLose.reset();
    task.throwIfCancelled();
    for (EvaluationRun &one : runs) {
        one.base = base;
        one.ddnet = ddnet;
        one.device = device;
        one.protocol += costs;
    }
    if (auto *console = dynamic_cast<ConsoleTask *>(&task))
        console->clear();
    write(runs, outputs);
    std::vector<std::string> told;
    for (const EvaluationRun &one : runs)
        told.insert(told.end(), one.warnings.begin(), one.warnings.end());
    tellNotes(told, outputs);
    if (!project.empty()) {
        EvaluationRequest form = formOf(arguments, word, root, reading);
        form.features = embeddings.empty() ? extracted : embeddings;
        if (!embeddings.empty())
            form.base.clear(); // there it is only a name for the table
        form.dScores = dScores;
        form.resamples = options.resamples;
        std::vector<std::string> names;
        for (const Method &method : methods)
            names.push_back(nameOf(method));
        form.methods = names;
        addToProject(project, form, runs, names);
        say("Added to " + project.string() + ": " + std::to_string(runs.size()) + (runs.size() == 1 ? " run" : " runs"));
    }
    return Succeeded;
}

} // namespace

Command evaluateCommand()
{
    return {
        "evaluate",
        "BENCHMARK ROOT [--base MODEL] [--ddnet MODEL] [--method M]... [--out FILE]...",
        "The tables of a set-to-set benchmark with your networks, the paper's figures beside them",
        "BENCHMARK is one of: " + words()
            + ". ROOT is the folder where it lies, in its own layout (docs/evaluation.md). Features are extracted once, into a store, and an extraction that "
              "was interrupted goes on where it was; every method is then computed from the store.\n"
              "A method is average, max, top-1, top-k:K, ddl, ddl-no-rescale, ddl+ and whatever else `dscope compare --help` lists.\n"
              "Whatever is missing (a picture, a face, a template that a pair names) is counted and listed, and scores lowest against all.",
        std::vector<Option>{
            {"base", "MODEL", "the network that embeds faces: a name or a file (default: the best there is)"},
            {"ddnet", "MODEL", "the network that predicts D-scores (default: the one taught for the base)"},
            {"detector", "MODEL", "the face detector, where the set gives no landmarks"},
            maxSideOption(),
            {"method", "M", "a row of the table; may be repeated (default: average, top-1, ddl-no-rescale, ddl; lfw: average)"},
            {"quality", "NAME=FILE", "scores of the pictures from elsewhere, for --method quality:NAME; may be repeated"},
            {"scorer", "NAME=MODEL", "the same, computed by a network that gives one value a picture, such as an ONNX quality model; kept as features are"},
            secondOption(),
            {"threshold", "T", "of the methods that have one (default 0.15)"},
            {"out", "FILE", ".md, .csv, .json or .html, or - for Markdown on standard output; may be repeated (default -)"},
            {"format", "FORM", "md, csv, json or html, where the name of --out does not say it"},
            {"project", "FILE", "a .dscope file to whose runs these are added; made when it is not there"},
            {"store", "FOLDER", "where features are kept (default: the cache)"},
            {"far", "F", "a FAR target; may be repeated (default: those of the benchmark)"},
            {"resamples", "N", "of the bootstrap over people (default 200; 0: no intervals)"},
            {"seed", "N", "of everything random (default 1)"},
            {"flip", "", "IJB: embeddings are f + f of the mirrored picture"},
            {"detector-score", "", "IJB: features times the detector's score"},
            {"normalise-first", "", "IJB: features are made unit vectors first (otherwise they keep their norm)"},
            {"media-first", "", "IJB: the pictures of a media are averaged first"},
            {"aligned", "", "pictures are aligned faces: no detector"},
            {"not-aligned", "", "pictures of 112 x 112 are not aligned faces: detect all the same"},
            {"pairs", "FILE", "LFW's pairs.txt, YTF's splits.txt, or `clip clip 0|1` lines for iQIYI-VID-FACE"},
            {"identities", "CSV", "iQIYI-VID-FACE: columns clip and identity; all pairs are made of them"},
            {"pictures", "FOLDER", "where the pictures are, if not in ROOT"},
            {"every", "N", "videos: every N-th frame (default 1); --embeddings then hold a row for every frame all the same, or for those N-th alone"},
            {"impostor-pairs", "N", "of pairs made from identities, at most (default 20000000)"},
            {"embeddings", "FILE", "instead of extraction: a .npy, .npz or safetensors, a row a picture in the order of --list-pictures"},
            {"d-scores", "FILE", "with --embeddings: lines `picture score`; IJB-B, IJB-C: `image tid mid score`"},
            {"list-pictures", "FILE", "write the names of the pictures in their order (- for standard output), and nothing else"},
            {"base-mac", "M", "what the base costs a face, in million multiply-accumulates, where the features do not say it or say it wrongly"},
            {"ddnet-mac", "M", "the same of DDNet (with --embeddings the default is that of the shipped one, 39.7)"},
            {"template-quality", "best|mean", "which D-score stands for a template in error versus discard (default best)"},
            {"no-discard", "", "without error versus discard"},
            {"batch", "N", "faces a batch on a GPU (default 32)"},
            {"device", "DEVICE", "auto, cpu, cuda or cuda:N (default auto)"},
            {"models", "FOLDER", "a further folder with a manifest.json, or with weights that describe themselves; may be repeated"}},
        run,
        true};
}

} // namespace dscope::cli
