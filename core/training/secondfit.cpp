// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/secondfit.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/scores/drawndamage.h"

#include <system_error>
#include <utility>

namespace fs = std::filesystem;

namespace dscope {

namespace {

/// The base whose D-scores the targets are, to embed with.
std::shared_ptr<Network> baseOf(const SecondFit &fit, const Targets &targets, const ModelStore &store)
{
    return Network::load(store.find(fit.base.empty() ? targets.base.name : fit.base, Role::Base), fit.device);
}

std::string setName(const fs::path &root)
{
    return (root.filename().empty() ? root.parent_path() : root).filename().string();
}

} // namespace

fs::path installedSecondLook(const std::string &base)
{
    return dataDir() / "models" / (base + ".second.safetensors");
}

SecondResult fitSecondLook(const SecondFit &fit, const ModelStore &store, Progress &progress)
{
    const Targets targets = readTargets(fit.targets);
    if (fit.without && (fit.without->isPaper() || targets.options.families.isPaper())) // a slip is told of before anything long
        targetsWithout(targets, *fit.without, {}, progress);
    const std::string targetsHash = sha256File(fit.targets);
    fs::path work = fit.out;
    work += ".work";
    fs::path file = fit.features;
    if (file.empty()) {
        fs::create_directories(work);
        file = work / ("features-" + sha256(targetsHash + targets.baseHash).substr(0, 16) + ".safetensors");
        std::error_code problem;
        const std::shared_ptr<Network> base = baseOf(fit, targets, store);
        if (!fs::exists(file, problem)) // else complete: a run that was stopped afterwards
            embedTargets(targets, targetsHash, *base, fit.faces, file, progress);
    } else if (!fit.base.empty() && baseOf(fit, targets, store)->hash() != targets.baseHash) {
        throw Error("The targets, and so the embeddings, are those of " + shownName(targets.base.name) + ", not of " + shownName(fit.base) + ".");
    }
    std::vector<std::string> notices;
    const std::unique_ptr<FeatureRows> features = openFeatures(file, &notices);
    for (const std::string &notice : notices)
        progress.notice(notice);
    if (static_cast<std::size_t>(features->count()) != targets.scores.normalised.size()
        || (targets.base.outputSize > 0 && features->dim() != targets.base.outputSize))
        throw FileError(file,
                        "holds " + std::to_string(features->count()) + " embeddings of " + std::to_string(features->dim()) + " values; the targets are of "
                            + std::to_string(targets.scores.normalised.size()) + " pictures, and " + shownName(targets.base.name) + " gives "
                            + std::to_string(targets.base.outputSize) + " values each.");
    std::vector<std::int32_t> people;
    people.reserve(targets.scores.normalised.size());
    for (const std::int32_t label : targets.faces.labels)
        people.insert(people.end(), static_cast<std::size_t>(targets.options.copies), label);

    SecondLookOrigin origin;
    std::vector<std::uint8_t> taken = targets.scores.target;
    if (fit.without) {
        taken = targetsWithout(targets, *fit.without, fit.faces, progress);
        origin.without = fit.without->text();
    }
    origin.base = targets.base.name;
    origin.baseHash = targets.baseHash;
    origin.set = setName(targets.faces.root);
    origin.targetsHash = targetsHash;
    SecondResult result = trainSecondLook(*features, {targets.scores.normalised, taken, people}, fit.training, std::move(origin), progress);
    result.look->save(fit.out);
    std::error_code ignored;
    fs::remove_all(work, ignored);
    return result;
}

} // namespace dscope
