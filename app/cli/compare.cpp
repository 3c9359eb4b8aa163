// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/benchmarkwords.h"
#include "app/cli/comparebenchmark.h"
#include "app/cli/compareoptions.h"
#include "app/cli/comparetracklets.h"
#include "app/cli/detectscore.h"
#include "app/cli/options.h"
#include "app/cli/people.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/aggregation/nan.h"
#include "core/analysis/scorer.h"
#include "core/base/csv.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/products.h"
#include "core/base/sharpness.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"
#include "core/evaluation/compare.h"
#include "core/metrics/statistics.h"
#include "core/sets/poolfile.h"
#include "core/sets/qualityfile.h"
#include "core/training/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>

namespace dscope::cli {

namespace {

std::vector<std::int64_t> sizes(const std::string &text)
{
    std::vector<std::int64_t> values;
    for (const std::string &part : split(text, ',')) {
        const std::optional<double> value = parseNumber(part);
        if (!value || *value < 1 || *value > 10'000 || *value != static_cast<double>(static_cast<std::int64_t>(*value)))
            throw UsageError("--sizes needs whole numbers of pictures such as 3,5,10, not '" + text + "'.");
        values.push_back(static_cast<std::int64_t>(*value));
    }
    if (values.empty())
        throw UsageError("--sizes needs a number of pictures at least.");
    return values;
}

/// Scores of a file for every version of every face: only the faces themselves have some, their degraded versions were never scored.
void readQualities(const Arguments &arguments, FacePool &pool, CompareHeading &heading, Progress &progress)
{
    const QualityFormat format = qualityFormat(arguments.text("quality-format", "auto"));
    for (const std::string &text : arguments.all("quality")) {
        const auto [name, path] = scoreNamed("quality", text);
        const QualityFile file = readQualityFile(path, progress, format, arguments.text("quality-column"));
        const QualityMatch match = matchQuality(file, pool.files, progress);
        const auto rows = static_cast<std::size_t>(pool.versions) + 1;
        std::vector<float> scores(static_cast<std::size_t>(pool.pictures()), std::numeric_limits<float>::quiet_NaN());
        for (std::size_t i = 0; i < match.scores.size(); ++i)
            scores[i * rows] = match.scores[i];
        (name == "detector" ? pool.detector : pool.quality[name]) = std::move(scores);
        heading.notes.push_back(name + ": " + describe(match, file) + " It has no scores of degraded versions.");
    }
}

/// The DDNet; null where none of the methods looks at D-scores and there is none.
std::shared_ptr<Network> ddnetFor(const Arguments &arguments, const ModelStore &store, const ModelSpec &base, const Device &device, Progress &progress)
{
    std::string wanted = arguments.text("ddnet");
    const std::vector<Method> methods = compareMethodsOf(arguments, {}, false);
    if (wanted.empty() && std::none_of(methods.begin(), methods.end(), looksAtDScores)) {
        try {
            wanted = store.best(Role::DdNet, base.name).name;
        } catch (const Error &) {
            progress.notice("There is no DDNet for the base network " + base.name + ". None is needed for what was asked.");
            return nullptr;
        }
    }
    return Network::load(wanted.empty() ? store.best(Role::DdNet, base.name) : store.find(wanted, Role::DdNet), device);
}

/// What a pool says of its networks' costs; older ones say nothing.
Cost costIn(const std::map<std::string, std::string> &about, const std::string &network)
{
    const auto of = [&](const std::string &key) {
        const auto found = about.find(key);
        const std::optional<double> value = found == about.end() ? std::nullopt : parseNumber(found->second);
        return value && *value > 0 && *value < 1e18 ? static_cast<std::int64_t>(*value) : std::int64_t{0};
    };
    return {of(network + "_mac"), of(network + "_flop")};
}

/// The second look, where a method asks for it or one is there; else null. @throws Error, before anything is embedded, where a method needs one that is not
/// there
std::shared_ptr<const SecondLook> secondLookFor(const Arguments &arguments, const EmbeddedBy &base, Progress &progress)
{
    const bool usual = !arguments.has("method");
    const bool needed = asksForSecondLook(compareMethodsOf(arguments, {}, false));
    if (!usual && !needed && !arguments.has("second"))
        return nullptr;
    return secondLookOf(arguments, modelStore(arguments), base, needed, progress);
}

/// Scores of the second look by its name. @return what it costs per picture
Cost addSecondLook(const std::shared_ptr<const SecondLook> &look, FacePool &pool, CompareHeading &heading)
{
    if (!look)
        return {};
    pool.quality[secondLookName] = look->scores(pool.features);
    const SecondLookOrigin &origin = look->origin();
    heading.notes.push_back(printed("The second look: ridge %g on %lld pictures of %lld people of ", origin.ridge, static_cast<long long>(origin.pictures),
                                    static_cast<long long>(origin.people))
                            + origin.set + ", taught " + (origin.target == SecondTarget::DScore ? "the D-score." : "the D-score's logit."));
    return look->cost();
}

/// How well each score follows the true D-scores, where these are known.
void addCorrelations(const FacePool &pool, CompareHeading &heading)
{
    const auto found = pool.quality.find(trueScoreName);
    if (found == pool.quality.end())
        return;
    const std::size_t rows = static_cast<std::size_t>(pool.versions) + 1;
    const auto of = [&](std::span<const float> scores, std::size_t step) {
        std::vector<double> said;
        std::vector<double> truth;
        for (std::size_t i = 0; i < scores.size(); i += step)
            if (std::isfinite(scores[i]) && std::isfinite(found->second[i])) {
                said.push_back(static_cast<double>(scores[i]));
                truth.push_back(static_cast<double>(found->second[i]));
            }
        return said.size() < 2 ? std::numeric_limits<double>::quiet_NaN() : spearman(said, truth);
    };
    std::string text;
    const auto add = [&](const std::string &name, std::span<const float> scores) {
        text += (text.empty() ? "" : "; ") + name + printed(" %.3f", of(scores, rows));
        if (rows > 1)
            text += printed(" and %.3f", of(scores, 1));
    };
    add("D", pool.dScores);
    for (const auto &[name, scores] : pool.quality)
        if (name != found->first)
            add(name, scores);
    if (!pool.detector.empty())
        add("detector", pool.detector);
    std::vector<float> lengths;
    const auto dim = static_cast<std::size_t>(pool.dim);
    for (std::size_t i = 0; i < static_cast<std::size_t>(pool.pictures()); ++i)
        lengths.push_back(static_cast<float>(std::sqrt(squaredLength(std::span<const float>(pool.features).subspan(i * dim, dim)))));
    add("norm", lengths);
    heading.notes.push_back("Spearman correlation with the true D-scores, of the "
                            + std::string(taskOf(pool.cameras.empty() ? Protocol::Verification : Protocol::Retrieval).elements) + " as they are"
                            + (rows > 1 ? " and of all their versions: " : ": ") + text + ".");
}

/// By which families a pool's degraded versions were made; older ones say nothing.
std::string familiesIn(const std::map<std::string, std::string> &about)
{
    const auto found = about.find("families");
    return DamageSet::named(found == about.end() ? "paper" : found->second).text();
}

/// The pool that the command names, or several as one. @param about of the first; a network that is not the same in all is called "several"
FacePool poolsOf(const Arguments &arguments, std::map<std::string, std::string> &about, Progress &progress)
{
    const std::vector<std::filesystem::path> files = arguments.paths();
    std::vector<FacePool> pools;
    for (const std::filesystem::path &file : files) {
        std::map<std::string, std::string> own;
        pools.push_back(loadPool(file, &own));
        if (pools.size() == 1)
            about = own;
        else if (own["base_sha256"] != about["base_sha256"])
            throw FileError(file, "was embedded by another network than " + files.front().string() + ".");
        else if (familiesIn(own) != familiesIn(about))
            throw FileError(file, "was kept with degraded versions by other families than " + files.front().string() + ".");
        else if (own["ddnet_sha256"] != about["ddnet_sha256"])
            about["ddnet"] = "of each pool its own";
        for (const char *cost : {"base_mac", "base_flop", "ddnet_mac", "ddnet_flop", "second_mac", "second_flop"})
            if (own[cost] != about[cost])
                about.erase(cost); // not known of all
    }
    if (pools.size() == 1)
        return std::move(pools.front());
    FacePool pool = joined(std::move(pools));
    if (pool.quality.contains(trueScoreName)) // there are more people to be taken for
        pool.quality[trueScoreName] = trueScores(pool, progress);
    return pool;
}

/// @throws UsageError where options of a retrieval are there, and none is made
void refuseTrackOptions(const Arguments &arguments)
{
    for (const char *option : {"protocol", "distance"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option + " is of a retrieval: it goes with tracklets, and neither with --fars nor --budgets.");
}

/// The faces embedded and scored, or as an earlier call kept them.
FacePool poolOf(const Arguments &arguments, TemplateStudy &study, CompareHeading &heading, CompareOptions &options, Cost &secondCost, Progress &progress)
{
    const std::filesystem::path words = arguments.words().front();
    if (looksLikePool(words)) {
        for (const char *option :
             {"base", "ddnet", "scorer", "laplacian", "detect", "split", "part", "where", "at-least", "keep", "versions", "device", "detector", "max-side"})
            if (arguments.has(option))
                throw UsageError(std::string("--") + option + " has no meaning for a pool, whose faces are embedded and scored already.");
        std::map<std::string, std::string> about;
        FacePool pool = poolsOf(arguments, about, progress);
        heading.base = about["base"];
        heading.ddnet = about["ddnet"];
        heading.device = about["device"];
        study.versions = arguments.has("clean-only") ? 0 : static_cast<int>(pool.versions);
        const DamageSet kept = DamageSet::named(familiesIn(about));
        if (arguments.has("families") && kept.text() != study.families.text())
            throw UsageError("This pool was kept with degraded versions by other families: " + kept.text() + ".");
        study.families = kept;
        if (arguments.has("oracle") && !pool.quality.contains(trueScoreName))
            throw UsageError("This pool was kept without --oracle.");
        options.ddnetCost = costIn(about, "ddnet");
        options.baseCost = costIn(about, "base");
        if (arguments.text("second") == "none")
            pool.quality.erase(secondLookName);
        if (pool.quality.contains(secondLookName) && !arguments.has("second")) {
            secondCost = costIn(about, "second");
            heading.notes.emplace_back(arguments.words().size() > 1 ? "The second look: of each pool the one that it was kept with."
                                                                    : "The second look is the one that the pool was kept with.");
        } else {
            secondCost = addSecondLook(secondLookFor(arguments, {about["base"], about["base_sha256"], pool.dim}, progress), pool, heading);
        }
        readQualities(arguments, pool, heading, progress);
        return pool;
    }
    const ModelStore store = modelStore(arguments);
    const Device device = parseDevice(arguments.text("device", "auto"));
    const auto base = Network::load(arguments.has("base") ? store.find(arguments.text("base"), Role::Base) : store.best(Role::Base), device);
    const std::shared_ptr<const SecondLook> second = secondLookFor(arguments, {base->spec().name, base->hash(), base->outputSize()}, progress);
    const std::shared_ptr<Network> ddnet = ddnetFor(arguments, store, base->spec(), device, progress);
    std::vector<PictureScorer> scorers;
    for (const std::string &text : arguments.all("scorer")) {
        const auto [name, model] = scoreNamed("scorer", text);
        const auto network = loadScorer(store, model, device);
        scorers.push_back({name, [network](std::span<const Picture> pictures, Progress &inner) { return network->run(pictures, inner); }});
    }
    if (arguments.has("laplacian"))
        scorers.push_back({"laplacian", [](std::span<const Picture> pictures, Progress &inner) {
                               inner.throwIfCancelled();
                               std::vector<float> scores;
                               for (const Picture &picture : pictures)
                                   scores.push_back(static_cast<float>(laplacianVariance(picture)));
                               return scores;
                           }});
    if (arguments.has("detect"))
        scorers.push_back({"detector", detectorScore(arguments.text("detector"), store, device)});
    Tracklets tracklets;
    if (taskNamed(base->spec().task).protocol == Protocol::Retrieval)
        tracklets = readTrackletsOf(arguments, progress);
    else
        refuseTrackOptions(arguments);
    const FaceList faces = !tracklets.elements.files.empty() ? tracklets.elements
                                                             : peopleWith(readFaceList(words, peopleOf(arguments), progress), arguments.integer("at-least", 6));
    FacePool pool = facePool(*base, ddnet.get(), faces, study, scorers, arguments.has("oracle"), progress);
    takeCameras(pool, tracklets);
    heading.base = base->spec().name;
    heading.ddnet = ddnet ? ddnet->spec().name : "none";
    heading.device = base->device().name();
    options.ddnetCost = ddnet ? ddnet->cost() : Cost{};
    options.baseCost = base->cost();
    // Pools of faces are kept without: their second look lies beside the base. Those of tracklets are folds, each with one of its own.
    const bool tracks = !pool.cameras.empty();
    if (tracks)
        secondCost = addSecondLook(second, pool, heading);
    if (arguments.has("keep"))
        savePool(arguments.text("keep"), pool,
                 {{"base", heading.base},
                  {"base_sha256", base->hash()},
                  {"ddnet", heading.ddnet},
                  {"ddnet_sha256", ddnet ? ddnet->hash() : std::string()},
                  {"device", heading.device},
                  {"base_mac", std::to_string(options.baseCost.mac)},
                  {"base_flop", std::to_string(options.baseCost.flop)},
                  {"ddnet_mac", std::to_string(options.ddnetCost.mac)},
                  {"ddnet_flop", std::to_string(options.ddnetCost.flop)},
                  {"second_mac", std::to_string(secondCost.mac)},
                  {"second_flop", std::to_string(secondCost.flop)},
                  {"families", study.families.text()},
                  {"seed", std::to_string(study.seed)}});
    if (!tracks)
        secondCost = addSecondLook(second, pool, heading);
    readQualities(arguments, pool, heading, progress);
    return pool;
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::vector<std::filesystem::path> given = arguments.paths();
    const bool pools = given.size() > 1 && std::all_of(given.begin(), given.end(), looksLikePool);
    if (given.size() == 2 && !pools)
        throw UsageError("'" + shownName(given.front().string()) + "' is no benchmark; there are: " + benchmarkList() + ".");
    if (given.size() != 1 && !pools)
        throw UsageError(
            "One set of aligned faces is needed: a folder with a folder a person, a csv, a .rec or a .pack file; or a .pool; or a benchmark and its "
            "folder. See: dscope compare --help");
    checkComparisonOuts(arguments);
    std::vector<Method> asked; // before anything long: a slip in a name, a network that cannot be read
    for (const char *option : {"method", "add"})
        for (const std::string &name : arguments.all(option))
            asked.push_back(methodNamed(name));
    for (const std::string &file : arguments.all("nan"))
        asked.push_back(methodNamed("nan:" + file));
    CompareOptions options;
    options.fars = compareFars(arguments.text("fars", "0.01,0.001"));
    arguments.take("resamples", options.resamples);
    options.seed = seedOf(arguments);
    TemplateStudy study;
    study.sizes = sizes(arguments.text("sizes", "3,5,10"));
    arguments.take("draws", study.draws);
    arguments.take("degraded-share", study.degradedShare);
    arguments.take("versions", study.versions);
    if (arguments.has("clean-only"))
        study.versions = 0;
    study.families = DamageSet::named(arguments.text("families", "paper"));
    study.seed = options.seed;

    CompareHeading heading;
    const std::vector<double> budgets = budgetsOf(arguments);
    if (!budgets.empty() && arguments.has("oracle"))
        throw UsageError("--oracle and --budgets exclude each other: a budget has its own methods.");
    checkChooser(arguments, looksLikePool(arguments.words().front()));
    tracksOptions(arguments, options); // that they mean something
    if (arguments.has("fars") || !budgets.empty())
        refuseTrackOptions(arguments);
    Cost secondCost;
    const FacePool pool = poolOf(arguments, study, heading, options, secondCost, progress);
    for (const Method &method : asked)
        if (method.nan != nullptr && !method.nan->base().empty() && method.nan->base() != heading.base)
            progress.notice("The aggregation network " + method.nanFile + " was trained on features of " + method.nan->base() + ", not of " + heading.base
                            + ".");
    // Files of scores say nothing of degraded versions: told before the first of many tables.
    if (const std::string chooser = arguments.text("choose-by"); !chooser.empty()) {
        const auto found = pool.quality.find(chooser);
        if (found != pool.quality.end() && !std::all_of(found->second.begin(), found->second.end(), [](float score) { return std::isfinite(score); }))
            throw Error("The score called '" + chooser + "' cannot choose: some pictures, or their degraded versions, have none.");
    }
    const bool oracle = arguments.has("oracle");
    if (oracle)
        addCorrelations(pool, heading);

    if (!pool.cameras.empty() && !arguments.has("fars") && budgets.empty()) {
        compareTrackletsOf(arguments, pool, study, options, secondCost, heading, progress);
        return Succeeded;
    }
    refuseTrackOptions(arguments);
    std::vector<ComparedRow> rows;
    const std::int64_t parts = static_cast<std::int64_t>(study.sizes.size()) * (study.versions > 0 ? 2 : 1);
    std::int64_t part = 0;
    for (const bool degraded : {false, true}) {
        if (degraded && study.versions == 0)
            continue;
        for (const std::int64_t size : study.sizes) {
            progress.stage("Comparing templates (" + std::to_string(++part) + " of " + std::to_string(parts) + ")");
            std::vector<ComparedSet> draws;
            for (int draw = 0; draw < study.draws; ++draw) {
                draws.push_back(drawTemplates(pool, {size, degraded, study.degradedShare, study.templatesPerPerson, study.seed, study.draws}, draw));
                if (secondCost.mac > 0)
                    draws.back().set.qualityCost[secondLookName] = secondCost;
                progress.throwIfCancelled();
            }
            const std::string named = std::to_string(size) + (degraded ? ", degraded" : ", clean");
            const std::vector<ComparedRow> some = budgets.empty()
                ? compareMethods(draws, compareMethodsOf(arguments, draws.front().set, oracle), options, named, progress)
                : compareBudgets(draws, budgets, options, named, progress, arguments.text("choose-by"));
            rows.insert(rows.end(), some.begin(), some.end());
        }
    }
    if (arguments.has("choose-by"))
        heading.notes.push_back(chooserNote(arguments));
    heading.set = pool.name;
    heading.protocol = printed(
        "Every person's pictures are shuffled and cut into disjoint templates of the size named (at most %d a person), all templates compared with all by "
        "cosine; TAR by the strict rule, mean of %d draws, seed %llu; 95 %% intervals by %d by-person bootstrap resamples, the same for all methods, those of "
        "the gains paired. Degraded: %g %% of the pictures, by %s%s.",
        study.templatesPerPerson, study.draws, static_cast<unsigned long long>(study.seed), options.resamples, 100 * study.degradedShare,
        study.families.isPaper() ? "low resolution, blur, occlusion, darkness or noise" : study.families.text().c_str(),
        study.versions >= study.draws ? ", made anew in each draw" : "");
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    writeComparison(arguments, rows, heading);
    return Succeeded;
}

} // namespace

Command compareCommand()
{
    return {
        "compare",
        "FACES | POOL... | BENCHMARK ROOT  [--base MODEL] [--method M]... [--nan FILE]... [--quality NAME=FILE]... [--scorer NAME=MODEL]...",
        "One table of aggregators side by side: TAR at several FARs, with intervals, and what each gains over the average",
        "FACES are aligned, labelled faces: a folder with a folder a person, a csv, a .rec or a .pack; or a .pool that an earlier call kept, or several of "
        "different people, such as the folds of a cross-validation. With a base for "
        "crops of "
        "people: tracklets as `dscope evaluate tracklets` reads them, each looked for among those of other cameras (mAP, CMC-1). Templates are "
        "drawn from them, clean and degraded, as evaluate-templates draws them. Of a BENCHMARK and its folder (see dscope evaluate) the own templates and "
        "pairs are "
        "compared. Without --method: every method that the faces allow. A method is average, max, top-1, top-k:K, random-k:K, norm, "
        "detector, "
        "quality:NAME, ddl, ddl-no-rescale, ddl+ or nan:FILE; after a colon, separated by commas: media-first, normalise, t=T, best=K, enough=E (the best "
        "until their scores sum to E), whole (ddl), middle=D "
        "and "
        "power=P (ddl+), quality=NAME (top-1, top-k, ddl: by that score in place of D), seed=S (random-k). In two stages D chooses, by t, best or enough, and "
        "another score weighs: "
        "second (ddl, ddl-no-rescale, ddl+, top-1, top-k: the base's second look), weights=NAME, t2=T (a threshold of that score); t, best and enough of "
        "average, max, "
        "top-1 and top-k keep these to what D chooses.",
        drawnOptions() + comparedOptions(),
        run,
        true,
        benchmarkCommands("ROOT [--base MODEL] [--method M]...", comparedBenchmarkOptions() + comparedOptions(), compareOnBenchmark)};
}

} // namespace dscope::cli
