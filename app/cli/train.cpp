// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/clipwords.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"
#include "app/cli/trainloop.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/outputlock.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"
#include "core/training/basetrainer.h"
#include "core/training/cliptargets.h"
#include "core/training/ddnettrainer.h"
#include "core/training/distiller.h"
#include "core/training/reidtrainer.h"
#include "core/training/trackletlist.h"

#include <optional>
#include <tuple>

namespace dscope::cli {

namespace {

constexpr const char *s_goesOn =
    "A checkpoint lies beside the output until the end; with --resume an interrupted run resumes from it and ends with the same weights.";

Option facesOption()
{
    return {"faces", "SET", "the aligned faces: a folder with a folder a person, a csv, a .rec or a .pack file"};
}

/// One word after the command, and nobody else writes the same file.
std::function<int(const Arguments &, Progress &)> locked(std::function<int(const Arguments &, Progress &)> run)
{
    return [run = std::move(run)](const Arguments &arguments, Progress &progress) {
        if (!arguments.words().empty())
            throw UsageError("'" + shownName(arguments.words().front()) + "' follows '" + arguments.word() + "', which takes options alone. See: dscope "
                             + arguments.command() + " --help");
        const OutputLock lock(fileOut(arguments));
        return run(arguments, progress);
    };
}

int trainDdNetCommand(const Arguments &arguments, Progress &progress)
{
    if (isClipTargets(arguments.required("targets")))
        return trainClipDdNet(arguments, progress);
    refuseGiven(arguments, onlyForClips(), "the targets are of pictures.");
    const std::string out = fileOut(arguments).string();
    DdNetTraining options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    options.architecture = arguments.text("architecture", options.architecture);
    arguments.take("held-out", options.heldOut);
    options.facesRoot = arguments.text("faces");
    options.loss = ddnetLossNamed(arguments.text("loss", ddnetLossName(options.loss)));
    arguments.take("rank-weight", options.rankWeight);
    arguments.take("clean-weight", options.cleanWeight);
    arguments.take("per-person", options.perPerson);
    if (arguments.has("input"))
        std::tie(options.inputHeight, options.inputWidth) = sidesOf(arguments, "input", 16, 1024);
    if (arguments.has("without-damage"))
        options.without = DamageSet::named(arguments.text("without-damage"));
    if (arguments.has("without-damage") && options.without.isPaper())
        throw UsageError("Only families of damage can be left out, not the five old kinds.");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const Targets targets = readTargets(arguments.required("targets"));
    nothingToLose.reset();
    const DdNetResult result = trainDdNet(targets, options, out, progress);
    Json history{{"network", "ddnet"},
                 {"loss", ddnetLossName(options.loss)},
                 {"base", targets.base.name},
                 {"trained_on", result.trained},
                 {"held_out", result.heldOut},
                 {"spearman", result.spearman},
                 {"mean_squared_error", result.meanSquaredError},
                 {"epochs", historyJson(result.epochs)}};
    finishTraining(arguments, history, out, progress);
    if (result.heldOut == 0)
        say("nobody was held out, so that nothing says how well it does on others");
    else
        say("on the " + std::to_string(result.heldOut) + " pictures held out: Spearman correlation " + printed("%.4f", result.spearman)
            + ", mean squared error " + printed("%.6f", result.meanSquaredError));
    return Succeeded;
}

Command ddnetWord()
{
    const DdNetTraining usual;
    return {
        "ddnet",
        "--targets TARGETS --out W [--resume]",
        "Teaches a DDNet the targets of `dscope label` (Eq. 6)",
        s_goesOn,
        resultOptions()
            + std::vector<
                Option>{{"targets", "FILE", "what `dscope label` wrote"},
                        {"faces", "SET", "the aligned faces, if not where the targets say"},
                        {"architecture", "NAME",
                         "ddnet (ResNet-18-CD), ddnet-resnet34cd or ddnet-resnet18 (default " + usual.architecture + ", of clips ddnet-3d)"},
                        {"loss", "NAME",
                         "mse (Eq. 6) or mse+rank (and the order within a person); of clips mse or ranking (SCSampler's, the order within a video) (default "
                             + ddnetLossName(usual.loss) + ")"},
                        numberOption("rank-weight", "W", "of the order in mse+rank", 0, 1e6, usual.rankWeight),
                        numberOption("clean-weight", "W", "of a face as it is, beside 1 of each copy", 0, 1e6, usual.cleanWeight),
                        wholeOption("per-person", "N", "pictures of a person in a row, for mse+rank", 2, 65'536, usual.perPerson),
                        {"input", "HxW", "for crops of people and clips: the size of its input, such as 128x64 (default: the base's)"},
                        withoutDamageOption(),
                        numberOption("held-out", "S", "share of the people, or videos, kept out of training, for validation", 0, 0.9, usual.heldOut)}
            + clipDdNetOptions() + loopOptions(usual.loop, "pictures"),
        trainDdNetCommand};
}

int trainEmbeddingCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    Distillation options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    arguments.take("blended", options.blended);
    arguments.take("degraded-share", options.degradedShare);
    options.families = DamageSet::named(arguments.text("families", "paper"));
    arguments.take("hint-weight", options.hintWeight);
    arguments.take("similarity-weight", options.similarityWeight);
    arguments.take("second-weight", options.secondWeight);
    arguments.take("held-out", options.heldOut);
    options.half = !arguments.has("float32");
    const std::vector<std::string> names = arguments.all("teacher");
    if (names.empty())
        throw UsageError("At least one --teacher is needed. See: dscope train --help");
    const ModelStore store = modelStore(arguments);
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    std::vector<std::shared_ptr<Network>> teachers;
    for (const std::string &name : names)
        teachers.push_back(Network::load(store.find(name, Role::Base), options.loop.device));
    if (!arguments.has("hint-weight") && teachers.front()->spec().architecture == "onnx")
        options.hintWeight = 0; // a graph has no stages to learn from
    FaceList faces = readFaceList(arguments.required("faces"), peopleOf(arguments), progress);
    nothingToLose.reset();
    const std::vector<EpochReport> epochs = distil(std::move(faces), teachers, options, out, progress);
    finishTraining(arguments, {{"network", "embedding"}, {"teachers", names}, {"epochs", historyJson(epochs)}}, out, progress);
    return Succeeded;
}

Command embeddingWord()
{
    const Distillation usual;
    return {"embedding",
            "--faces FOLDER --teacher M... --out W [--resume]",
            "Teaches a compact embedding what other networks know",
            s_goesOn,
            resultOptions()
                + std::vector<Option>{repeated("teacher", "MODEL", "a network to learn from, the most important first"),
                                      facesOption(),
                                      numberOption("degraded-share", "S", "share of the pictures shown that are degraded", 0, 0.95, usual.degradedShare),
                                      familiesOption("paper"),
                                      wholeOption("blended", "N", "further faces made by blending two", 0, 10'000'000, usual.blended),
                                      numberOption("similarity-weight", "W", "of the second part of the loss", 0, 1e6, usual.similarityWeight),
                                      numberOption("second-weight", "W", "of the teachers after the first", 0, 1e6, usual.secondWeight),
                                      numberOption("hint-weight", "W", "of the first teacher's stages, 0 where that is an ONNX file; 0 needs less memory", 0,
                                                   1e6, usual.hintWeight),
                                      {"float32", "", "write float32 instead of float16"},
                                      numberOption("held-out", "S", "share of the faces kept out of training, for validation", 0, 0.9, usual.heldOut),
                                      splitOption(),
                                      partOption("train"),
                                      whereOption(),
                                      modelsOption()}
                + loopOptions(usual.loop, "pictures"),
            trainEmbeddingCommand};
}

int trainBaseCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    BaseTraining options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    options.architecture = arguments.text("architecture", options.architecture);
    options.loss.kind = lossNamed(arguments.text("loss", lossName(options.loss.kind)));
    arguments.take("margin", options.loss.margin);
    arguments.take("scale", options.loss.scale);
    arguments.take("triplet-weight", options.loss.tripletWeight);
    arguments.take("per-person", options.perPerson);
    arguments.take("degraded-share", options.degradedShare);
    options.families = DamageSet::named(arguments.text("families", "paper"));
    options.fillWedges = fillsWedges(arguments, options.families);
    arguments.take("held-out", options.heldOut);
    options.from = arguments.text("from");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    FaceList faces = readFaceList(arguments.required("faces"), peopleOf(arguments), progress);
    nothingToLose.reset();
    const BaseResult result = trainBase(std::move(faces), options, out, progress);
    finishTraining(arguments,
                   {{"network", "base"},
                    {"architecture", options.architecture},
                    {"loss", lossName(options.loss.kind)},
                    {"people", result.people},
                    {"trained_on", result.trained},
                    {"held_out", result.heldOut},
                    {"pair_accuracy", result.pairAccuracy},
                    {"epochs", historyJson(result.epochs)}},
                   out, progress);
    say("trained on " + std::to_string(result.trained) + " pictures of " + std::to_string(result.people) + " people; "
        + (result.heldOut > 0 ? "on pairs of the " + std::to_string(result.heldOut) + " pictures held out: accuracy " + printed("%.4f", result.pairAccuracy)
                   + " at their best threshold"
                              : std::string("too few to hold any out, so there is no accuracy to show")));
    return Succeeded;
}

Command baseWord()
{
    const BaseTraining usual;
    return {"base",
            "--faces SET --out W [--resume]",
            "Trains a base network on labelled, aligned faces",
            s_goesOn,
            resultOptions()
                + std::vector<Option>{facesOption(),
                                      {"architecture", "NAME", "such as compact, mobilefacenet-relu6 or iresnet50 (default " + usual.architecture + ")"},
                                      {"from", "FILE", "weights to begin with, of the same architecture"},
                                      {"loss", "NAME",
                                       "softmax, arcface, cosface, sphereface, triplet or triplet+softmax (default " + lossName(usual.loss.kind) + ")"},
                                      numberOption("margin", "M", "of the loss (default: its paper's)", -1, 100),
                                      numberOption("scale", "S", "of arcface and cosface", 0, 1000, usual.loss.scale),
                                      numberOption("triplet-weight", "W", "of the triplets in triplet+softmax", 0, 1e6, usual.loss.tripletWeight),
                                      wholeOption("per-person", "N", "pictures of a person in a row, for triplets", 2, 65'536, usual.perPerson),
                                      numberOption("degraded-share", "S", "share of the pictures shown that are degraded", 0, 1, usual.degradedShare),
                                      familiesOption("paper"),
                                      {"fill-wedges", "", "fill black wedges of alignment at random (the default with any --families but paper)"},
                                      {"keep-wedges", "", "leave them black"},
                                      numberOption("held-out", "S", "share of the people kept out of training, for validation", 0, 0.9, usual.heldOut),
                                      splitOption(),
                                      partOption("train"),
                                      whereOption()}
                + loopOptions(usual.loop, "pictures"),
            trainBaseCommand};
}

int trainReidCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    ReidTraining options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    options.model = reidModelNamed(arguments.text("model", reidModelName(options.model)));
    if (arguments.has("size"))
        std::tie(options.shape.height, options.shape.width) = sidesOf(arguments, "size", 32, 4096);
    arguments.take("frames", options.shape.frames);
    arguments.take("per-person", options.perPerson);
    arguments.take("smoothing", options.smoothing);
    arguments.take("margin", options.margin);
    arguments.take("held-out", options.heldOut);
    options.from = arguments.text("from");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const std::vector<TrainingTracklet> tracklets = readTracklets(arguments.required("tracklets"), progress);
    nothingToLose.reset();
    const ReidResult result = trainReid(
        tracklets, options, [](const std::filesystem::path &frame) { return readPicture(frame); }, out, progress);
    finishTraining(arguments,
                   {{"network", "reid"},
                    {"model", reidModelName(options.model)},
                    {"people", result.people},
                    {"tracklets", result.tracklets},
                    {"held_out_people", result.heldOut},
                    {"epochs", historyJson(result.epochs)}},
                   out, progress);
    say("trained on " + std::to_string(result.tracklets) + " tracklets of " + std::to_string(result.people) + " people"
        + (result.heldOut > 0 ? printed("; mAP of the %lld held out: %.1f %%", static_cast<long long>(result.heldOut), 100 * result.map) : std::string()));
    return Succeeded;
}

Command reidWord()
{
    const ReidTraining usual;
    std::vector<Option> loop = loopOptions(usual.loop, "tracklets");
    for (Option &option : loop)
        if (option.name == "learning-rate")
            option.usual = printed("%g, rnn and 3d %g", usualReidRate(ReidModel::Average), usualReidRate(ReidModel::Rnn));
    return {
        "reid",
        "--tracklets FOLDER --out W [--resume]",
        "Trains a network of person re-identification on clips",
        s_goesOn,
        resultOptions()
            + std::vector<
                Option>{{"tracklets", "FOLDER",
                         "a folder with a folder a person, as MARS's bbox_train: frames with MARS's names, which tell the tracklets, or a folder for each "
                         "tracklet"},
                        {"model", "NAME",
                         "tp (the mean over the frames), ta (attention), rnn (LSTM) or 3d (3D-ResNet-50) (default " + reidModelName(usual.model) + ")"},
                        {"size", "HxW",
                         "of the frames, such as 256x128 (default " + std::to_string(usual.shape.height) + "x" + std::to_string(usual.shape.width) + ")"},
                        wholeOption("frames", "N", "of a clip", 1, 256, usual.shape.frames),
                        numberOption("smoothing", "E", "of the labels in the cross-entropy", 0, 1, usual.smoothing),
                        numberOption("margin", "M", "of the triplets", 0, 1000, usual.margin),
                        wholeOption("per-person", "N", "tracklets of a person in a batch", 2, 65'536, usual.perPerson),
                        numberOption("held-out", "S",
                                     "share of the people kept out of training, for validation: each camera's first tracklet is looked for among all of theirs "
                                     "(mAP), and the best epoch's weights are kept",
                                     0, 0.9, usual.heldOut),
                        {"from", "FILE", "weights to begin with: ResNet-50's of ImageNet, for 3d the 3D-ResNet-50's of Kinetics"}}
            + loop,
        trainReidCommand};
}

int run(const Arguments &arguments, Progress &)
{
    const std::string what = arguments.words().empty() ? std::string() : arguments.words().front();
    throw UsageError((what.empty() ? std::string("What to train is missing") : "'" + shownName(what) + "' cannot be trained")
                     + "; say action, base, ddnet, embedding, nan, reid or second. See: dscope train --help");
}

} // namespace

Option withoutDamageOption()
{
    return {"without-damage", "LIST",
            "leave out pictures with such damage, by families and groups as in --families, to see what it knows of damage that nobody taught"};
}

Command trainCommand()
{
    std::vector<Command> words{trainActionWord(), baseWord(), ddnetWord(), embeddingWord(), trainNanWord(), reidWord(), trainSecondWord()};
    for (Command &word : words)
        word.run = locked(std::move(word.run));
    return {"train",
            "action|base|ddnet|embedding|nan|reid|second --out W ...",
            "Trains a network on actions, a base network, a DDNet, a compact embedding, an aggregation network, a network of person re-identification, or a "
            "second look",
            "",
            {},
            run,
            false,
            std::move(words)};
}

} // namespace dscope::cli
