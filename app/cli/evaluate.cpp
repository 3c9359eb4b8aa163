// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/training/evaluate.h"
#include "core/training/familystudy.h"
#include "core/training/pairaccuracy.h"

#include <cstdio>

namespace dscope::cli {

namespace {

std::shared_ptr<Network> load(const ModelStore &store, const Arguments &arguments, const char *option, Role role, const std::string &base = {})
{
    const ModelSpec spec = arguments.has(option) ? store.find(arguments.text(option), role) : store.best(role, base);
    return Network::load(spec, parseDevice(arguments.text("device", "auto")));
}

std::filesystem::path folder(const Arguments &arguments)
{
    if (arguments.words().size() != 1)
        throw UsageError("One set of aligned faces is needed: a folder with a folder a person, a csv, a .rec or a .pack file. See: dscope "
                         + arguments.command() + " --help");
    return arguments.words().front();
}

void print(const Arguments &arguments, const std::string &text)
{
    const std::string out = arguments.text("out", "-");
    if (out == "-")
        std::fputs(text.c_str(), stdout);
    else
        writeAtomically(out, text);
}

void clear(Progress &progress)
{
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
}

std::vector<Option> options(std::vector<Option> own)
{
    return own + std::vector<Option>{splitOption(), partOption("test"), whereOption(), {"out", "FILE", "where to (default -: standard output)"},
                                     seedOption(),  deviceOption(),     modelsOption()};
}

int runPairs(const Arguments &arguments, Progress &progress)
{
    const std::filesystem::path faces = folder(arguments);
    const ModelStore store = modelStore(arguments);
    const auto base = load(store, arguments, "base", Role::Base);
    const PairAccuracy result = arguments.has("pairs")
        ? lfwAccuracy(*base, faces, arguments.text("pairs"), progress)
        : randomPairAccuracy(*base, readFaceList(faces, peopleOf(arguments)), arguments.integer("random-pairs", 3000), seedOf(arguments), progress);
    clear(progress);
    std::string all = printed("%s: %.2f %% (deviation over folds %.2f)", base->spec().name.c_str(), 100 * result.accuracy, 100 * result.deviation);
    if (result.interval.resamples > 0)
        all += printed(", 95 %% interval %.2f to %.2f", 100 * result.interval.low, 100 * result.interval.high);
    all += printed("; %lld genuine and %lld impostor pairs, on %s\n%s\n", static_cast<long long>(result.genuine), static_cast<long long>(result.impostor),
                   base->device().name().c_str(), result.protocol.c_str());
    print(arguments, all);
    return Succeeded;
}

/// True and predicted D-scores by family of damage.
int runFamilies(const Arguments &arguments, Progress &progress)
{
    const std::filesystem::path faces = folder(arguments);
    const std::string out = arguments.text("out", "-");
    const std::string form = outputForm(arguments, out, {"md", "csv", "json"});
    FamilyStudy study;
    study.families = DamageSet::named(arguments.text("families"));
    if (study.families.isPaper())
        throw UsageError("Of the five kinds of 'paper' the table without --families tells; name families, groups or all.");
    arguments.take("faces", study.faces);
    study.seed = seedOf(arguments);
    const ModelStore store = modelStore(arguments);
    const auto base = load(store, arguments, "base", Role::Base);
    const auto ddnet = load(store, arguments, "ddnet", Role::DdNet, base->spec().name);
    if (!ddnet->spec().base.empty() && ddnet->spec().base != base->spec().name)
        progress.notice("The DDNet " + ddnet->spec().name + " was taught D-scores of " + ddnet->spec().base + ", not of " + base->spec().name + ".");
    const std::filesystem::path second = arguments.has("second") ? std::filesystem::path(arguments.text("second")) : secondLookFile(base->spec(), store);
    if (!second.empty())
        study.second = loadSecondLook(second, base->spec().name, base->hash(), base->outputSize());
    study.mu = ddnet->spec().mu;
    study.sigma = ddnet->spec().sigma;
    const std::vector<PictureScorer> scorers{
        {ddnet->spec().name, [ddnet](std::span<const Picture> pictures, Progress &inner) { return ddnet->run(pictures, inner); }}};
    const FamilyResult result = familyStudy(*base, scorers, readFaceList(faces, peopleOf(arguments), progress), study, progress);
    clear(progress);
    print(arguments,
          form == "csv"        ? familiesCsv(result)
              : form == "json" ? jsonText(familiesJson(result, base->spec().name))
                               : familiesMarkdown(result, base->spec().name));
    return Succeeded;
}

int runDegraded(const Arguments &arguments, Progress &progress)
{
    if (arguments.has("families"))
        return runFamilies(arguments, progress);
    const std::filesystem::path faces = folder(arguments);
    const ModelStore store = modelStore(arguments);
    const auto ddnet = load(store, arguments, "ddnet", Role::DdNet);
    const std::vector<SeverityResult> results =
        severityStudy(*ddnet, readFaceList(faces, peopleOf(arguments)), arguments.integer("faces", 200), seedOf(arguments), progress);
    clear(progress);
    std::string text = "DDNet " + ddnet->spec().name + ", " + std::to_string(results.front().faces)
        + " faces; severities 0, 0.2 ... 1; mean within-face Spearman correlation of severity and D-score.\n\n"
          "| damage | one of the five old kinds | Spearman | mean D-score at severity 0 | 0.2 | 0.4 | 0.6 | 0.8 | 1 |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const SeverityResult &result : results) {
        const bool trained = result.kind != Degradation::Jpeg && result.kind != Degradation::MotionBlur;
        text += "| " + degradationName(result.kind) + " | " + (trained ? "yes" : "no") + printed(" | %.3f |", result.spearman);
        for (const double value : result.meanDScore)
            text += printed(" %.3f |", value);
        text += "\n";
    }
    print(arguments, text);
    return Succeeded;
}

int runTemplates(const Arguments &arguments, Progress &progress)
{
    const std::filesystem::path faces = folder(arguments);
    const ModelStore store = modelStore(arguments);
    const auto base = load(store, arguments, "base", Role::Base);
    const auto ddnet = load(store, arguments, "ddnet", Role::DdNet, base->spec().name);
    TemplateStudy study;
    arguments.take("draws", study.draws);
    arguments.take("resamples", study.resamples);
    arguments.take("threshold", study.threshold);
    arguments.take("degraded-share", study.degradedShare);
    study.families = DamageSet::named(arguments.text("families", "paper"));
    study.seed = seedOf(arguments);
    const std::vector<TemplateRow> rows = templateStudy(*base, *ddnet, readFaceList(faces, peopleOf(arguments)), study, progress);
    clear(progress);
    print(arguments, templateTable(rows, study, base->spec().name, ddnet->spec().name));
    return Succeeded;
}

} // namespace

Command evaluatePairsCommand()
{
    return {
        "evaluate-pairs",
        "FACES [--pairs FILE | --random-pairs N] --base MODEL",
        "Verification accuracy of a base network on single aligned faces",
        "FACES is a folder with one folder of aligned 112 x 112 faces per person, or a pack of it. With --pairs: LFW's protocol on LFW's pairs.txt. Without: "
        "balanced random "
        "pairs with an interval.",
        options({{"base", "MODEL", "a name or a file (default: the best there is)"},
                 {"pairs", "FILE", "a pair list in LFW's format"},
                 wholeOption("random-pairs", "N", "genuine pairs, and as many impostor ones; only the faces that they name are read", 10, 10'000'000, 3000)}),
        runPairs,
        true};
}

Command evaluateDegradedCommand()
{
    return {
        "evaluate-degraded",
        "FACES --ddnet MODEL [--families LIST --base MODEL]",
        "Shows whether the D-score falls when a picture gets worse",
        "Degrades faces at six severities in seven ways (the five old kinds of damage, JPEG and motion blur), and correlates severity and D-score within each "
        "face. "
        "With --families: damages them by each family named (docs/damage.md), at severity .25, .5, .75 and 1, and prints for each the mean D-score that the "
        "base "
        "gives (true), the one that the DDNet predicts, and how the two correlate within the family; the norm of the base's embedding beside it.",
        options({{"ddnet", "MODEL", "a name or a file (default: the best there is; with --families the one taught for the base)"},
                 {"base", "MODEL", "with --families: whose D-scores are true (default: the best there is)"},
                 {"families", "LIST", "all, or families and groups of `dscope damage` between commas, with a minus in front to leave one out"},
                 {"second", "FILE", "with --families: a second look at the base's embeddings, a further column (default: the base's own, where there is one)"},
                 {"format", "FORM", "with --families: md, csv or json, where the output's name does not say it"},
                 wholeOption("faces", "N", "how many faces are damaged", 1, 1'000'000, 200)}),
        runDegraded,
        true};
}

Command evaluateTemplatesCommand()
{
    const TemplateStudy usual;
    return {"evaluate-templates",
            "FACES --base MODEL",
            "Average, top-1, DDL and DDL without re-scale on templates of 3, 5 and 10 pictures, clean and degraded",
            "Prints a Markdown table of TAR at FAR 1e-2 and 1e-3 with by-person bootstrap intervals.",
            options({{"base", "MODEL", "a name or a file (default: the best there is)"},
                     {"ddnet", "MODEL", "a name or a file (default: the one taught for the base)"},
                     drawsOption(20),
                     resamplesOption(200, "of the bootstrap", 10),
                     numberOption("threshold", "T", "", 0, 1, usual.threshold),
                     numberOption("degraded-share", "S", "of the pictures of degraded templates", 0, 1, usual.degradedShare),
                     familiesOption("paper")}),
            runTemplates,
            true};
}

} // namespace dscope::cli
