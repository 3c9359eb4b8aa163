// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/modelstore.h"
#include "app/cli/trainsecond.h"
#include "app/cli/outputs.h"

#include "core/base/csv.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/discriminability/drawndamage.h"
#include "core/training/secondtrainer.h"

#include <cmath>
#include <filesystem>
#include <optional>

namespace dscope::cli {

namespace fs = std::filesystem;

namespace {

SecondTraining trainingOf(const Arguments &arguments)
{
    SecondTraining options;
    const std::string ridge = arguments.text("ridge", "auto");
    if (ridge != "auto") {
        const std::optional<double> value = parseNumber(ridge);
        if (!value || !(*value > 0) || !(*value <= 1e12))
            throw UsageError("--ridge needs auto or a number above 0, not '" + ridge + "'.");
        options.ridges = {*value};
    }
    const std::string target = arguments.text("target", "auto");
    if (target != "auto")
        options.target = secondTarget(target);
    options.folds = static_cast<int>(arguments.integer("folds", options.folds, 2, 1000));
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
    return options;
}

/// The base whose D-scores the targets are, to embed with.
std::shared_ptr<Network> baseOf(const Arguments &arguments, const Targets &targets)
{
    return Network::load(modelStore(arguments).find(arguments.text("base", targets.base.name), Role::Base), parseDevice(arguments.text("device", "auto")));
}

std::string correlation(double value)
{
    return printed("%.4f", value);
}

Json historyOf(const SecondResult &result)
{
    Json list = Json::array();
    for (const SecondCandidate &candidate : result.candidates)
        list.push_back({{"target", name(candidate.target)}, {"ridge", candidate.ridge}, {"spearman", std::isfinite(candidate.spearman) ? Json(candidate.spearman) : Json(nullptr)}});
    return {{"network", "second"}, {"base", result.look->origin().base}, {"candidates", list}};
}

} // namespace

int trainSecondCommand(const Arguments &arguments, Task &task)
{
    const std::string out = fileOut(arguments).string();
    for (const char *option : {"epochs", "batch", "resume", "steps", "learning-rate"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option + " has no meaning for a second look, which is solved for, not trained.");
    const SecondTraining options = trainingOf(arguments);
    const fs::path targetsFile = arguments.required("targets");
    const Targets targets = readTargets(targetsFile);
    std::optional<DamageSet> without; // a slip is told of before anything long
    if (arguments.has("without-damage")) {
        without = DamageSet::named(arguments.text("without-damage"));
        if (without->isPaper() || targets.options.families.isPaper())
            targetsWithout(targets, *without, {}, task); // says so
    }
    const std::string targetsHash = sha256File(targetsFile);
    const fs::path work = out + ".work";
    fs::path file = arguments.text("features");
    if (file.empty()) {
        fs::create_directories(work);
        file = work / ("features-" + sha256(targetsHash + targets.baseHash).substr(0, 16) + ".safetensors");
        std::error_code problem;
        const std::shared_ptr<Network> base = baseOf(arguments, targets);
        if (!fs::exists(file, problem)) // else complete: a run that was stopped afterwards
            embedTargets(targets, targetsHash, *base, arguments.text("faces"), file, task);
    } else if (arguments.has("base") && baseOf(arguments, targets)->hash() != targets.baseHash) {
        throw Error("The targets, and so the embeddings, are those of " + shownName(targets.base.name) + ", not of " + shownName(arguments.text("base")) + ".");
    }
    std::vector<std::string> notices;
    const std::unique_ptr<FeatureRows> features = openFeatures(file, &notices);
    for (const std::string &notice : notices)
        task.notice(notice);
    const auto copies = static_cast<std::size_t>(targets.options.copies);
    if (static_cast<std::size_t>(features->count()) != targets.scores.normalised.size() || (targets.base.outputSize > 0 && features->dim() != targets.base.outputSize))
        throw FileError(file, "holds " + std::to_string(features->count()) + " embeddings of " + std::to_string(features->dim()) + " values; the targets are of "
                                  + std::to_string(targets.scores.normalised.size()) + " pictures, and " + shownName(targets.base.name) + " gives "
                                  + std::to_string(targets.base.outputSize) + " values each.");
    std::vector<std::int32_t> people;
    people.reserve(targets.scores.normalised.size());
    for (const std::int32_t label : targets.faces.labels)
        people.insert(people.end(), copies, label);

    SecondLookOrigin origin;
    std::vector<std::uint8_t> taken = targets.scores.target;
    if (without) {
        taken = targetsWithout(targets, *without, arguments.text("faces"), task);
        origin.without = without->text();
    }
    origin.base = targets.base.name;
    origin.baseHash = targets.baseHash;
    origin.set = targets.faces.root.filename().empty() ? targets.faces.root.parent_path().filename().string() : targets.faces.root.filename().string();
    origin.targetsHash = targetsHash;
    const SecondResult result = trainSecondLook(*features, {targets.scores.normalised, taken, people}, options, origin, task);
    result.look->save(out);
    std::error_code ignored;
    fs::remove_all(work, ignored);
    if (auto *console = dynamic_cast<ConsoleTask *>(&task))
        console->clear();
    if (arguments.has("history"))
        writeJson(arguments.text("history"), historyOf(result));

    const SecondLookOrigin &made = result.look->origin();
    say(std::to_string(made.pictures) + " pictures of " + std::to_string(made.people) + " people, embedded by " + made.base
        + (made.leftOut > 0 ? "; " + std::to_string(made.leftOut) + (origin.without.empty() ? " have no target or no direction" : " have no target, no direction or damage that was to be left out") + ", and were left out" : std::string()));
    say("ridge " + printed("%g", made.ridge) + ", taught " + (made.target == SecondTarget::DScore ? "the D-score" : "the D-score's logit")
        + "; Spearman correlation with the D-scores: " + correlation(made.inSample) + " on those it was taught, "
        + (made.folds > 0 ? correlation(made.heldOut) + " on people held out (" + std::to_string(made.folds) + " parts, each in turn)"
                          : std::string("nobody could be held out")));
    say("written: " + out);
    return Succeeded;
}

} // namespace dscope::cli
