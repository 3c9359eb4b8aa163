// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/cliptrainer.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/losses/losses.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/clipnet.h"
#include "core/nets/facenet.h"
#include "core/nets/recognise.h"
#include "core/nets/weightfit.h"
#include "core/training/clipinput.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace dscope {

namespace {

constexpr double s_slowFastRate = 0.1; ///< for a batch of
constexpr int s_slowFastBatch = 64;
constexpr double s_slowFastWarmup = 34.0 / 196;

/// What is usual for the architecture, for the clips of this set.
ModelSpec describedBase(const ClipSet &set, const ClipTraining &options, const std::filesystem::path &out)
{
    const std::vector<std::string> known = clipBaseArchitectures();
    if (std::find(known.begin(), known.end(), options.architecture) == known.end()) {
        std::string names;
        for (const std::string &name : known)
            names += (names.empty() ? "" : ", ") + name;
        throw Error("The architecture '" + options.architecture + "' tells no classes of clips apart; known are " + names + ".");
    }
    ModelSpec spec = usualSpec(options.architecture);
    const ClipSetOptions &clips = set.options();
    spec.name = options.name;
    spec.file = out.filename().string();
    spec.inputFrames = clips.frames;
    spec.inputHeight = clips.height;
    spec.inputWidth = clips.width;
    const std::size_t slash = clips.rate.find('/');
    const double over = slash == std::string::npos ? 1 : parseNumber(clips.rate.substr(slash + 1)).value_or(1);
    spec.inputRate = parseNumber(clips.rate.substr(0, slash)).value_or(0) / over;
    spec.inputStride = clips.stride;
    spec.classes = set.classes();
    spec.outputSize = static_cast<std::int64_t>(spec.classes.size());
    spec.licence = "GPL-3.0-or-later";
    return spec;
}

/// Puts weights into a network of the same architecture; where the classes are others its last layer stays as it is.
void beginFrom(const std::filesystem::path &from, ClipNet &net, const ModelSpec &spec, Progress &progress)
{
    const Checkpoint file = readCheckpoint(from);
    WeightsInfo info;
    for (const auto &[name, tensor] : file.tensors)
        info.tensors.push_back({name, {}, tensor.sizes().vec()});
    const std::int64_t classes = classesIn(info, spec.architecture);
    if (classes == 0)
        throw FileError(from, "holds no network '" + spec.architecture + "' to begin with.");
    const std::shared_ptr<FaceNet> its = createFaceNet(spec.architecture, classes);
    for (const std::string &note : fitWeights(*its, file, spec.outputSize, from).notes)
        progress.notice(from.filename().string() + ": " + note);
    std::vector<std::string> names;
    if (const auto described = file.metadata.find("dscope.model"); described != file.metadata.end())
        names = modelFromJson(parseJson(described->second, from)).classes;
    const bool same = names.empty() ? classes == spec.outputSize : names == spec.classes;
    const at::NoGradGuard guard;
    StateDict there = stateDict(*its);
    for (auto &[name, tensor] : stateDict(net))
        if (same || !name.starts_with(net.lastLayer() + "."))
            tensor.copy_(there.at(name));
    if (!same)
        progress.notice(from.filename().string() + ": the classes are others, so the last layer begins anew.");
}

/// What stands for the data and all settings that the loop does not know.
std::string clipFingerprint(const ClipSet &set, const ClipSplit &split, const ClipTraining &options)
{
    Sha256 sum;
    sum.add("clips 1 " + set.identity() + options.architecture + printed(" %.17g ", options.smoothing)
            + (options.from.empty() ? std::string() : sha256File(options.from)));
    for (const std::size_t index : split.train)
        sum.add(std::to_string(index) + '\n');
    return sum.hex();
}

/// Class scores after softmax.
std::vector<double> softmaxOf(std::span<const double> scores)
{
    const double largest = *std::max_element(scores.begin(), scores.end());
    std::vector<double> result;
    double sum = 0;
    for (const double score : scores) {
        result.push_back(std::exp(score - largest));
        sum += result.back();
    }
    for (double &value : result)
        value /= sum;
    return result;
}

std::int32_t largestOf(std::span<const double> scores)
{
    return static_cast<std::int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Top-1 of clips and of their videos. A video's label is that of most of its clips, the lowest on a tie.
Json judgedClips(FaceNet &net, const ClipSet &set, const std::vector<std::size_t> &held, const ModelSpec &spec, Progress &progress)
{
    struct Video {
        std::vector<double> sum;
        std::map<std::int32_t, int> labels;
    };
    std::map<std::int64_t, Video> videos;
    std::int64_t right = 0;
    double loss = 0;
    runOnClips(net, set, held, spec, progress, [&](std::size_t i, std::span<const double> scores) {
        const std::int32_t label = set.label(held[i]);
        right += largestOf(scores) == label ? 1 : 0;
        const std::vector<double> shares = softmaxOf(scores);
        loss -= std::log(std::max(1e-300, shares[static_cast<std::size_t>(label)]));
        Video &video = videos[set.where(held[i]).video];
        video.sum.resize(shares.size());
        for (std::size_t k = 0; k < shares.size(); ++k)
            video.sum[k] += shares[k];
        ++video.labels[label];
    });
    std::int64_t rightVideos = 0;
    for (const auto &[number, video] : videos) {
        const auto most = std::max_element(video.labels.begin(), video.labels.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
        rightVideos += largestOf(video.sum) == most->first ? 1 : 0;
    }
    const auto share = [](std::int64_t some, std::size_t all) { return static_cast<double>(some) / static_cast<double>(all); };
    return {{"top1", share(right, held.size())}, {"video_top1", share(rightVideos, videos.size())}, {"loss", loss / static_cast<double>(held.size())}};
}

} // namespace

ClipTraining::ClipTraining()
{
    loop.epochs = 50;
    loop.batch = 32;
    loop.learningRate = 0;
    loop.warmup = s_slowFastWarmup;
    loop.weightDecay = 1e-4;
}

double usualClipRate(int batch)
{
    return s_slowFastRate * batch / s_slowFastBatch;
}

std::vector<std::string> clipBaseArchitectures()
{
    std::vector<std::string> names;
    for (const std::string &name : clipNetArchitectures())
        if (usualSpec(name).role == Role::Base)
            names.push_back(name);
    return names;
}

ClipTrainingResult trainClips(const ClipSet &set, const ClipTraining &options, const std::filesystem::path &out, Progress &progress)
{
    ModelSpec spec = describedBase(set, options, out);
    if (spec.outputSize < 2)
        throw Error("Classes are told apart from two on; there " + std::string(spec.outputSize == 1 ? "is one." : "are none."));
    if (options.loop.patience > 0 && options.heldOut <= 0)
        throw UsageError("Without videos held out there is no validation to be patient with; hold some out, or give no patience.");
    const ClipSplit split = splitClips(set, options.heldOut, options.loop.seed);
    spec.origin = "trained by Dscope from " + std::string(options.from.empty() ? "scratch" : options.from.filename().string()) + " on "
        + std::to_string(split.train.size()) + " clips of " + std::to_string(spec.outputSize) + " classes";

    TrainOptions loopOptions = options.loop;
    if (loopOptions.learningRate == 0)
        loopOptions.learningRate = usualClipRate(loopOptions.batch);
    loopOptions.data = clipFingerprint(set, split, options);
    torch::manual_seed(options.loop.seed);
    const std::shared_ptr<FaceNet> net = createFaceNet(options.architecture, spec.outputSize);
    if (!options.from.empty())
        beginFrom(options.from, dynamic_cast<ClipNet &>(*net), spec, progress);

    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainingLoop loop({{"net", net.get()}}, loopOptions, checkpoint);
    loop.setDescribe([&](std::int64_t index) { return set.describe(split.train[static_cast<std::size_t>(index)]); });
    const auto sampler = [&](std::int64_t index, Random &random) { return stackedClip(set.shown(split.train[static_cast<std::size_t>(index)], random)); };
    const auto prepare = [&spec](std::span<const Picture> clips) { return clipBatch(clips, spec); };
    const auto lossOf = [&](FaceNet &of, const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<std::int64_t> wanted;
        for (const std::int64_t index : indices)
            wanted.push_back(set.label(split.train[static_cast<std::size_t>(index)]));
        return smoothedCrossEntropy(of.forward(x), at::tensor(wanted).to(x.device()), options.smoothing);
    };
    const bool draws = drawsRandomNumbers(options.architecture);
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
        if (draws) // by the step, so that a resumed run draws the same
            torch::manual_seed(Random(options.loop.seed, 0x60000000000ULL + static_cast<std::uint64_t>(loop.position())).next());
        return lossOf(*net, x, indices);
    };
    if (!draws)
        loop.setReplicas([&] {
            const std::shared_ptr<FaceNet> copy = createFaceNet(options.architecture, spec.outputSize);
            return TrainingLoop::Replica{
                {{"net", copy.get()}}, [&lossOf, copy](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*copy, x, indices); }, copy};
        });
    ClipTrainingResult result;
    result.classes = spec.outputSize;
    result.trained = static_cast<std::int64_t>(split.train.size());
    result.heldOut = static_cast<std::int64_t>(split.held.size());
    result.heldVideos = split.heldVideos;
    if (!split.held.empty())
        loop.watch("top1");
    const auto validation = [&] { return split.held.empty() ? Json() : judgedClips(*net, set, split.held, spec, progress); };
    result.epochs = loop.run(result.trained, sampler, prepare, loss, validation, progress);
    for (const EpochReport &epoch : result.epochs)
        if (epoch.validation.is_object() && (epoch.epoch == loop.bestEpoch() || loop.bestEpoch() == 0 || !options.loop.keepBest)) {
            result.top1 = epoch.validation.value("top1", 0.0);
            result.videoTop1 = epoch.validation.value("video_top1", 0.0);
        }
    writeSafetensors(out, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
    loop.removeCheckpoint();
    return result;
}

} // namespace dscope
