// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
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

constexpr std::uint64_t s_seeds = std::uint64_t{1} << 52;

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
    study.versions = static_cast<int>(arguments.integer("versions", study.versions, 1, 100));
    study.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, s_seeds));
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
    study.folds = static_cast<int>(arguments.integer("folds", study.folds, 2, 1000));
    study.ridge = arguments.number("ridge", study.ridge, 1e-6, 1e12);
    study.judgedWith = arguments.integer("judged-with", study.judgedWith, 2, 1'000'000);
    study.size = arguments.integer("size", study.size, 1, 10'000);
    study.far = arguments.number("far", study.far, 1e-9, 0.5);
    study.draws = static_cast<int>(arguments.integer("draws", study.draws, 1, 10'000));
    study.resamples = static_cast<int>(arguments.integer("resamples", study.resamples, 0, 100'000));
    study.seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0, s_seeds));
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
             {"split", "CSV", "columns identity and part: take only the people of --part"},
             {"part", "NAME", "a part of --split, such as train; may be repeated"},
             {"keep", "FILE.pool", "keep the faces as they were embedded: a later call on that file takes seconds"},
             {"versions", "N", "degraded versions of each face (default 4)"},
             {"folds", "N", "of people; a fold is predicted by a rule that was fitted to the others (default 5)"},
             {"ridge", "R", "of that rule (default 3000)"},
             {"judged-with", "N", "pictures that a person needs to be judged (default 6)"},
             {"size", "N", "pictures in a template (default 5)"},
             {"far", "F", "the FAR at which TAR is read (default 0.001)"},
             {"draws", "N", "of templates (default 20)"},
             {"resamples", "N", "of the by-person bootstrap; 0: no intervals (default 200)"},
             {"out", "FILE", "where to (default -: standard output)"},
             {"seed", "N", "of everything random (default 1)"},
             {"device", "DEVICE", "auto, cpu, cuda or cuda:N (default auto)"},
             {"models", "FOLDER", "a further folder with a manifest.json, or with weights that describe themselves; may be repeated"}},
            run,
            true};
}

} // namespace dscope::cli
