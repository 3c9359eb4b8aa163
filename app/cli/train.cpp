#include "app/cli/command.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/training/ddnettrainer.h"
#include "core/training/distiller.h"

namespace dscope::cli {

namespace {

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
    options.bf16 = arguments.has("bf16");
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
                        {"validation", epoch.validation}});
    return list;
}

void finish(const Arguments &arguments, const Json &history, const std::string &out, Task &task)
{
    if (auto *console = dynamic_cast<ConsoleTask *>(&task))
        console->clear();
    if (arguments.has("history"))
        writeJson(arguments.text("history"), history);
    say("written: " + out);
}

int trainDdNetCommand(const Arguments &arguments, Task &task)
{
    const std::string out = arguments.required("out");
    DdNetTraining options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.architecture = arguments.text("architecture", options.architecture);
    options.heldOut = arguments.number("held-out", options.heldOut, 0, 0.9);
    options.facesRoot = arguments.text("faces");
    const Targets targets = readTargets(arguments.required("targets"));
    const DdNetResult result = trainDdNet(targets, options, out, task);
    Json history{{"network", "ddnet"},
                 {"base", targets.base.name},
                 {"trained_on", result.trained},
                 {"held_out", result.heldOut},
                 {"spearman", result.spearman},
                 {"mean_squared_error", result.meanSquaredError},
                 {"epochs", historyJson(result.epochs)}};
    finish(arguments, history, out, task);
    say("on the " + std::to_string(result.heldOut) + " pictures held out: Spearman correlation " + std::to_string(result.spearman) + ", mean squared error "
        + std::to_string(result.meanSquaredError));
    return Succeeded;
}

int trainEmbeddingCommand(const Arguments &arguments, Task &task)
{
    const std::string out = arguments.required("out");
    Distillation options;
    options.loop = loopOptions(arguments, options.loop);
    options.name = arguments.text("name", std::filesystem::path(out).stem().string());
    options.blended = static_cast<int>(arguments.integer("blended", options.blended, 0, 10'000'000));
    options.degradedShare = arguments.number("degraded-share", options.degradedShare, 0, 0.95);
    options.hintWeight = arguments.number("hint-weight", options.hintWeight, 0, 1e6);
    options.similarityWeight = arguments.number("similarity-weight", options.similarityWeight, 0, 1e6);
    options.secondWeight = arguments.number("second-weight", options.secondWeight, 0, 1e6);
    options.heldOut = arguments.number("held-out", options.heldOut, 0, 0.9);
    options.half = !arguments.has("float32");
    const std::vector<std::string> names = arguments.all("teacher");
    if (names.empty())
        throw UsageError("At least one --teacher is needed. See: dscope train --help");
    std::vector<std::filesystem::path> folders;
    for (const std::string &folder : arguments.all("models"))
        folders.emplace_back(folder);
    const ModelStore store(folders);
    std::vector<std::shared_ptr<Network>> teachers;
    for (const std::string &name : names)
        teachers.push_back(Network::load(store.find(name, Role::Base), options.loop.device));
    FaceList faces = readFaceList(arguments.required("faces"), {arguments.text("split"), arguments.all("part")}, task);
    const std::vector<EpochReport> epochs = distil(std::move(faces), teachers, options, out, task);
    finish(arguments, {{"network", "embedding"}, {"teachers", names}, {"epochs", historyJson(epochs)}}, out, task);
    return Succeeded;
}

int run(const Arguments &arguments, Task &task)
{
    const std::string what = arguments.words().empty() ? std::string() : arguments.words().front();
    if (arguments.words().size() == 1 && what == "ddnet")
        return trainDdNetCommand(arguments, task);
    if (arguments.words().size() == 1 && what == "embedding")
        return trainEmbeddingCommand(arguments, task);
    throw UsageError((what.empty() ? std::string("What to train is missing") : "'" + what + "' cannot be trained")
                     + "; say ddnet or embedding. See: dscope train --help");
}

} // namespace

Command trainCommand()
{
    return {"train",
            "ddnet --targets TARGETS --out W | embedding --faces FOLDER --teacher M... --out W  [--resume]",
            "Teaches a DDNet the targets of `dscope label` (Eq. 6), or a compact embedding what other networks know",
            "A checkpoint lies beside the output until the end; with --resume an interrupted run goes on from it and ends with the same weights.",
            {{"out", "FILE", "the weights, as safetensors with their own description"},
             {"targets", "FILE", "ddnet: what `dscope label` wrote"},
             {"faces", "SET", "the aligned faces: a folder with a folder a person, a csv or a .rec file (ddnet: if not where the targets say)"},
             {"teacher", "MODEL", "embedding: a network to learn from, the most important first; may be repeated"},
             {"split", "CSV", "embedding: columns identity and part; take only the people of --part"},
             {"part", "NAME", "embedding: a part of --split, such as train; may be repeated"},
             {"name", "NAME", "of the model (default: the file's)"},
             {"architecture", "NAME", "ddnet: ddnet (ResNet-18-CD, default), ddnet-resnet34cd or ddnet-resnet18"},
             {"epochs", "N", "passes over the data (default: ddnet 5, embedding 20)"},
             {"batch", "N", "pictures a step (default 64)"},
             {"optimiser", "NAME", "sgd or adamw (default: ddnet sgd, embedding adamw)"},
             {"learning-rate", "R", "at the top (default: ddnet 0.1, embedding 0.002)"},
             {"warmup", "S", "share of all steps (default 0.02)"},
             {"momentum", "M", "of the descent (default 0.9)"},
             {"weight-decay", "D", "default: ddnet 0.0005, embedding 0.05"},
             {"held-out", "S", "share kept out of training, for validation"},
             {"blended", "N", "embedding: further faces made by blending two"},
             {"degraded-share", "S", "embedding: share of the student's pictures that are degraded (default 0.5)"},
             {"similarity-weight", "W", "embedding: of the second part of the loss (default 16)"},
             {"second-weight", "W", "embedding: of the teachers after the first (default 0.5)"},
             {"hint-weight", "W", "embedding: of the first teacher's stages; 0 needs less memory (default 1)"},
             {"float32", "", "embedding: write float32 instead of float16"},
             {"bf16", "", "mixed precision"},
             {"seed", "N", "of everything random (default 1)"},
             {"history", "FILE", "write the epochs' losses and validation as JSON"},
             {"checkpoint-every", "STEPS", "default 200"},
             {"stop-after", "STEPS", "stop as if cancelled, to try out --resume"},
             {"resume", "", "go on from the checkpoint beside the output, if there is one"},
             {"device", "DEVICE", "auto, cpu, cuda or cuda:N (default auto)"},
             {"models", "FOLDER", "a further folder with a manifest.json; may be repeated"}},
            run};
}

} // namespace dscope::cli
