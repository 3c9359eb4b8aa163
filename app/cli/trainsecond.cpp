// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/trainsecond.h"
#include "app/cli/modelstore.h"
#include "app/cli/outputs.h"

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
        options.target = secondTarget(target);
    options.folds = static_cast<int>(arguments.integer("folds", options.folds, 2, 1000));
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, std::int64_t{1} << 52));
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
        list.push_back({{"target", name(candidate.target)},
                        {"ridge", candidate.ridge},
                        {"spearman", std::isfinite(candidate.spearman) ? Json(candidate.spearman) : Json(nullptr)}});
    return {{"network", "second"}, {"base", result.look->origin().base}, {"candidates", list}};
}

} // namespace

int trainSecondCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    for (const char *option : {"epochs", "batch", "resume", "steps", "learning-rate"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option + " has no meaning for a second look, which is solved for, not trained.");
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

} // namespace dscope::cli
