// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nets/library.h"

#include <algorithm>

namespace dscope::cli {

Option secondOption()
{
    return {"second", "FILE", "the base's second look, by `dscope train second` (default: the one that lies beside the base, if there is one; auto: it has to be there)"};
}

bool asksForSecondLook(const std::vector<Method> &methods)
{
    return std::any_of(methods.begin(), methods.end(),
                       [](const Method &method) { return method.weights == secondLookName || method.quality == secondLookName; });
}

std::shared_ptr<const SecondLook> secondLookOf(const Arguments &arguments, const ModelStore &store, const EmbeddedBy &base, bool needed, Task &task)
{
    if (arguments.has("second") && arguments.text("second") != "auto")
        return loadSecondLook(arguments.text("second"), base.name, base.hash, base.dim);
    needed = needed || arguments.has("second");
    ModelSpec spec;
    spec.name = base.name;
    for (const ModelSpec &known : store.models())
        if (known.role == Role::Base && known.name == base.name) {
            spec = known;
            break;
        }
    if (spec.path.empty() && std::filesystem::exists(arguments.text("base"))) // a file of one's own
        spec.path = arguments.text("base");
    const std::filesystem::path file = secondLookFile(spec, store);
    if (file.empty()) {
        if (needed)
            throw Error("There is no second look for the base network " + shownName(base.name) + ". Make one with: dscope train second; or name it with --second");
        return nullptr;
    }
    try {
        return loadSecondLook(file, base.name, base.hash, base.dim);
    } catch (const FileError &error) {
        if (needed)
            throw;
        task.notice(std::string(error.what()) + " It is not used.");
        return nullptr;
    }
}

std::optional<SecondScores> secondScoresOf(const Arguments &arguments, const Analysis &analysis, bool needed, Task &task)
{
    if (analysis.dim <= 0) {
        if (needed || arguments.has("second"))
            throw Error("A second look reads embeddings; the base network was not run.");
        return std::nullopt;
    }
    const std::shared_ptr<const SecondLook> look =
        secondLookOf(arguments, modelStore(arguments), {analysis.base.name, analysis.base.hash, analysis.dim}, needed, task);
    if (!look)
        return std::nullopt;
    return secondScores(analysis, *look);
}

void addSecondLook(const Arguments &arguments, TemplateFeatures &set, const std::string &base, bool extracted, std::vector<std::string> &notes,
                   const std::vector<Method> &methods, Task &task)
{
    const bool needed = asksForSecondLook(methods);
    if (!needed && !arguments.has("second") && (arguments.has("method") || !extracted || arguments.has("flip")))
        return;
    if (arguments.has("flip"))
        throw UsageError("A second look reads the embedding of a picture, not the sum of two: leave out --flip, or the methods that ask for it.");
    EmbeddedBy by{base, {}, set.dim};
    if (extracted)
        by.hash = modelHash(modelStore(arguments).find(arguments.text("base", base), Role::Base).path);
    else if (!arguments.has("second"))
        throw UsageError("Whose embeddings these are is not known; name their second look with --second.");
    else
        notes.push_back("Whether the second look is that of the network that gave these embeddings cannot be known.");
    const std::shared_ptr<const SecondLook> look = secondLookOf(arguments, modelStore(arguments), by, needed, task);
    if (!look)
        return;
    set.quality[secondLookName] = look->scores(set.features);
    set.qualityCost[secondLookName] = look->cost();
}

} // namespace dscope::cli
