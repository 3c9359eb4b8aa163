// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/benchmarkwords.h"
#include "app/cli/command.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/projectfile.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/analysis/evaluation.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/words.h"
#include "core/evaluation/retrievalrun.h"
#include "core/report/evaluationreport.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

constexpr Words<TemplateQuality, 2> s_qualities{"no quality of a template", {{TemplateQuality::BestDScore, "best"}, {TemplateQuality::MeanDScore, "mean"}}};

std::vector<Method> methodsOf(const Arguments &arguments, const std::string &word)
{
    std::vector<std::string> names = arguments.all("method");
    if (names.empty() && taskOfBenchmark(word).protocol == Protocol::Classification) {
        const std::string k = word == "kinetics" ? "5" : "9"; // the paper's, section 4.3
        names = {"average", "uniform-k:" + k, "random-k:" + k + ",seeds=10", "top-k:" + k + ",quality=motion", "top-k:" + k, "ddl:best=" + k};
    } else if (names.empty())
        names = word == "lfw" ? std::vector<std::string>{"average"} : std::vector<std::string>{"average", "top-1", "ddl-no-rescale", "ddl"};
    std::vector<Method> methods;
    for (const std::string &name : names) {
        Method method = methodNamed(name);
        if (arguments.has("threshold") && usesThreshold(method) && name.find(":t=") == std::string::npos && name.find(",t=") == std::string::npos)
            arguments.take("threshold", method.options.keep.threshold);
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

VerificationOptions verificationOf(const Arguments &arguments)
{
    VerificationOptions options;
    options.fars.clear(); // the benchmark's
    for (const std::string &text : arguments.all("far")) {
        const auto far = parseNumber(text);
        if (!far || !(*far > 0 && *far <= 1))
            throw UsageError("--far " + text + ": a number above 0 and at most 1 is needed.");
        options.fars.push_back(*far);
    }
    std::sort(options.fars.begin(), options.fars.end());
    arguments.take("resamples", options.resamples);
    options.seed = seedOf(arguments);
    options.quality = s_qualities.fromWord(arguments.text("template-quality", "best"));
    if (arguments.has("no-discard"))
        options.e0s.clear();
    options.protocols = retrievalProtocolsNamed(arguments.text("protocol"));
    options.distance = retrievalDistanceNamed(arguments.text("distance"));
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
    options.analysis.batch = static_cast<int>(arguments.integer("batch", 32));
    return options;
}

StatedCosts statedCosts(const Arguments &arguments)
{
    const auto millions = [&](const char *option) { return arguments.has(option) ? std::optional(arguments.number(option, 0, 0, 1e9)) : std::nullopt; };
    return {millions("base-mac"), millions("ddnet-mac")};
}

/// What is evaluated; the window can evaluate the same again from it.
EvaluationRequest requestOf(const Arguments &arguments, const std::string &word, const fs::path &root, const std::vector<Method> &methods)
{
    EvaluationRequest request = benchmarkRequest(arguments, word, root);
    if (arguments.has("list"))
        request.files.pairs = arguments.text("list");
    request.files.subset = arguments.text("subset");
    request.files.clips = clipChoiceOf(arguments);
    arguments.take("impostor-pairs", request.files.impostorPairs);
    request.qualities = qualitiesOf(arguments);
    request.costs = statedCosts(arguments);
    request.normaliseFirst = arguments.has("normalise-first");
    request.detectorScore = arguments.has("detector-score");
    for (const Method &method : methods)
        request.methods.push_back(nameOf(method));
    arguments.take("resamples", request.resamples);
    request.distance = arguments.text("distance");
    return request;
}

/// In place of an evaluation: the order in which embeddings are to come.
void listPictures(const Benchmark &benchmark, const std::string &file, Progress &progress)
{
    if (file != "-") {
        writePictureList(benchmark, file, progress);
        if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
            console->clear();
        say(file + ": the names of " + std::to_string(benchmark.pictures.size()) + " pictures. Embeddings need a row each in this order, "
            + benchmark.pictureOrder + ".");
        return;
    }
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    for (std::size_t i = 0; i < benchmark.pictures.size(); ++i) {
        progress.throwIfCancelled();
        std::puts(pictureName(benchmark, i).c_str());
    }
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::vector<std::string> &given = arguments.words();
    const bool said = !arguments.word().empty();
    if (given.empty() || given.size() > (said ? 1 : 2))
        throw UsageError("A benchmark (" + benchmarkList() + ") and the folder where it lies are needed. See: dscope evaluate --help");
    const fs::path root = given.back();
    const std::string word = said ? arguments.word() : given.size() == 2 ? given.front() : guessBenchmark(root);
    if (word.empty())
        throw UsageError("What benchmark lies in " + root.string() + " cannot be told; say it: dscope evaluate BENCHMARK " + root.string() + ", with one of "
                         + benchmarkList() + ".");
    arguments.refuseOptionsOutside(word);
    const Outputs outputs = outputsOf(arguments);
    const std::vector<Method> methods = methodsOf(arguments, word);
    const fs::path project = arguments.text("project");
    if (arguments.has("project"))
        checkProject(project);

    EvaluationRequest request = requestOf(arguments, word, root, methods);
    // Until there is something to write, or to go on from.
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    if (arguments.has("list-pictures")) {
        const Benchmark benchmark = readBenchmark(word, request.root, request.files, progress);
        nothingToLose.reset();
        listPictures(benchmark, arguments.text("list-pictures"), progress);
        for (const std::string &warning : benchmark.warnings)
            say(warning);
        return Succeeded;
    }
    const VerificationOptions options = verificationOf(arguments);
    EvaluationLoading loading;
    loading.extract = extraction(arguments);
    loading.methods = methods;
    loading.second = arguments.has("second") || asksForSecondLook(methods) ? arguments.text("second") : "none";
    loading.keepNames = false; // at the size of YTF they weigh hundreds of megabytes
    loading.keeping = [&nothingToLose](bool keeps) {
        nothingToLose.reset();
        if (!keeps)
            nothingToLose.emplace();
    };
    for (const char *option : {"protocol", "distance"})
        if (arguments.has(option))
            loading.retrievalOption = std::string("--") + option;
    const std::shared_ptr<EvaluationSet> set = loadEvaluationSet(request, loading, modelStore(arguments), progress);
    if (set->bare)
        set->base = arguments.text("base", set->base); // there it is a name for the table
    const std::vector<EvaluationRun> runs = evaluateMethods(*set, methods, options, progress);
    nothingToLose.reset();
    progress.throwIfCancelled();
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    write(runs, outputs);
    std::vector<std::string> told;
    for (const EvaluationRun &one : runs)
        told.insert(told.end(), one.warnings.begin(), one.warnings.end());
    tellNotes(told, outputs);
    if (!project.empty()) {
        if (set->bare)
            request.base.clear();
        if (set->bare || arguments.has("store")) // else the window looks in the cache
            request.features = set->file;
        request.dScores = set->dScores;
        request.device = EvaluationRequest().device; // a matter of this machine
        addToProject(project, request, runs, request.methods);
        say("Added to " + project.string() + ": " + std::to_string(runs.size()) + (runs.size() == 1 ? " run" : " runs"));
    }
    return Succeeded;
}

std::vector<Option> options()
{
    return std::vector<Option>{
               {"base", "MODEL", "the network that embeds elements: a name or a file (default: the best there is)"},
               {"ddnet", "MODEL", "the network that predicts D-scores (default: the one taught for the base)"},
               {"detector", "MODEL", "the face detector, where the set gives no landmarks"},
               maxSideOption(),
               repeated("method", "M", "a row of the table (default: average, top-1, ddl-no-rescale, ddl; lfw: average)"),
               repeated("quality", "NAME=FILE", "scores of the pictures from elsewhere, for --method quality:NAME"),
               repeated("scorer", "NAME=MODEL",
                        "the same, computed by a network that gives one value a picture, such as an ONNX quality model; kept as features are"),
               secondOption(),
               numberOption("threshold", "T", "of the methods that have one", -1, 2, AggregateOptions{}.keep.threshold),
               repeated("out", "FILE", ".md, .csv, .json or .html, or - for Markdown on standard output (default -)"),
               {"format", "FORM", "md, csv, json or html, where the name of --out does not say it"},
               {"project", "FILE", "a .dscope file to whose runs these are added; made when it is not there"},
               {"store", "FOLDER", "where features are kept (default: the cache)"},
               repeated("far", "F", "a FAR target (default: those of the benchmark)"),
               {"protocol", "P",
                "of a retrieval: official, video-reid, cross-camera (the gallery is of other cameras), both (the first two) or all (default: mars both, "
                "tracklets all)"},
               {"distance", "D", "of a retrieval: l2, squared and of the representations as they are, or cosine (default l2)"},
               resamplesOption(200, "of the bootstrap over people"),
               seedOption(),
               {"flip", "", "IJB: embeddings are f + f of the mirrored picture"},
               {"detector-score", "", "IJB: features times the detector's score"},
               {"normalise-first", "", "IJB: features are made unit vectors first (otherwise they keep their norm)"},
               {"media-first", "", "IJB: the pictures of a media are averaged first"},
               {"aligned", "", "pictures are aligned faces: no detector"},
               {"not-aligned", "", "pictures of 112 x 112 are not aligned faces: detect all the same"},
               {"pairs", "FILE", "LFW's pairs.txt, YTF's splits.txt, or `clip clip 0|1` lines for iQIYI-VID-FACE"},
               {"identities", "CSV", "iQIYI-VID-FACE: columns clip and identity; all pairs are made of them"},
               {"pictures", "FOLDER", "where the pictures are, if not in ROOT"},
               wholeOption("every", "N", "videos: every N-th frame; --embeddings then hold a row for every frame all the same, or for those N-th alone", 1,
                           1'000'000, 1),
               wholeOption("impostor-pairs", "N", "of pairs made from identities, at most", 1, 200'000'000, BenchmarkOptions().impostorPairs),
               {"embeddings", "FILE",
                "instead of extraction: a .npy, .npz or safetensors, a row a picture in the order of --list-pictures; or a store of features that an earlier "
                "call wrote"},
               {"d-scores", "FILE", "with --embeddings: lines `picture score`; IJB-B, IJB-C: `image tid mid score`"},
               {"list-pictures", "FILE", "write the names of the pictures in their order (- for standard output), and nothing else"},
               numberOption("base-mac", "M",
                            "what the base costs per element, in million multiply-accumulates, where the features do not say it or say it wrongly", 0, 1e9),
               numberOption("ddnet-mac", "M", "the same of DDNet (with --embeddings the default is that of the shipped one, 39.7)", 0, 1e9),
               {"template-quality", "best|mean", "which D-score stands for a template in error versus discard (default best)"},
               {"no-discard", "", "without error versus discard"},
               {"list", "FILE", "videos of actions: the JSON or csv that lists them, if not in ROOT"},
               {"subset", "NAME", "videos of actions: validation (the default of ActivityNet and Kinetics), training or test"},
               wholeOption("batch", "N", "elements per batch on a GPU", 1, 4096, 32),
               deviceOption(),
               modelsOption()}
    + clipOptions();
}

} // namespace

Command evaluateCommand()
{
    return {"evaluate",
            "[BENCHMARK] ROOT [--base MODEL] [--ddnet MODEL] [--method M]... [--out FILE]...",
            "The tables of a set-to-set benchmark with your networks, the paper's figures beside them",
            "BENCHMARK is one of: " + benchmarkList()
                + "; left out, it is told from ROOT's files. ROOT is the folder where it lies, in its own layout (docs/evaluation.md). Features are extracted "
                  "once, into a store, and an extraction that "
                  "was interrupted resumes where it was; every method is then computed from the store.\n"
                  "A method is average, max, top-1, top-k:K, ddl, ddl-no-rescale, ddl+ and whatever else `dscope compare --help` lists.\n"
                  "Whatever is missing (a picture, a face, a template that a pair names) is counted and listed, and scores lowest against all.",
            options(),
            run,
            true,
            benchmarkCommands("ROOT [--base MODEL] [--ddnet MODEL] [--method M]... [--out FILE]...", options(), run)};
}

} // namespace dscope::cli
