// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/clipddnet.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/losses/losses.h"
#include "core/metrics/statistics.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/training/basetrainer.h"
#include "core/training/clipinput.h"
#include "core/training/cliptrainer.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>

namespace dscope {

namespace {

constexpr Words<ClipDdNetLoss, 2> s_clipDdNetLosses{"no loss of a DDNet on clips", {{ClipDdNetLoss::Mse, "mse"}, {ClipDdNetLoss::Ranking, "ranking"}}};

/// Which of a clip's frames a network sees that takes fewer: the first to the last, evenly.
Clip spreadClip(Clip clip, int wanted)
{
    if (wanted == clip.frames())
        return clip;
    std::vector<Picture> frames;
    for (int i = 0; i < wanted; ++i)
        frames.push_back(clip.frame(wanted == 1 ? (clip.frames() - 1) / 2 : static_cast<int>(std::int64_t{i} * (clip.frames() - 1) / (wanted - 1))));
    return Clip(std::move(frames));
}

void checkClipDdNet(const ClipTargets &targets, const ClipSet &set, const ClipDdNetTraining &options)
{
    const ModelSpec usual = usualSpec(options.architecture);
    if (usual.role != Role::DdNet || usual.inputFrames < 2)
        throw Error("The architecture '" + options.architecture + "' is no DDNet on clips; that is ddnet-3d.");
    if (set.size() != targets.labels.size())
        throw Error("The targets are of " + std::to_string(targets.labels.size()) + " clips, the videos have " + std::to_string(set.size()) + " of them.");
    if (options.frames < 0 || options.frames > set.options().frames)
        throw UsageError("A DDNet takes at most the " + std::to_string(set.options().frames) + " frames of the base's clips.");
    if (options.loss != ClipDdNetLoss::Ranking)
        return;
    if (targets.loss.empty())
        throw Error("The targets hold no losses of the base, by which clips are ranked: it tells other classes apart than the set has.");
    if (options.perVideo < 2 || options.loop.batch % options.perVideo != 0)
        throw UsageError("The batch of " + std::to_string(options.loop.batch) + " must be a multiple of the " + std::to_string(options.perVideo)
                         + " clips of a video, two at the least.");
    if (!(options.margin >= 0))
        throw UsageError("The margin of a ranking must not be negative.");
}

ModelSpec describedDdNet(const ClipTargets &targets, const ClipSet &set, const ClipDdNetTraining &options, const std::filesystem::path &out)
{
    ModelSpec spec = usualSpec(options.architecture);
    spec.name = options.name;
    spec.file = out.filename().string();
    spec.base = targets.base.name;
    spec.mu = targets.scores.mu;
    spec.sigma = targets.scores.sigma;
    spec.task = targets.base.task;
    spec.inputFrames = options.frames > 0 ? options.frames : set.options().frames;
    spec.inputHeight = set.options().height;
    spec.inputWidth = set.options().width;
    spec.inputRate = targets.base.inputRate;
    spec.inputStride = targets.clips.stride;
    spec.licence = "GPL-3.0-or-later";
    spec.origin = std::string("trained by Dscope on ") + (options.loss == ClipDdNetLoss::Mse ? "D-scores" : "the order of the losses") + " of "
        + targets.base.name + " (SHA-256 " + targets.baseHash.substr(0, 12) + ")";
    return spec;
}

std::string ddNetFingerprint(const ClipTargets &targets, const ClipSet &set, const ClipDdNetTraining &options)
{
    const auto bytes = [](const std::vector<double> &values) {
        return std::string_view(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(double));
    };
    Sha256 sum;
    sum.add("ddnet on clips 1 " + set.identity() + targets.baseHash + options.architecture + clipDdNetLossName(options.loss)
            + printed(" %.17g %d", options.heldOut, options.frames));
    if (options.loss == ClipDdNetLoss::Ranking)
        sum.add(printed(" %.17g %d", options.margin, options.perVideo));
    sum.add(std::string(bytes(options.loss == ClipDdNetLoss::Mse ? targets.scores.normalised : targets.loss)));
    return sum.hex();
}

/// How much of the order within videos is right: over all pairs of clips of a video whose truth differs, ties of the prediction half.
double rightOrder(const std::vector<double> &predicted, const std::vector<double> &truth, const std::vector<std::int64_t> &videos)
{
    std::map<std::int64_t, std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < videos.size(); ++i)
        of[videos[i]].push_back(i);
    double right = 0;
    double pairs = 0;
    for (const auto &[video, clips] : of)
        for (std::size_t a = 0; a < clips.size(); ++a)
            for (std::size_t b = a + 1; b < clips.size(); ++b) {
                const double wanted = truth[clips[a]] - truth[clips[b]];
                const double got = predicted[clips[a]] - predicted[clips[b]];
                if (wanted == 0)
                    continue;
                pairs += 1;
                right += got == 0 ? 0.5 : (got > 0) == (wanted > 0) ? 1 : 0;
            }
    return pairs > 0 ? right / pairs : 0;
}

} // namespace

ClipDdNetLoss clipDdNetLossNamed(const std::string &name)
{
    return s_clipDdNetLosses.fromWord(name);
}

std::string clipDdNetLossName(ClipDdNetLoss loss)
{
    return s_clipDdNetLosses.wordOf(loss);
}

ClipDdNetResult trainClipDdNet(const ClipTargets &targets, const ClipSet &set, const ClipDdNetTraining &options, const std::filesystem::path &out,
                               Progress &progress)
{
    checkClipDdNet(targets, set, options);
    const ModelSpec spec = describedDdNet(targets, set, options, out);
    const bool ranks = options.loss == ClipDdNetLoss::Ranking;
    ClipSplit split = splitClips(set, options.heldOut, options.loop.seed);
    for (std::vector<std::size_t> *part : {&split.train, &split.held})
        std::erase_if(*part, [&](std::size_t i) { return targets.scores.target[i] == 0; });
    const auto truthOf = [&](std::size_t clip) { return ranks ? -targets.loss[clip] : targets.scores.normalised[clip]; };

    torch::manual_seed(options.loop.seed);
    const std::shared_ptr<FaceNet> net = createFaceNet(options.architecture);
    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainOptions loopOptions = options.loop;
    loopOptions.data = ddNetFingerprint(targets, set, options);
    TrainingLoop loop({{"ddnet", net.get()}}, loopOptions, checkpoint);
    const auto seen = [&](Clip clip) { return spreadClip(std::move(clip), spec.inputFrames); };
    const auto sampler = [&](std::int64_t index, Random &random) { return stackedClip(seen(set.shown(split.train[static_cast<std::size_t>(index)], random))); };
    const auto prepare = [&spec](std::span<const Picture> clips) { return clipBatch(clips, spec); };
    const auto lossOf = [&](FaceNet &of, const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<float> wanted;
        std::vector<std::int64_t> videos;
        for (const std::int64_t index : indices) {
            const std::size_t clip = split.train[static_cast<std::size_t>(index)];
            wanted.push_back(static_cast<float>(truthOf(clip)));
            videos.push_back(set.where(clip).video);
        }
        const at::Tensor target = at::tensor(wanted).to(x.device()).unsqueeze(1);
        const at::Tensor predicted = of.forward(x);
        return ranks ? saliencyRanking(predicted.logit(1e-6), target, at::tensor(videos).to(x.device()), options.margin) : halfSquaredError(predicted, target);
    };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*net, x, indices); };
    std::vector<std::int64_t> videosOf; // of the clips trained on
    for (const std::size_t clip : split.train)
        videosOf.push_back(set.where(clip).video);
    if (ranks) { // the clips of a video are compared with each other
        if (groupedOrder(videosOf, options.perVideo, options.loop.seed, 0).empty())
            throw Error("An order within videos needs videos with two clips; there is none.");
        loop.keepBatchesWhole();
        loop.setOrder([&](std::int64_t epoch) { return groupedOrder(videosOf, options.perVideo, options.loop.seed, epoch); });
    } else {
        loop.setReplicas([&] {
            const std::shared_ptr<FaceNet> copy = createFaceNet(options.architecture);
            return TrainingLoop::Replica{{{"ddnet", copy.get()}},
                                         [&lossOf, copy](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*copy, x, indices); },
                                         copy};
        });
    }
    ClipDdNetResult result;
    result.trained = static_cast<std::int64_t>(split.train.size());
    result.heldOut = static_cast<std::int64_t>(split.held.size());
    const auto validation = [&]() {
        if (split.held.empty())
            return Json();
        std::vector<double> predicted(split.held.size());
        std::vector<double> truth;
        std::vector<std::int64_t> videos;
        for (const std::size_t clip : split.held) {
            truth.push_back(truthOf(clip));
            videos.push_back(set.where(clip).video);
        }
        runOnClips(
            *net, set, split.held, spec, progress, [&](std::size_t i, std::span<const double> given) { predicted[i] = given[0]; }, seen);
        Json judged{{"spearman", spearman(predicted, truth)}, {"within_videos", rightOrder(predicted, truth, videos)}};
        if (!ranks) {
            double squares = 0;
            for (std::size_t i = 0; i < truth.size(); ++i)
                squares += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
            judged["mse"] = squares / static_cast<double>(truth.size());
            if (options.loop.monitor != nullptr)
                options.loop.monitor->onScores(loop.epoch(), truth, predicted);
        }
        return judged;
    };
    loop.watch(ranks ? "within_videos" : "spearman");
    loop.setDescribe([&](std::int64_t index) { return set.describe(split.train[static_cast<std::size_t>(index)]); });
    result.epochs = loop.run(result.trained, sampler, prepare, loss, validation, progress);
    for (const EpochReport &epoch : result.epochs) {
        const bool chosen = loop.bestEpoch() > 0 && options.loop.keepBest ? epoch.epoch == loop.bestEpoch() : epoch.epoch == result.epochs.back().epoch;
        if (chosen && epoch.validation.is_object()) {
            result.spearman = epoch.validation.value("spearman", 0.0);
            result.withinVideos = epoch.validation.value("within_videos", 0.0);
            result.meanSquaredError = epoch.validation.value("mse", 0.0);
        }
    }
    writeSafetensors(out, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
    loop.removeCheckpoint();
    return result;
}

} // namespace dscope
