// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/secondlook.h"

#include "core/base/csv.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/evaluation/tunerule.h"
#include "core/nets/library.h"
#include "core/sets/poolfile.h"
#include "core/training/evaluate.h"

#include <cmath>
#include <cstdio>
#include <map>

namespace dscope::cli {

namespace {

std::vector<double> numbers(const Arguments &arguments, const std::string &option, const std::string &usual, double least, double most)
{
    std::vector<double> values;
    for (const std::string &part : split(arguments.text(option, usual), ',')) {
        const std::optional<double> value = parseNumber(part);
        if (!value || !(*value >= least) || !(*value <= most))
            throw UsageError("--" + option + " needs numbers such as " + usual + ", not '" + arguments.text(option) + "'.");
        values.push_back(*value);
    }
    return values;
}

/// The training people's faces, embedded and scored here or by `dscope compare --keep`.
FacePool poolOf(const std::filesystem::path &faces, const Arguments &arguments, const TemplateStudy &study, CompareHeading &heading, EmbeddedBy &by,
                Progress &progress)
{
    if (looksLikePool(faces)) {
        std::map<std::string, std::string> about;
        FacePool pool = loadPool(faces, &about);
        heading.base = about["base"];
        heading.ddnet = about["ddnet"];
        heading.device = about["device"];
        by = {heading.base, about["base_sha256"], pool.dim};
        return pool;
    }
    const ModelStore store = modelStore(arguments);
    const Device device = parseDevice(arguments.text("device", "auto"));
    const auto base = Network::load(arguments.has("base") ? store.find(arguments.text("base"), Role::Base) : store.best(Role::Base), device);
    const auto ddnet =
        Network::load(arguments.has("ddnet") ? store.find(arguments.text("ddnet"), Role::DdNet) : store.best(Role::DdNet, base->spec().name), device);
    heading.base = base->spec().name;
    heading.ddnet = ddnet->spec().name;
    heading.device = base->device().name();
    by = {base->spec().name, base->hash(), base->outputSize()};
    const FaceList people = peopleWith(readFaceList(faces, {arguments.text("split"), arguments.all("part")}, progress), arguments.integer("at-least", 6));
    return facePool(*base, ddnet.get(), people, study, {}, false, progress);
}

/// @param named put in front of each part's name
std::vector<RulePart> partsOf(const FacePool &pool, const std::string &named, const TemplateStudy &study, Progress &progress)
{
    std::vector<RulePart> parts;
    for (const bool degraded : {false, true}) {
        if (degraded && pool.versions == 0)
            continue;
        for (const std::int64_t size : study.sizes) {
            RulePart part{named + std::to_string(size) + (degraded ? ", degraded" : ", clean"), {}};
            for (int draw = 0; draw < study.draws; ++draw) {
                part.draws.push_back(drawTemplates(pool, {size, degraded, study.degradedShare, study.templatesPerPerson, study.seed}, draw));
                progress.throwIfCancelled();
            }
            parts.push_back(std::move(part));
        }
    }
    return parts;
}

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().empty())
        throw UsageError(
            "A set of aligned faces is needed: a folder with a folder a person, a csv, a .rec or a .pack file; or a .pool. See: dscope tune-rule --help");
    TuneOptions options;
    options.compare.fars = numbers(arguments, "fars", "0.01,0.001", 1e-9, 1);
    arguments.take("resamples", options.compare.resamples);
    options.compare.seed = seedOf(arguments);
    options.worstLoss = arguments.number("worst-loss", 100 * options.worstLoss) / 100;
    TemplateStudy study;
    study.sizes.clear();
    for (const double size : numbers(arguments, "sizes", "2,3,5,10", 1, 10'000)) {
        if (size != std::floor(size))
            throw UsageError("--sizes needs whole numbers of pictures such as 3,5,10, not '" + arguments.text("sizes") + "'.");
        study.sizes.push_back(static_cast<std::int64_t>(size));
    }
    arguments.take("draws", study.draws);
    arguments.take("degraded-share", study.degradedShare);
    study.seed = options.compare.seed;
    std::vector<Method> candidates;
    for (const std::string &name : arguments.all("method"))
        candidates.push_back(methodNamed(name));
    if (candidates.empty())
        candidates = ruleCandidates(arguments.has("second"));
    const bool twoStages = asksForSecondLook(candidates);
    if (arguments.has("second") && !twoStages)
        throw UsageError("--second is for rules in two stages, such as --method ddl+:second; none of those named is one.");
    if (twoStages && arguments.has("save"))
        for (const Method &method : candidates)
            if (!method.quality.empty() || (!method.weights.empty() && method.weights != secondLookName) || std::isfinite(method.secondThreshold))
                throw UsageError("'" + nameOf(method) + "' cannot be kept as a rule of a second look.");
    std::shared_ptr<const SecondLook> look;
    std::filesystem::path lookFile;

    CompareHeading heading;
    std::vector<RulePart> parts;
    for (const std::string &word : arguments.words()) {
        CompareHeading of;
        EmbeddedBy by;
        FacePool pool = poolOf(word, arguments, study, of, by, progress);
        if (!parts.empty() && (of.base != heading.base || of.ddnet != heading.ddnet))
            throw UsageError(word + " was scored by " + of.ddnet + " for " + of.base + ", the sets before it by " + heading.ddnet + " for " + heading.base
                             + "; a rule is for one DDNet.");
        if (twoStages) {
            if (!look)
                look = secondLookOf(arguments, modelStore(arguments), by, true, progress, &lookFile);
            if (pool.dim != look->dim() || (!by.hash.empty() && by.hash != look->origin().baseHash))
                throw Error(word + " was embedded by another network than the second look reads.");
            pool.quality[secondLookName] = look->scores(pool.features);
        }
        of.set = (heading.set.empty() ? "" : heading.set + "; ") + pool.name;
        heading = of;
        const bool several = arguments.words().size() > 1;
        for (RulePart &part : partsOf(pool, several ? std::filesystem::path(word).stem().string() + ": " : std::string(), study, progress))
            parts.push_back(std::move(part));
    }
    const TunedRule tuned = tuneRule(parts, candidates, options, progress);
    heading.protocol = printed(
        "A rule is safe where by the paired differences of its TAR from the plain average's no 95 %% interval lies wholly below 0 and no difference below %g "
        "points, in every size (at most %d disjoint templates per person), clean and degraded (%g %% of the pictures), at every FAR (strict rule); %d draws, "
        "seed %llu, "
        "%d resamples of people and draws. Chosen: the safe rule with the largest mean gain.",
        -100 * options.worstLoss, study.templatesPerPerson, 100 * study.degradedShare, study.draws, static_cast<unsigned long long>(study.seed),
        options.compare.resamples);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    const std::string text = tunedRuleMarkdown(tuned, heading);
    const std::string rule = nameOf(tuned.tried[tuned.best].method);
    if (const std::string out = arguments.text("out", "-"); out == "-") {
        std::fputs(text.c_str(), stdout);
    } else {
        writeAtomically(out, text);
        say("written: " + out);
    }
    say("rule for " + (twoStages ? "the second look of " + heading.base : heading.ddnet) + ": " + rule);
    if (arguments.has("save") && twoStages) {
        SecondLookOrigin origin = look->origin();
        origin.rule = rule;
        SecondLook({look->weights().begin(), look->weights().end()}, look->bias(), origin).save(lookFile);
        say("written: " + lookFile.string());
    } else if (arguments.has("save")) {
        ModelSpec spec = modelStore(arguments).find(arguments.has("ddnet") ? arguments.text("ddnet") : heading.ddnet, Role::DdNet);
        spec.rule = rule;
        writeSidecar(spec);
        say("written: " + sidecarOf(spec.path).string());
    }
    return Succeeded;
}

} // namespace

Command tuneRuleCommand()
{
    return {"tune-rule",
            "FACES... [--base MODEL] [--ddnet MODEL] [--save]",
            "Finds how a DDNet's D-scores are best made weights of, so that it is never worse than averaging",
            "FACES are aligned faces of training people, labelled: a folder with a folder a person, a csv, a .rec or a .pack; or a .pool by `dscope compare "
            "--keep`, in which they may be damaged by any families; or several of them, when the rule has to hold on each. "
            "Rules are compared with the plain average on templates drawn from them, clean and degraded. What is chosen here must be judged on other people.",
            {{"base", "MODEL", "a name or a file (default: the best there is)"},
             {"ddnet", "MODEL", "a name or a file (default: the one taught for the base)"},
             repeated("method", "M", "a rule to try, as `dscope compare` takes it (default: average, ddl, ddl-no-rescale and a grid of ddl+)"),
             {"second", "FILE", "a rule in two stages, for the base's second look: its file, or auto for the one that lies beside the base"},
             {"save", "",
              "write the rule into the description beside the DDNet's weights (of a rule in two stages: into the second look's file), where it becomes the "
              "usual one"},
             numberOption("worst-loss", "P", "points of TAR that a rule may lose against the average in any part", 0, 100, 100 * TuneOptions().worstLoss),
             splitOption(),
             partOption("train"),
             wholeOption("at-least", "N", "only people with so many faces", 1, 1'000'000, 6),
             {"sizes", "N,N", "pictures per template (default 2,3,5,10)"},
             numberOption("degraded-share", "S", "of the pictures of degraded templates", 0, 1, TemplateStudy().degradedShare),
             {"fars", "F,F", "default 0.01,0.001"},
             drawsOption(20),
             resamplesOption(200, "of people and draws", 10),
             {"out", "FILE", "the table, as Markdown; - is standard output (default)"},
             seedOption(),
             deviceOption(),
             modelsOption()},
            run,
            true};
}

} // namespace dscope::cli
