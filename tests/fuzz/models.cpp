// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/library.h"
#include "core/nets/model.h"
#include "tests/fuzz/target.h"

// What is said about models: manifests, descriptions beside weights, the list of those added.

namespace dscope::fuzz {

DSCOPE_FUZZ_TARGET(manifest)
{
    const auto file = fileWith("models/manifest.json", textOf(bytes));
    const ModelStore store({file.parent_path()});
    for (const std::string &problem : store.problems())
        requireOwnWords(problem);
    for (const ModelSpec &spec : store.models())
        require(modelFromJson(toJson(spec)).name == spec.name, "a model's entry that is written is read as another one");
    refusable([&] { (void)store.best(Role::Base); });
}

DSCOPE_FUZZ_TARGET(sidecar)
{
    const auto weights = fileWith("beside.pth", "PK");
    fileWith("beside.pth.json", textOf(bytes));
    refusable([&] { (void)readSidecar(weights); });
    refusable([&] { (void)describeFile(weights); });
}

DSCOPE_FUZZ_TARGET(added)
{
    fileWith("XDG_DATA_HOME/dscope/models/added.json", textOf(bytes));
    refusable([&] { (void)addedModels(); });
}

} // namespace dscope::fuzz
