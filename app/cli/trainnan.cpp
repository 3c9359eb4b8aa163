// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"
#include "app/cli/trainloop.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/sets/poolfile.h"
#include "core/training/evaluate.h"
#include "core/training/nantrainer.h"

namespace dscope::cli {

namespace {

/// The training people's faces, embedded here or by `dscope compare --keep`.
FacePool poolOf(const Arguments &arguments, const TemplateStudy &study, std::map<std::string, std::string> &about, Progress &progress)
{
    const std::filesystem::path root = arguments.required("faces");
    if (looksLikePool(root)) {
        for (const char *option : {"split", "part", "where", "base"})
            if (arguments.has(option))
                throw UsageError(std::string("--") + option + " has no meaning for a pool, whose faces are chosen and embedded already.");
        return loadPool(root, &about);
    }
    const ModelStore store = modelStore(arguments);
    const auto base = Network::load(arguments.has("base") ? store.find(arguments.text("base"), Role::Base) : store.best(Role::Base),
                                    parseDevice(arguments.text("device", "auto")));
    about = {{"base", base->spec().name}, {"base_sha256", base->hash()}};
    return facePool(*base, nullptr, peopleWith(readFaceList(root, peopleOf(arguments), progress), 3), study, {}, false, progress);
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    NanTraining options;
    options.loss = nanLoss(arguments.text("loss", name(options.loss)));
    arguments.take("epochs", options.epochs);
    arguments.take("batch", options.batch);
    arguments.take("learning-rate", options.learningRate);
    arguments.take("margin", options.margin);
    arguments.take("scale", options.scale);
    arguments.take("seed", options.seed);
    TemplateStudy study;
    study.seed = options.seed;
    arguments.take("degraded-share", study.degradedShare);

    std::map<std::string, std::string> about;
    const FacePool pool = poolOf(arguments, study, about, progress);

    // Every epoch draws anew: templates of every size the people have pictures for, clean and degraded.
    const auto draw = [&](int epoch) {
        TemplateFeatures all;
        all.dim = pool.dim;
        all.subjectNames = pool.people;
        for (const bool degraded : {false, true}) {
            if (degraded && pool.versions == 0)
                continue;
            for (const std::int64_t size : study.sizes) {
                TemplateFeatures some;
                try {
                    some = drawTemplates(pool, {size, degraded, study.degradedShare, study.templatesPerPerson, study.seed}, epoch).set;
                } catch (const Error &) {
                    continue; // nobody has so many
                }
                const std::int64_t before = all.faces();
                all.features.insert(all.features.end(), some.features.begin(), some.features.end());
                all.dScores.insert(all.dScores.end(), some.dScores.begin(), some.dScores.end());
                for (std::int64_t t = 0; t < some.templates(); ++t) {
                    all.ids.push_back(all.templates());
                    all.begin.push_back(before + some.begin[static_cast<std::size_t>(t) + 1]);
                    all.subjects.push_back(some.subjects[static_cast<std::size_t>(t)]);
                }
            }
        }
        return all;
    };
    std::vector<NanEpoch> epochs;
    const std::shared_ptr<const Nan> net = trainNan(draw, options, progress, &epochs);
    net->save(out,
              {{"base", about["base"]},
               {"base_sha256", about["base_sha256"]},
               {"loss", name(options.loss)},
               {"epochs", std::to_string(options.epochs)},
               {"seed", std::to_string(options.seed)},
               {"trained_on", pool.name}});
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    if (arguments.has("history")) {
        Json list = Json::array();
        for (const NanEpoch &epoch : epochs)
            list.push_back({{"epoch", epoch.epoch}, {"templates", epoch.templates}, {"loss", epoch.loss}});
        writeJson(arguments.text("history"), {{"network", "nan"}, {"base", about["base"]}, {"trained_on", pool.name}, {"epochs", list}});
    }
    say("written: " + out);
    say("trained on templates of " + pool.name + "; loss " + printed("%.6f", epochs.front().loss) + " in the first epoch, "
        + printed("%.6f", epochs.back().loss) + " in the last");
    return Succeeded;
}

} // namespace

Command trainNanWord()
{
    const NanTraining usual;
    return {"nan",
            "--faces SET --base M --out W",
            "Trains a neural aggregation network (NAN) on a base's features",
            "It takes minutes, and starts anew where it was stopped.",
            std::vector<Option>{
                {"out", "FILE", "the weights, as safetensors"},
                {"history", "FILE", "write the epochs' losses as JSON"},
                {"faces", "SET", "the aligned faces: a folder with a folder a person, a csv, a .rec or a .pack file; or a .pool by `dscope compare --keep`"},
                {"base", "MODEL", "whose features are aggregated (default: the best there is)"},
                {"loss", "NAME", "softmax or contrastive (default " + name(usual.loss) + ")"},
                numberOption("margin", "M", "of the contrastive loss", 0, 4, usual.margin),
                numberOption("scale", "S", "of the softmax layer as training begins", 0, 1000, usual.scale),
                numberOption("degraded-share", "S", "share of the pictures of degraded templates that are", 0, 1, TemplateStudy().degradedShare),
                wholeOption("epochs", "N", "passes over the data", 1, 100'000, usual.epochs),
                wholeOption("batch", "N", "templates per step", 1, 65'536, usual.batch),
                numberOption("learning-rate", "R", "at the top", 0, 1000, usual.learningRate),
                splitOption(),
                partOption("train"),
                whereOption(),
                seedOption(),
                deviceOption(),
                modelsOption()},
            run};
}

} // namespace dscope::cli
