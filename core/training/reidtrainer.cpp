// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/reidtrainer.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/losses/losses.h"
#include "core/nets/architectures.h"
#include "core/nets/facenet.h"
#include "core/training/loop.h"
#include "core/training/reidvalidation.h"
#include "core/training/trackletsampler.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <map>

namespace dscope {

namespace {

/// The frames of a clip as one picture, one below the other: as they lie in memory.
Picture stacked(const std::vector<Picture> &frames, const ElementShape &shape)
{
    Picture all(shape.width, shape.frames * shape.height);
    auto to = all.rgb.begin();
    for (const Picture &frame : frames)
        to = std::copy(frame.rgb.begin(), frame.rgb.end(), to);
    return all;
}

/// How a stacked picture becomes numbers: ImageNet's mean and deviation.
ModelSpec inputOf(const ElementShape &shape)
{
    ModelSpec spec = usualSpec("resnet50");
    spec.task = tasks().front().name; // it has its size already
    spec.inputHeight = shape.frames * shape.height;
    spec.inputWidth = shape.width;
    return spec;
}

void check(const std::vector<TrainingTracklet> &tracklets, const ReidTraining &options)
{
    constexpr std::int64_t most = 1 << 26; // pixels of a clip
    const ElementShape &shape = options.shape;
    if (shape.frames < 1 || shape.height < 1 || shape.width < 1 || std::int64_t{shape.height} * shape.width > most / shape.frames)
        throw UsageError("A clip needs frames with pixels, and at most 67 million of them.");
    if (options.perPerson < 2)
        throw UsageError("Triplets need at least two tracklets of a person in a batch.");
    if (options.loop.batch % options.perPerson != 0)
        throw UsageError("The batch of " + std::to_string(options.loop.batch) + " must be a multiple of the " + std::to_string(options.perPerson)
                         + " tracklets of a person.");
    for (std::size_t i = 0; i < tracklets.size(); ++i)
        if (tracklets[i].frames.empty())
            throw Error("Tracklet " + std::to_string(i + 1) + " of " + std::to_string(tracklets.size()) + " has no frames.");
}

/// What stands for the data and all settings that the loop does not know.
std::string fingerprint(const std::vector<TrainingTracklet> &tracklets, const ReidTraining &options)
{
    Sha256 sum;
    for (const TrainingTracklet &tracklet : tracklets) {
        sum.add(std::to_string(tracklet.person) + ' ' + std::to_string(tracklet.frames.size()) + '\n');
        for (const std::filesystem::path &frame : tracklet.frames)
            sum.add(frame.string() + '\n');
    }
    sum.add(reidModelName(options.model)
            + printed(" %d %d %d %d %.17g %.17g ", options.shape.frames, options.shape.height, options.shape.width, options.perPerson, options.smoothing,
                      options.margin)
            + (options.from.empty() ? std::string() : sha256File(options.from)));
    return sum.hex();
}

} // namespace

ReidTraining::ReidTraining()
{
    loop.epochs = 800;
    loop.batch = 32;
    loop.optimiser = Optimiser::Adam;
    loop.schedule = Schedule::Step;
    loop.milestones = {0.25, 0.5, 0.75};
    loop.learningRate = 0;
    loop.warmup = 0;
    loop.weightDecay = 5e-4;
}

double usualReidRate(ReidModel model)
{
    return model == ReidModel::Rnn || model == ReidModel::Conv3d ? 1e-4 : 3e-4;
}

at::Tensor clipsOf(const at::Tensor &pictures, std::int64_t frames)
{
    if (pictures.dim() != 4 || frames < 1 || pictures.size(2) % frames != 0)
        throw Error("Clips are pictures of " + std::to_string(frames) + " frames, one below the other.");
    return pictures.reshape({pictures.size(0), pictures.size(1), frames, pictures.size(2) / frames, pictures.size(3)}).transpose(1, 2);
}

std::vector<float> trackletFeatures(ReidNet &net, std::span<const Picture> frames, const ElementShape &shape, Progress &progress)
{
    constexpr std::size_t atOnce = 8; // clips
    const at::NoGradGuard guard;
    ModelSpec input = usualSpec("resnet50"); // whose pictures fill the input
    input.inputHeight = shape.height;
    input.inputWidth = shape.width;
    const at::Device device = net.module().parameters().front().device();
    const auto clips = testClips(static_cast<std::int64_t>(frames.size()), shape.frames);
    at::Tensor sum;
    for (std::size_t begin = 0; begin < clips.size(); begin += atOnce) {
        progress.checkpoint(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(clips.size()));
        std::vector<at::Tensor> some;
        for (std::size_t i = begin; i < std::min(clips.size(), begin + atOnce); ++i) {
            // The frames of a clip are a row, or a repeated one.
            const auto first = static_cast<std::size_t>(clips[i].front());
            const auto there = static_cast<std::size_t>(*std::max_element(clips[i].begin(), clips[i].end())) + 1 - first;
            const at::Tensor row = prepareBatch(frames.subspan(first, there), input);
            some.push_back(row.index_select(0, at::tensor(clips[i]) - clips[i].front()));
        }
        const at::Tensor features = net.features(at::stack(some).to(device)).to(at::kCPU, at::kDouble).sum(0);
        sum = sum.defined() ? sum + features : features;
    }
    const at::Tensor mean = (sum / static_cast<double>(clips.size())).to(at::kFloat).contiguous();
    return {mean.data_ptr<float>(), mean.data_ptr<float>() + mean.numel()};
}

ReidResult trainReid(std::vector<TrainingTracklet> tracklets, const ReidTraining &options, const FrameReader &reader, const std::filesystem::path &out,
                     Progress &progress)
{
    check(tracklets, options);
    if (options.loop.patience > 0 && options.heldOut <= 0)
        throw UsageError("Without people held out there is no validation to be patient with; hold some out, or give no patience.");
    const ReidValidation held(tracklets, options.heldOut, options.loop.seed);
    std::map<std::int64_t, std::int64_t> classes;
    for (const TrainingTracklet &tracklet : tracklets)
        classes.emplace(tracklet.person, 0);
    std::int64_t count = 0;
    for (auto &entry : classes)
        entry.second = count++;
    std::vector<std::int64_t> labels;
    for (const TrainingTracklet &tracklet : tracklets)
        labels.push_back(classes.at(tracklet.person));
    const int people = options.loop.batch / options.perPerson;
    if (count < 2)
        throw Error("Triplets need two people; there is " + std::string(count == 1 ? "one" : "nobody")
                    + (held.people() > 0 ? " beside the " + std::to_string(held.people()) + " held out." : "."));
    if (count < people)
        throw Error("A batch of " + std::to_string(options.loop.batch) + " holds " + std::to_string(options.perPerson) + " tracklets of each of "
                    + std::to_string(people) + " people; there are " + std::to_string(count) + " people." + " Take a smaller batch.");

    TrainOptions loopOptions = options.loop;
    if (loopOptions.learningRate == 0)
        loopOptions.learningRate = usualReidRate(options.model);
    loopOptions.data = fingerprint(tracklets, options);
    at::manual_seed(options.loop.seed);
    const std::shared_ptr<ReidNet> net = createReidNet(options.model, count, options.shape);
    if (!options.from.empty())
        for (const std::string &note : net->takeBase(options.from))
            progress.notice(options.from.filename().string() + ": " + note);

    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainingLoop loop({{"net", &net->module()}}, loopOptions, checkpoint);
    loop.keepBatchesWhole();
    loop.setOrder([&](std::int64_t epoch) { return identityOrder(labels, people, options.perPerson, options.loop.seed, epoch); });
    loop.setDescribe([&](std::int64_t index) { return tracklets[static_cast<std::size_t>(index)].frames.front().string(); });
    const ElementShape &shape = options.shape;
    const ModelSpec input = inputOf(shape);
    const auto sampler = [&](std::int64_t index, Random &random) {
        const TrainingTracklet &tracklet = tracklets[static_cast<std::size_t>(index)];
        std::vector<Picture> frames;
        for (const std::int64_t frame : trainingClip(static_cast<std::int64_t>(tracklet.frames.size()), shape.frames, random))
            frames.push_back(personShown(reader(tracklet.frames[static_cast<std::size_t>(frame)]), shape.width, shape.height, random));
        return stacked(frames, shape);
    };
    const auto prepare = [&](std::span<const Picture> clips) { return prepareBatch(clips, input); };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<std::int64_t> wanted;
        for (const std::int64_t index : indices)
            wanted.push_back(labels[static_cast<std::size_t>(index)]);
        const at::Tensor of = at::tensor(wanted).to(x.device());
        const at::Tensor features = net->features(clipsOf(x, shape.frames));
        return smoothedCrossEntropy(net->scores(features), of, options.smoothing) + batchHardTriplet(features, of, options.margin);
    };
    if (!held.empty())
        loop.watch("map");
    ReidResult result;
    result.people = count;
    result.tracklets = static_cast<std::int64_t>(tracklets.size());
    result.heldOut = held.people();
    const auto validation = [&] { return held.judge(*net, shape, reader, progress); };
    result.epochs = loop.run(result.tracklets, sampler, prepare, loss, validation, progress);
    for (const EpochReport &epoch : result.epochs)
        if (epoch.validation.is_object() && (epoch.epoch == loop.bestEpoch() || loop.bestEpoch() == 0 || !options.loop.keepBest))
            result.map = epoch.validation.value("map", 0.0);

    const Json described{{"name", options.name},
                         {"model", reidModelName(options.model)},
                         {"frames", shape.frames},
                         {"height", shape.height},
                         {"width", shape.width},
                         {"people", count},
                         {"origin",
                          "trained by Dscope from " + std::string(options.from.empty() ? "scratch" : options.from.filename().string()) + " on "
                              + std::to_string(tracklets.size()) + " tracklets of " + std::to_string(count) + " people"}};
    writeSafetensors(out, stateDict(net->module()), {{"dscope.reid", described.dump()}});
    loop.removeCheckpoint();
    return result;
}

} // namespace dscope
