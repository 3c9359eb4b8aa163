// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/evaluation/targetstudy.h"
#include "core/sets/poolfile.h"
#include "core/training/evaluate.h"

#include <cstdio>

namespace dscope::cli {

namespace {

/// The faces and their degraded versions, embedded, or as an earlier call kept them.
FacePool poolOf(const Arguments &arguments, std::string &base, Progress &progress)
{
    const std::filesystem::path words = arguments.words().front();
    if (looksLikePool(words)) {
        for (const char *option : {"base", "split", "part", "keep", "versions"})
            if (arguments.has(option))
                throw UsageError(std::string("--") + option + " has no meaning for a pool, whose faces are embedded already.");
        std::map<std::string, std::string> about;
        FacePool pool = loadPool(words, &about);
        base = about["base"];
        return pool;
    }
    const ModelStore store = modelStore(arguments);
    const auto network = Network::load(arguments.has("base") ? store.find(arguments.text("base"), Role::Base) : store.best(Role::Base),
                                       parseDevice(arguments.text("device", "auto")));
    base = network->spec().name;
    TemplateStudy study;
    arguments.take("versions", study.versions);
    study.seed = seedOf(arguments);
    const FaceList faces = peopleWith(readFaceList(words, {arguments.text("split"), arguments.all("part")}, progress), 2);
    const FacePool pool = facePool(*network, nullptr, faces, study, {}, false, progress);
    if (arguments.has("keep"))
        savePool(arguments.text("keep"), pool,
                 {{"base", base},
                  {"base_sha256", network->hash()},
                  {"ddnet", "none"},
                  {"ddnet_sha256", ""},
                  {"device", network->device().name()},
                  {"seed", std::to_string(study.seed)}});
    return pool;
}

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 1)
        throw UsageError("One set of aligned faces is needed: a folder with a folder a person, a csv, a .rec or a .pack file; or a .pool. See: dscope "
                         "compare-targets --help");
    TargetStudy study;
    arguments.take("folds", study.folds);
    arguments.take("ridge", study.ridge);
    arguments.take("judged-with", study.judgedWith);
    arguments.take("size", study.size);
    arguments.take("far", study.far);
    arguments.take("draws", study.draws);
    arguments.take("resamples", study.resamples);
    study.seed = seedOf(arguments);
    std::string base;
    const FacePool pool = poolOf(arguments, base, progress);
    const std::vector<TargetRow> rows = compareTargets(pool, usualTargetVariants(pool), study, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    const std::string table = targetTable(rows, pool, study, base);
    const std::string out = arguments.text("out", "-");
    if (out == "-")
        std::fputs(table.c_str(), stdout);
    else
        writeAtomically(out, table);
    return Succeeded;
}

} // namespace

Command compareTargetsCommand()
{
    const TargetStudy usual;
    return {"compare-targets",
            "FACES | X.pool  [--base MODEL] [--split CSV --part NAME] [--out F.md]",
            "Which target should a DDNet be taught? Four of them, several centroids and class sizes, side by side",
            "FACES are aligned, labelled faces: a folder with a folder a person, a csv, a .rec or a .pack; or a .pool that an earlier call kept. For each way "
            "to make "
            "targets a closed-form rule on the embeddings, which stands in for a DDNet, is fitted to most people's and judged on the others: by its "
            "correlation with the "
            "true D-score, and by TAR of degraded templates. docs/targets.md has what came of it. Leave test people out (--split, --part): what is chosen here "
            "is chosen "
            "on these faces.",
            {{"base", "MODEL", "the base network whose D-scores these are: a name or a file (default: the best there is)"},
             splitOption(),
             partOption("train"),
             {"keep", "FILE.pool", "keep the faces as they were embedded: a later call on that file takes seconds"},
             wholeOption("versions", "N", "degraded versions of each face", 1, 100, TemplateStudy().versions),
             wholeOption("folds", "N", "of people; a fold is predicted by a rule that was fitted to the others", 2, 1000, usual.folds),
             numberOption("ridge", "R", "of that rule", 1e-6, 1e12, usual.ridge),
             wholeOption("judged-with", "N", "pictures that a person needs to be judged", 2, 1'000'000, usual.judgedWith),
             wholeOption("size", "N", "pictures in a template", 1, 10'000, usual.size),
             numberOption("far", "F", "the FAR at which TAR is read", 1e-9, 0.5, usual.far),
             drawsOption(20),
             resamplesOption(200),
             {"out", "FILE", "where to (default -: standard output)"},
             seedOption(),
             deviceOption(),
             modelsOption()},
            run,
            true};
}

} // namespace dscope::cli
