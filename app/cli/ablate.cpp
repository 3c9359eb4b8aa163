// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"

#include "core/base/error.h"
#include "core/base/outputlock.h"
#include "core/base/text.h"
#include "core/training/ablation.h"

#include <iostream>

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (!arguments.words().empty())
        throw UsageError("'ablate' takes no words. See: dscope ablate --help");
    const Ablation ablation = readAblation(arguments.required("config"));
    if (arguments.has("dry-run")) {
        for (const AblationVariant &variant : ablation.variants)
            std::cout << shown(describe(variant)) << '\n';
        return Succeeded;
    }
    const std::filesystem::path out = arguments.required("out");
    const std::filesystem::path work = arguments.text("work", out.string() + ".work");
    const OutputLock lock(work);
    const int failed = runAblation(ablation, modelFolders(arguments), work, out, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say("written: " + out.string());
    return failed > 0 ? Failed : Succeeded;
}

} // namespace

Command ablateCommand()
{
    return {"ablate",
            "--config F.json --out TABLE.md",
            "Trains and compares variants of DDNets and bases: one table out",
            "F.json (schema dscope.ablation/1, see docs/formats.md) names the faces, the split, and the variants one by one or as a grid of factors that is "
            "multiplied "
            "out. For each a DDNet is taught on the training people and studied on the test people. What is done lies in the work folder: stopped, the same "
            "call resumes, and "
            "a configuration with further variants does only those. A variant that fails is reported in the table, the others go on.",
            {{"config", "FILE", "the variants"},
             {"out", "FILE", "the table, as Markdown; written anew after every variant"},
             {"work", "FOLDER", "where results, weights and targets lie (default: OUT.work)"},
             {"dry-run", "", "only list the variants"},
             modelsOption()},
            run};
}

} // namespace dscope::cli
