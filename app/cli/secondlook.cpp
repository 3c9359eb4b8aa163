// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/secondlook.h"
#include "app/cli/modelstore.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nets/library.h"

namespace dscope::cli {

Option secondOption()
{
    return {"second", "FILE",
            "the base's second look, by `dscope train second` (default: the one that lies beside the base, if there is one; auto: it has to be there; none)"};
}

std::string secondWanted(const Arguments &arguments, const std::vector<Method> &methods)
{
    return arguments.has("second") || asksForSecondLook(methods) || !arguments.has("method") ? arguments.text("second") : "none";
}

std::shared_ptr<const SecondLook> secondLookOf(const Arguments &arguments, const ModelStore &store, const EmbeddedBy &base, bool needed, Progress &progress,
                                               std::filesystem::path *where)
{
    if (arguments.text("second") == "none") {
        if (needed)
            throw UsageError("--second none, and a method that needs the second look, exclude each other.");
        return nullptr;
    }
    if (where != nullptr)
        *where = arguments.text("second");
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
    if (where != nullptr)
        *where = file;
    if (file.empty()) {
        if (needed)
            throw Error("There is no second look for the base network " + shownName(base.name)
                        + ". Make one with: dscope train second; or name it with --second");
        return nullptr;
    }
    try {
        return loadSecondLook(file, base.name, base.hash, base.dim);
    } catch (const FileError &error) {
        if (needed)
            throw;
        progress.notice(std::string(error.what()) + " It is not used.");
        return nullptr;
    }
}

} // namespace dscope::cli
