// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/clipwords.h"

#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/trainloop.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nets/architectures.h"
#include "core/nets/clipfeatures.h"
#include "core/training/clipddnet.h"
#include "core/training/cliptargets.h"
#include "core/training/cliptrainer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace dscope::cli {

namespace {

constexpr std::int64_t s_mebibyte = std::int64_t{1} << 20;

Option memoryOption()
{
    return wholeOption("memory", "MB", "of decoded frames that are kept; videos beyond are decoded again each time", 1, 1e7,
                       static_cast<double>(ClipSetOptions().memory) / static_cast<double>(s_mebibyte));
}

/// D-scores in short.
std::string spreadOf(std::vector<double> raw)
{
    std::sort(raw.begin(), raw.end());
    std::string text;
    for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99})
        text += printed(" %.6f", raw[static_cast<std::size_t>(share * static_cast<double>(raw.size() - 1))]);
    return text;
}

} // namespace

std::vector<Option> divisionOptions()
{
    return {wholeOption("clips", "N", "clips of a video, evenly over its length", 1, 1'000'000),
            wholeOption("clip-step", "N", "instead: frames from one clip's beginning to the next one's (default: a clip begins where the one before ends)", 1,
                        1'000'000),
            wholeOption("clip-stride", "N", "frames from one of a clip to the next (default: the network's)", 1, 4096),
            {"rate", "R", "frames per second at which videos are divided into clips, such as 25 or 30000/1001 (default: the network's, else 30)"}};
}

std::vector<Option> labelledClipOptions()
{
    return std::vector<Option>{choiceOption("layout", "L",
                                            "how the videos are arranged: classes is a folder per class, list a csv; default: by what lies there",
                                            {"activitynet", "kinetics", "classes", "list"}),
                               {"list", "FILE", "the JSON or csv that lists the videos, if not in their folder"},
                               {"subset", "NAME", "training (the default of ActivityNet and Kinetics), validation or test"},
                               {"groups", "CSV", "columns video and group: videos of a group are held out together (default: each video by itself)"},
                               memoryOption()}
    + divisionOptions();
}

ClipSetOptions clipSetOptionsOf(const Arguments &arguments, ClipSetOptions usual)
{
    if (arguments.has("clips") && arguments.has("clip-step"))
        throw UsageError("--clips and --clip-step exclude each other.");
    usual.layout = arguments.text("layout");
    usual.list = arguments.text("list");
    usual.subset = arguments.text("subset");
    usual.groups = arguments.text("groups");
    arguments.take("clips", usual.count);
    arguments.take("clip-step", usual.step);
    arguments.take("clip-stride", usual.stride);
    usual.rate = arguments.text("rate", usual.rate);
    if (arguments.has("memory"))
        usual.memory = s_mebibyte * arguments.integer("memory", 0);
    return usual;
}

ClipSetOptions clipSetOptionsFor(const ModelSpec &spec)
{
    ClipSetOptions options;
    const std::optional<ClipSampling> usual = usualSampling(spec.architecture);
    options.frames = spec.inputFrames;
    options.height = spec.inputHeight;
    options.width = spec.inputWidth;
    options.stride = spec.inputStride > 0 ? spec.inputStride : usual ? usual->stride : 1;
    if (const double rate = spec.inputRate > 0 ? spec.inputRate : usual ? usual->rate : 0; rate > 0)
        options.rate = printed("%g", rate);
    return options;
}

std::vector<Option> shownClipOptions(double cropScale)
{
    return {numberOption("crop-scale", "S", "least side of the part of a clip that is shown, as a share of the largest there is", 0.05, 1, cropScale),
            {"mirror", "", "show half of the clips mirrored (\"left\" becomes \"right\" by it)"}};
}

void takeShownClipOptions(const Arguments &arguments, ClipSetOptions &options)
{
    arguments.take("crop-scale", options.cropScale);
    options.mirror = arguments.has("mirror");
}

void refuseGiven(const Arguments &arguments, const std::vector<std::string> &names, const std::string &why)
{
    for (const std::string &name : names)
        if (arguments.has(name))
            throw UsageError("--" + name + " does not apply here: " + why);
}

namespace {

int trainAction(const Arguments &arguments, Progress &progress)
{
    const std::string out = fileOut(arguments).string();
    ClipTraining options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    options.architecture = arguments.text("architecture", options.architecture);
    arguments.take("smoothing", options.smoothing);
    arguments.take("held-out", options.heldOut);
    options.from = arguments.text("from");
    const std::vector<std::string> known = clipBaseArchitectures();
    if (std::find(known.begin(), known.end(), options.architecture) == known.end()) {
        std::string names;
        for (const std::string &name : known)
            names += (names.empty() ? "" : ", ") + name;
        throw UsageError("'" + options.architecture + "' is no base network on clips; use " + names + ".");
    }
    ClipSetOptions clips = clipSetOptionsFor(usualSpec(options.architecture));
    clips = clipSetOptionsOf(arguments, clips);
    arguments.take("frames", clips.frames);
    if (arguments.has("size"))
        std::tie(clips.height, clips.width) = sidesOf(arguments, "size", 16, 1024);
    arguments.take("jitter", clips.jitter);
    takeShownClipOptions(arguments, clips);
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const auto set = openClipSet(arguments.required("videos"), clips, nullptr, progress);
    nothingToLose.reset();
    const ClipTrainingResult result = trainClips(*set, options, out, progress);
    finishTraining(arguments,
                   {{"network", "action"},
                    {"architecture", options.architecture},
                    {"classes", result.classes},
                    {"trained_on", result.trained},
                    {"held_out", result.heldOut},
                    {"held_out_videos", result.heldVideos},
                    {"top1", result.top1},
                    {"video_top1", result.videoTop1},
                    {"epochs", historyJson(result.epochs)}},
                   out, progress);
    say("trained on " + std::to_string(result.trained) + " clips of " + std::to_string(result.classes) + " classes"
        + (result.heldOut > 0 ? printed("; of the %lld held out top-1 %.2f %%, of their %lld videos %.2f %%", static_cast<long long>(result.heldOut),
                                        100 * result.top1, static_cast<long long>(result.heldVideos), 100 * result.videoTop1)
                              : std::string("; none were held out, so that nothing says how well it does on others")));
    return Succeeded;
}

} // namespace

Command trainActionWord()
{
    const ClipTraining usual;
    const ClipSetOptions clips;
    std::vector<Option> loop = loopOptions(usual.loop, "clips");
    for (Option &option : loop)
        if (option.name == "learning-rate")
            option.usual = printed("%g for a batch of %d, in proportion to it", usualClipRate(usual.loop.batch), usual.loop.batch);
    return {
        "action",
        "--videos SET --out W [--resume]",
        "Trains a network that recognises actions in clips of labelled videos",
        "Of a video clips are taken and learnt by cross-entropy; in untrimmed videos those of which at least half lies in a segment, the others take no "
        "part. Each time a clip is shown it begins a little earlier or later and another part of it is taken. A checkpoint lies beside the output until the "
        "end; with --resume an interrupted run resumes from it and ends with the same weights.",
        resultOptions()
            + std::vector<Option>{{"videos", "SET", "the labelled videos: a folder, or the csv or JSON that lists them"},
                                  {"architecture", "NAME", "such as resnet3d18-eighth, resnet3d50 or r2plus1d18 (default " + usual.architecture + ")"},
                                  {"from", "FILE", "weights to begin with, of the same architecture; all but the last layer where the classes are others"},
                                  wholeOption("frames", "N", "of a clip (default: the architecture's)", 1, 1024),
                                  {"size", "HxW", "of a clip's frames, such as 64x64 (default: the architecture's)"},
                                  numberOption("smoothing", "E", "of the labels in the cross-entropy", 0, 1, usual.smoothing),
                                  numberOption("held-out", "S", "share of the videos kept out of training, for validation", 0, 0.9, usual.heldOut),
                                  numberOption("jitter", "S", "how far a clip is moved in time, as a share of the way to the next one", 0, 1, clips.jitter)}
            + shownClipOptions(clips.cropScale) + labelledClipOptions() + loop,
        trainAction};
}

int trainClipDdNet(const Arguments &arguments, Progress &progress)
{
    refuseGiven(arguments, onlyForFaces(), "the targets are of clips of videos.");
    const std::string out = fileOut(arguments).string();
    ClipDdNetTraining options;
    options.loop = loopOf(arguments, options.loop);
    options.name = modelNameOf(arguments, out);
    options.architecture = arguments.text("architecture", options.architecture);
    options.loss = clipDdNetLossNamed(arguments.text("loss", clipDdNetLossName(options.loss)));
    arguments.take("held-out", options.heldOut);
    arguments.take("margin", options.margin);
    arguments.take("per-video", options.perVideo);
    arguments.take("frames", options.frames);
    if (options.loss != ClipDdNetLoss::Ranking)
        refuseGiven(arguments, {"margin", "per-video"}, "it is of --loss ranking.");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    const ClipTargets targets = readClipTargets(arguments.required("targets"));
    ClipSetOptions clips = targets.clips;
    clips.cropScale = 1;
    clips.jitter = 0; // the score is of this very clip
    takeShownClipOptions(arguments, clips);
    if (arguments.has("input"))
        std::tie(clips.height, clips.width) = sidesOf(arguments, "input", 16, 1024);
    if (arguments.has("memory"))
        clips.memory = s_mebibyte * arguments.integer("memory", 0);
    const auto set = openClipSet(arguments.text("videos"), clips, &targets, progress);
    nothingToLose.reset();
    const ClipDdNetResult result = trainClipDdNet(targets, *set, options, out, progress);
    finishTraining(arguments,
                   {{"network", "ddnet"},
                    {"loss", clipDdNetLossName(options.loss)},
                    {"base", targets.base.name},
                    {"trained_on", result.trained},
                    {"held_out", result.heldOut},
                    {"spearman", result.spearman},
                    {"within_videos", result.withinVideos},
                    {"mean_squared_error", result.meanSquaredError},
                    {"epochs", historyJson(result.epochs)}},
                   out, progress);
    if (result.heldOut == 0)
        say("no video was held out, so that nothing says how well it does on others");
    else
        say("on the " + std::to_string(result.heldOut) + " clips held out: Spearman correlation " + printed("%.4f", result.spearman)
            + ", of the pairs of clips of a video in the right order " + printed("%.2f %%", 100 * result.withinVideos));
    return Succeeded;
}

std::vector<Option> clipDdNetOptions()
{
    const ClipDdNetTraining usual;
    return std::vector<Option>{{"videos", "FOLDER", "for targets of clips: the videos, if not where the targets say"},
                               numberOption("margin", "M", "of --loss ranking, in D-scores before their sigmoid", 0, 1000, usual.margin),
                               wholeOption("per-video", "N", "clips of a video in a row, for --loss ranking", 2, 65'536, usual.perVideo),
                               wholeOption("frames", "N", "of a clip that it sees, evenly over it (default: all of the base's)", 1, 1024),
                               memoryOption()}
    + shownClipOptions(1);
}

std::vector<std::string> onlyForClips()
{
    std::vector<std::string> names;
    for (const Option &option : clipDdNetOptions())
        names.push_back(option.name);
    return names;
}

std::vector<std::string> onlyForFaces()
{
    return {"faces", "rank-weight", "clean-weight", "per-person", "without-damage"};
}

int labelVideos(const Arguments &arguments, const ModelSpec &base, const DScoreOptions &dscore, const CentroidChoice &choice, Progress &progress)
{
    refuseGiven(arguments, {"split", "part", "where", "copies", "degraded-share", "families", "fill-wedges", "keep-wedges", "seed", "features"},
                "the base " + base.name + " is for clips of videos, of which no copies are made.");
    if (choice.leaveOut == DScoreOptions::LeaveOut::Sample || arguments.has("leave-one-out"))
        throw UsageError("Of a clip there are no copies, so what is left out is the clip: say --leave-out picture.");
    const std::string out = fileOut(arguments).string();
    ClipLabelOptions options;
    options.dscore = dscore;
    options.chosen = choice;
    arguments.take("batch", options.batch);
    ClipSetOptions clips = clipSetOptionsOf(arguments, clipSetOptionsFor(base));
    clips.jitter = 0;
    clips.outside = arguments.has("outside");
    std::optional<EndsAtOnce> nothingToLose(std::in_place);
    LoadOptions loading;
    loading.clips = true;
    const auto net = Network::load(withClipFeatures(base, true), parseDevice(arguments.text("device", "auto")), loading);
    ModelSpec spec = base;
    if (spec.outputSize == 0)
        throw FileError(base.path, "does not say of how many classes it gives scores.");
    const auto set = openClipSet(arguments.words().front(), clips, nullptr, progress);
    nothingToLose.reset();
    const std::filesystem::path work = out + ".work";
    const ClipTargets targets = labelClips(*set, *net, spec, options, work, progress);
    writeClipTargets(out, targets);
    std::error_code ignored;
    std::filesystem::remove_all(work, ignored);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say(std::to_string(targets.labels.size()) + " clips of " + std::to_string(targets.videos.size()) + " videos of " + std::to_string(targets.classes.size())
        + " classes with " + base.name);
    say("raw D-score: mean " + printed("%.6f", targets.scores.mu) + ", deviation " + printed("%.6f", targets.scores.sigma)
        + ", percentiles 1 10 50 90 99:" + spreadOf(targets.scores.raw));
    if (!targets.loss.empty()) {
        double sum = 0;
        for (const double loss : targets.loss)
            sum += loss;
        say("cross-entropy of the base on these clips: " + printed("%.4f", sum / static_cast<double>(targets.loss.size())));
    }
    say("hardest negative below epsilon: " + std::to_string(targets.scores.floored)
        + ", no targets because their class is too small: " + std::to_string(targets.scores.singleSample));
    say("written: " + out);
    return Succeeded;
}

} // namespace dscope::cli
