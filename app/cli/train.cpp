// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"
#include "app/cli/trainnan.h"
#include "app/cli/trainsecond.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/outputlock.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"
#include "core/training/basetrainer.h"
#include "core/training/ddnettrainer.h"
#include "core/training/distiller.h"
#include "core/training/reidtrainer.h"
#include "core/training/trackletlist.h"

#include <cmath>
#include <map>
#include <optional>

namespace dscope::cli {

namespace {

/// "0.5,0.8": rising shares of all steps. @throws UsageError
std::vector<double> shares(const std::string &text)
{
    std::vector<double> values;
    for (const std::string &part : split(text, ',')) {
        const double value = parseNumber(part).value_or(-1);
        if (!(value > 0 && value < 1) || (!values.empty() && value <= values.back()))
            throw UsageError("--milestones needs rising shares of all steps, such as 0.5,0.8, not '" + text + "'.");
        values.push_back(value);
    }
    return values;
}

TrainOptions loopOptions(const Arguments &arguments, TrainOptions options)
{
    options.epochs = static_cast<int>(arguments.integer("epochs", options.epochs, 1, 100'000));
    options.batch = static_cast<int>(arguments.integer("batch", options.batch, 2, 65'536));
    if (arguments.has("optimiser"))
        options.optimiser = optimiserNamed(arguments.text("optimiser"));
    options.learningRate = arguments.number("learning-rate", options.learningRate, 0, 1000);
    options.warmup = arguments.number("warmup", options.warmup, 0, 1);
    options.momentum = arguments.number("momentum", options.momentum, 0, 1);
    options.weightDecay = arguments.number("weight-decay", options.weightDecay, 0, 1);
    options.seed = static_cast<std::uint64_t>(arguments.integer("seed", static_cast<std::int64_t>(options.seed), 0, std::int64_t{1} << 52));
    options.steps = arguments.integer("steps", options.steps, 0, 1'000'000'000);
    options.accumulate = static_cast<int>(arguments.integer("accumulate", options.accumulate, 1, 65'536));
    if (arguments.has("schedule"))
        options.schedule = scheduleNamed(arguments.text("schedule"));
    if (arguments.has("milestones"))
        options.milestones = shares(arguments.text("milestones"));
    options.clip = arguments.number("clip", options.clip, 0, 1e9);
    if (arguments.has("precision"))
        options.precision = precisionNamed(arguments.text("precision"));
    options.workers = static_cast<int>(arguments.integer("workers", options.workers, 0, 256));
    options.patience = static_cast<int>(arguments.integer("patience", options.patience, 0, 100'000));
    options.keepBest = !arguments.has("keep-last");
    options.checkpointEvery = static_cast<int>(arguments.integer("checkpoint-every", options.checkpointEvery, 1, 1'000'000'000));
    options.stopAfter = static_cast<int>(arguments.integer("stop-after", options.stopAfter, 0, 1'000'000'000));
    options.device = parseDevice(arguments.text("device", "auto"));
    options.resume = arguments.has("resume");
    return options;
}

Json historyJson(const std::vector<EpochReport> &epochs)
{
    Json list = Json::array();
    for (const EpochReport &epoch : epochs)
        list.push_back({{"epoch", epoch.epoch},
                        {"loss", epoch.loss},
                        {"learning_rate", epoch.learningRate},
                        {"pictures_per_second", epoch.picturesPerSecond},
                        {"validation", epoch.validation},
                        {"best", epoch.best}});
    return list;
}

void finish(const Arguments &arguments, const Json &history, const std::string &out, Progress &progress)
{
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    if (arguments.has("history"))
        writeJson(arguments.text("history"), history);
    say("written: " + out);
}

int trainDdNetCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    DdNetTraining options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.architecture = arguments.text("architecture", options.architecture);
    options.heldOut = arguments.number("held-out", options.heldOut, 0, 0.9);
    options.facesRoot = arguments.text("faces");
    options.loss = ddnetLossNamed(arguments.text("loss", "mse"));
    options.rankWeight = arguments.number("rank-weight", options.rankWeight, 0, 1e6);
    options.cleanWeight = arguments.number("clean-weight", options.cleanWeight, 0, 1e6);
    options.perPerson = static_cast<int>(arguments.integer("per-person", options.perPerson, 2, 65'536));
    if (const std::string input = arguments.text("input"); !input.empty()) {
        const std::vector<std::string> sides = split(input, 'x');
        const auto side = [&](std::size_t i) {
            const double value = sides.size() == 2 ? parseNumber(sides[i]).value_or(0) : 0;
            if (!(value >= 16 && value <= 1024 && value == std::floor(value)))
                throw UsageError("--input needs height and width such as 128x64, each from 16 to 1024, not '" + input + "'.");
            return static_cast<int>(value);
        };
        options.inputHeight = side(0);
        options.inputWidth = side(1);
    }
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
    finish(arguments, history, out, progress);
    say("on the " + std::to_string(result.heldOut) + " pictures held out: Spearman correlation " + printed("%.4f", result.spearman) + ", mean squared error "
        + printed("%.6f", result.meanSquaredError));
    return Succeeded;
}

int trainEmbeddingCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    Distillation options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.blended = static_cast<int>(arguments.integer("blended", options.blended, 0, 10'000'000));
    options.degradedShare = arguments.number("degraded-share", options.degradedShare, 0, 0.95);
    options.families = DamageSet::named(arguments.text("families", "paper"));
    options.hintWeight = arguments.number("hint-weight", options.hintWeight, 0, 1e6);
    options.similarityWeight = arguments.number("similarity-weight", options.similarityWeight, 0, 1e6);
    options.secondWeight = arguments.number("second-weight", options.secondWeight, 0, 1e6);
    options.heldOut = arguments.number("held-out", options.heldOut, 0, 0.9);
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
    finish(arguments, {{"network", "embedding"}, {"teachers", names}, {"epochs", historyJson(epochs)}}, out, progress);
    return Succeeded;
}

int trainBaseCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    BaseTraining options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.architecture = arguments.text("architecture", options.architecture);
    options.loss.kind = lossNamed(arguments.text("loss", lossName(options.loss.kind)));
    options.loss.margin = arguments.number("margin", options.loss.margin, -1, 100);
    options.loss.scale = arguments.number("scale", options.loss.scale, 0, 1000);
    options.loss.tripletWeight = arguments.number("triplet-weight", options.loss.tripletWeight, 0, 1e6);
    options.perPerson = static_cast<int>(arguments.integer("per-person", options.perPerson, 2, 65'536));
    options.degradedShare = arguments.number("degraded-share", options.degradedShare, 0, 1);
    options.families = DamageSet::named(arguments.text("families", "paper"));
    options.fillWedges = fillsWedges(arguments, options.families);
    options.heldOut = arguments.number("held-out", options.heldOut, 0, 0.9);
    options.from = arguments.text("from");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    FaceList faces = readFaceList(arguments.required("faces"), peopleOf(arguments), progress);
    nothingToLose.reset();
    const BaseResult result = trainBase(std::move(faces), options, out, progress);
    finish(arguments,
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

/// "224x112": height x width. @throws UsageError
void takeSize(const std::string &text, ElementShape &shape)
{
    const std::vector<std::string> sides = split(text, 'x');
    const auto side = [&](std::size_t i) {
        const double value = sides.size() == 2 ? parseNumber(sides[i]).value_or(0) : 0;
        if (!(value >= 32 && value <= 4096) || value != static_cast<int>(value))
            throw UsageError("--size needs the height and the width of the frames, from 32 to 4096, such as 224x112, not '" + text + "'.");
        return static_cast<int>(value);
    };
    shape.height = side(0);
    shape.width = side(1);
}

int trainReidCommand(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    ReidTraining options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.model = reidModelNamed(arguments.text("model", reidModelName(options.model)));
    if (arguments.has("size"))
        takeSize(arguments.text("size"), options.shape);
    options.shape.frames = static_cast<int>(arguments.integer("frames", options.shape.frames, 1, 256));
    options.perPerson = static_cast<int>(arguments.integer("per-person", options.perPerson, 2, 65'536));
    options.smoothing = arguments.number("smoothing", options.smoothing, 0, 1);
    options.margin = arguments.number("margin", options.margin, 0, 1000);
    options.from = arguments.text("from");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const std::vector<TrainingTracklet> tracklets = readTracklets(arguments.required("tracklets"), progress);
    nothingToLose.reset();
    const ReidResult result = trainReid(
        tracklets, options, [](const std::filesystem::path &frame) { return readPicture(frame); }, out, progress);
    finish(arguments,
           {{"network", "reid"},
            {"model", reidModelName(options.model)},
            {"people", result.people},
            {"tracklets", result.tracklets},
            {"epochs", historyJson(result.epochs)}},
           out, progress);
    say("trained on " + std::to_string(result.tracklets) + " tracklets of " + std::to_string(result.people) + " people");
    return Succeeded;
}

int run(const Arguments &arguments, Progress &progress)
{
    const std::string what = arguments.words().empty() ? std::string() : arguments.words().front();
    static const std::map<std::string, int (*)(const Arguments &, Progress &)> kinds{{"ddnet", trainDdNetCommand},         {"base", trainBaseCommand},
                                                                                     {"embedding", trainEmbeddingCommand}, {"nan", trainNanCommand},
                                                                                     {"reid", trainReidCommand},           {"second", trainSecondCommand}};
    if (const auto kind = kinds.find(what); arguments.words().size() == 1 && kind != kinds.end()) {
        if (arguments.has("input") && what != "ddnet")
            throw UsageError("--input is for ddnet.");
        if (arguments.has("without-damage") && what != "ddnet" && what != "second")
            throw UsageError("--without-damage is for ddnet and second.");
        const OutputLock lock(fileOut(arguments));
        return kind->second(arguments, progress);
    }
    throw UsageError((what.empty() ? std::string("What to train is missing") : "'" + what + "' cannot be trained")
                     + "; say base, ddnet, embedding, nan, reid or second. See: dscope train --help");
}

} // namespace

Command trainCommand()
{
    return {"train",
            "base --faces SET --out W | ddnet --targets TARGETS --out W | embedding --faces FOLDER --teacher M... --out W | nan --faces SET --base M --out W | "
            "reid --tracklets FOLDER --out W | second --targets TARGETS --out W  [--resume]",
            "Trains a base network, teaches a DDNet the targets of `dscope label` (Eq. 6), a compact embedding what other networks know, a neural aggregation "
            "network (NAN) on a base's features, a network of person re-identification, or a second look (D-scores read off the base's own embedding)",
            "A checkpoint lies beside the output until the end; with --resume an interrupted run goes on from it and ends with the same weights. (nan takes "
            "minutes and starts anew; of the loop's options it has epochs, batch, learning-rate, seed, history and device. second is solved for in "
            "seconds once there are embeddings: those that `dscope label --features` kept, or embedded anew by the base that the targets name.)",
            {{"out", "FILE", "the weights, as safetensors with their own description"},
             {"targets", "FILE", "ddnet, second: what `dscope label` wrote"},
             {"features", "FILE", "second: the embeddings that `dscope label --features` kept (default: the faces are embedded anew)"},
             {"ridge", "R", "second: auto (30 to 30000, the best on people held out; default) or a number"},
             {"target", "WHAT", "second: auto (the better one on people held out; default), d (the D-score) or logit (its logit)"},
             {"input", "HxW", "ddnet for crops of people: the size of its input, such as 128x64 (default: the base's)"},
             {"without-damage", "LIST",
              "ddnet, second: leave out pictures with such damage, by families and groups as in --families, to see what it knows of damage that nobody taught"},
             {"folds", "N", "second: parts of the people, each held out in turn (default 5)"},
             {"faces", "SET",
              "the aligned faces: a folder with a folder a person, a csv, a .rec or a .pack file (ddnet, second: if not where the targets say; nan: or a .pool "
              "by `dscope "
              "compare --keep`)"},
             {"tracklets", "FOLDER",
              "reid: a folder with a folder a person, as MARS's bbox_train: frames with MARS's names, which tell the tracklets, or a folder for each tracklet"},
             {"model", "NAME", "reid: tp (the mean over the frames; default), ta (attention), rnn (LSTM) or 3d (3D-ResNet-50)"},
             {"size", "HxW", "reid: of the frames, such as 256x128 (default 224x112)"},
             {"frames", "N", "reid: of a clip (default 4)"},
             {"smoothing", "E", "reid: of the labels in the cross-entropy (default 0.1)"},
             {"architecture", "NAME",
              "base: such as compact, mobilefacenet-relu6 or iresnet50 (default compact); ddnet: ddnet (ResNet-18-CD, default), ddnet-resnet34cd or "
              "ddnet-resnet18"},
             {"loss", "NAME",
              "base: softmax, arcface, cosface, sphereface, triplet or triplet+softmax (default arcface); ddnet: mse (Eq. 6, default) or mse+rank (and the "
              "order within a person); nan: softmax or contrastive (default softmax)"},
             {"margin", "M", "base: of the loss (default: its paper's); nan: of the contrastive loss (default 1.5); reid: of the triplets (default 0.3)"},
             {"scale", "S", "base: of arcface and cosface (default 64); nan: of the softmax layer as training begins (default 24)"},
             {"triplet-weight", "W", "base: of the triplets in triplet+softmax (default 1)"},
             {"rank-weight", "W", "ddnet: of the order in mse+rank (default 1)"},
             {"clean-weight", "W", "ddnet: of a face as it is, beside 1 of each copy (default 1)"},
             {"per-person", "N",
              "base, ddnet: pictures of a person in a row, for triplets and mse+rank (default 4); reid: tracklets of a person in a batch (default 4)"},
             {"from", "FILE", "base: weights to begin with, of the same architecture; reid: ResNet-50's of ImageNet, for 3d the 3D-ResNet-50's of Kinetics"},
             {"teacher", "MODEL", "embedding: a network to learn from, the most important first; may be repeated"},
             {"base", "MODEL", "nan: whose features are aggregated (default: the best there is); second: the file of the base that the targets name"},
             {"split", "CSV", "base, embedding, nan: columns identity and part; take only the people of --part"},
             {"part", "NAME", "base, embedding, nan: a part of --split, such as train; may be repeated"},
             whereOption(),
             familiesOption("paper", "base, embedding"),
             {"fill-wedges", "", "base: fill black wedges of alignment at random (the default with any --families but paper)"},
             {"keep-wedges", "", "base: leave them black"},
             {"name", "NAME", "of the model (default: the file's)"},
             {"epochs", "N", "passes over the data (default: ddnet 5, base and embedding 20, nan 40, reid 800)"},
             {"batch", "N", "pictures a step (default 64); nan: templates (default 32); reid: tracklets (default 32)"},
             {"optimiser", "NAME", "sgd, adamw or adam (default: sgd, embedding adamw, reid adam)"},
             {"learning-rate", "R", "at the top (default: 0.1, embedding 0.002, nan 0.001, reid 0.0003, rnn and 3d 0.0001)"},
             {"warmup", "S", "share of all steps (default 0.02, reid 0)"},
             {"momentum", "M", "of the descent (default 0.9)"},
             {"weight-decay", "D", "default: 0.0005, embedding 0.05"},
             {"held-out", "S", "share kept out of training, for validation"},
             {"blended", "N", "embedding: further faces made by blending two"},
             {"degraded-share", "S", "share of the pictures shown that are degraded (default: base 0, embedding 0.5, nan 0.65 of degraded templates)"},
             {"similarity-weight", "W", "embedding: of the second part of the loss (default 16)"},
             {"second-weight", "W", "embedding: of the teachers after the first (default 0.5)"},
             {"hint-weight", "W", "embedding: of the first teacher's stages; 0 needs less memory (default 1; 0 where that is an ONNX file)"},
             {"float32", "", "embedding: write float32 instead of float16"},
             {"steps", "N", "end after so many steps, whatever the epochs (the paper's: 180000)"},
             {"accumulate", "N", "pieces in which a batch goes through the network (default 1); grows by itself when memory is short"},
             {"schedule", "NAME", "cosine, step (a tenth at each milestone) or constant (default cosine, reid step)"},
             {"milestones", "S,S",
              "of the schedule step: shares of all steps (default 0.5556,0.8889, which is 100,000 and 160,000 of 180,000; reid 0.25,0.5,0.75)"},
             {"clip", "L", "shorten gradients longer than this (default 0: never)"},
             {"precision", "NAME", "fp32, bf16 or fp16 (with loss scaling; default fp32)"},
             {"workers", "N", "threads that read and prepare pictures (default: one less than cores, at most 8 or, for a GPU, 32)"},
             {"patience", "N", "stop after so many epochs without a better validation (default 0: never)"},
             {"keep-last", "", "end with the last epoch's weights, not with the best one's"},
             {"seed", "N", "of everything random (default 1)"},
             {"history", "FILE", "write the epochs' losses and validation as JSON"},
             {"checkpoint-every", "STEPS", "default 200"},
             {"stop-after", "STEPS", "stop as if cancelled, to try out --resume"},
             {"resume", "", "go on from the checkpoint beside the output, if there is one"},
             {"device", "DEVICE", "auto, cpu, cuda or cuda:N (default auto)"},
             {"models", "FOLDER", "a further folder with a manifest.json, or with weights that describe themselves; may be repeated"}},
            run};
}

} // namespace dscope::cli
