// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/trainloop.h"

#include "core/base/csv.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/training/secondfit.h"

#include <cmath>
#include <optional>

namespace dscope::cli {

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
        options.target = secondTargetWords.fromWord(target);
    arguments.take("folds", options.folds);
    arguments.take("seed", options.seed);
    return options;
}

std::string correlation(double value)
{
    return printed("%.4f", value);
}

Json historyOf(const SecondResult &result)
{
    Json list = Json::array();
    for (const SecondCandidate &candidate : result.candidates)
        list.push_back({{"target", secondTargetWords.wordOf(candidate.target)},
                        {"ridge", candidate.ridge},
                        {"spearman", std::isfinite(candidate.spearman) ? Json(candidate.spearman) : Json(nullptr)}});
    return {{"network", "second"}, {"base", result.look->origin().base}, {"candidates", list}};
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    SecondFit fit;
    fit.training = trainingOf(arguments);
    fit.targets = arguments.required("targets");
    fit.features = arguments.text("features");
    fit.faces = arguments.text("faces");
    fit.out = out;
    fit.base = arguments.text("base");
    fit.device = parseDevice(arguments.text("device", "auto"));
    if (arguments.has("without-damage"))
        fit.without = DamageSet::named(arguments.text("without-damage"));
    const SecondResult result = fitSecondLook(fit, modelStore(arguments), progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    if (arguments.has("history"))
        writeJson(arguments.text("history"), historyOf(result));

    const SecondLookOrigin &made = result.look->origin();
    say(std::to_string(made.pictures) + " pictures of " + std::to_string(made.people) + " people, embedded by " + made.base
        + (made.leftOut > 0 ? "; " + std::to_string(made.leftOut)
                   + (made.without.empty() ? " have no target or no direction" : " have no target, no direction or damage that was to be left out")
                   + ", and were left out"
                            : std::string()));
    say("ridge " + printed("%g", made.ridge) + ", taught " + (made.target == SecondTarget::DScore ? "the D-score" : "the D-score's logit")
        + "; Spearman correlation with the D-scores: " + correlation(made.inSample) + " on those it was taught, "
        + (made.folds > 0 ? correlation(made.heldOut) + " on people held out (" + std::to_string(made.folds) + " parts, each in turn)"
                          : std::string("nobody could be held out")));
    say("written: " + out);
    return Succeeded;
}

} // namespace

Command trainSecondWord()
{
    return {"second",
            "--targets TARGETS --out W [--features FILE]",
            "Makes a second look: D-scores read off the base's own embedding",
            "It is solved for in seconds once there are embeddings: those that `dscope label --features` kept, or embedded anew by the base that the targets "
            "name.",
            {{"out", "FILE", "the second look, as safetensors with its own description"},
             {"history", "FILE", "write what was tried, and its correlations, as JSON"},
             {"targets", "FILE", "what `dscope label` wrote"},
             {"features", "FILE", "the embeddings that `dscope label --features` kept (default: the faces are embedded anew)"},
             {"faces", "SET", "the aligned faces, if not where the targets say"},
             {"base", "MODEL", "the file of the base that the targets name"},
             {"ridge", "R", "auto (30 to 30000, the best on people held out; default) or a number"},
             {"target", "WHAT", "auto (the better one on people held out; default), d (the D-score) or logit (its logit)"},
             wholeOption("folds", "N", "parts of the people, each held out in turn", 2, 1000, SecondTraining().folds),
             withoutDamageOption(),
             seedOption(),
             deviceOption(),
             modelsOption()},
            run};
}

} // namespace dscope::cli
