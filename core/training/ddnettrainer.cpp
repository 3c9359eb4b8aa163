// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/ddnettrainer.h"

#include "core/training/facestore.h"
#include "core/training/loop.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/losses/losses.h"
#include "core/metrics/statistics.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/scores/drawndamage.h"
#include "core/tasks/task.h"
#include "core/training/augment.h"
#include "core/training/basetrainer.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope {

namespace {

constexpr Words<DdNetLoss, 2> s_ddnetLosses{"no loss of a DDNet", {{DdNetLoss::Mse, "mse"}, {DdNetLoss::MseRank, "mse+rank"}}};

} // namespace

DdNetLoss ddnetLossNamed(const std::string &name)
{
    return s_ddnetLosses.fromWord(name);
}

std::string ddnetLossName(DdNetLoss loss)
{
    return s_ddnetLosses.wordOf(loss);
}

DdNetResult trainDdNet(const Targets &targets, const DdNetTraining &options, const std::filesystem::path &out, Progress &progress)
{
    if (usualSpec(options.architecture).role != Role::DdNet)
        throw Error("The architecture '" + options.architecture + "' is a base network's; a DDNet is trained as ddnet, ddnet-resnet34cd or ddnet-resnet18.");
    if (usualSpec(options.architecture).inputFrames > 1)
        throw Error("The architecture '" + options.architecture + "' is for clips; this training is on pictures.");
    if ((options.inputWidth > 0 || options.inputHeight > 0) && !taskNamed(targets.base.task).stretched)
        throw UsageError("A DDNet for " + std::string(taskNamed(targets.base.task).elements)
                         + " takes them as they are aligned; it has no input of another size.");
    if (!options.without.isPaper() && targets.options.families.isPaper())
        targetsWithout(targets, options.without, options.facesRoot, progress); // says that it cannot, before faces are read
    FaceList list = targets.faces;
    list.takeFor(targets.base);
    if (!options.facesRoot.empty())
        list.root = options.facesRoot;
    // The files' names may be whole ones, which need no folder.
    std::error_code problem;
    if (!list.root.empty() && !std::filesystem::exists(list.root, problem)
        && (list.files.empty() || !std::filesystem::exists(list.root / list.files.front(), problem))) {
        if (!options.facesRoot.empty())
            throw FileError(list.root, "does not exist.");
        throw Error("The targets name the faces " + shownName(list.root.string()) + ", which is not there; name them with --faces.");
    }
    const std::size_t listed = list.size();
    const FaceStore pictures(list, progress);
    if (list.size() != listed)
        throw FileError(
            list.root, std::to_string(listed - list.size()) + " of the faces that the targets were made from cannot be read any more; make the targets again.");

    // Whole people are held out: another picture of a known face would flatter the result.
    Random random(options.loop.seed, 77);
    std::vector<std::size_t> people(list.people.size());
    for (std::size_t i = 0; i < people.size(); ++i)
        people[i] = i;
    random.shuffle(people);
    people.resize(static_cast<std::size_t>(options.heldOut * static_cast<double>(people.size())));
    std::vector<bool> held(list.people.size(), false);
    for (const std::size_t person : people)
        held[person] = true;
    const auto copies = static_cast<std::size_t>(targets.options.copies);
    const std::vector<std::uint8_t> taken =
        options.without.isPaper() ? targets.scores.target : targetsWithout(targets, options.without, options.facesRoot, progress);
    std::vector<std::size_t> train;
    std::vector<std::size_t> check;
    for (std::size_t i = 0; i < list.size() * copies; ++i)
        if (taken[i] != 0)
            (held[static_cast<std::size_t>(list.labels[i / copies])] ? check : train).push_back(i);

    ModelSpec spec;
    spec.name = options.name;
    spec.role = Role::DdNet;
    spec.architecture = options.architecture;
    spec.file = out.filename().string();
    spec.outputSize = 1;
    spec.base = targets.base.name;
    spec.mu = targets.scores.mu;
    spec.sigma = targets.scores.sigma;
    spec.task = targets.base.task;
    spec.inputWidth = options.inputWidth > 0 ? options.inputWidth : list.shape.width;
    spec.inputHeight = options.inputHeight > 0 ? options.inputHeight : list.shape.height;
    spec.origin = "trained by Dscope on D-scores of " + targets.base.name + " (SHA-256 " + targets.baseHash.substr(0, 12) + ")";
    if (!options.without.isPaper())
        spec.origin += ", without damage by " + options.without.text();
    spec.licence = "GPL-3.0-or-later";

    torch::manual_seed(options.loop.seed);
    const std::shared_ptr<FaceNet> made = createFaceNet(options.architecture);
    FaceNet &net = *made;
    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainOptions loopOptions = options.loop;
    {
        const auto bytes = [](const auto &values) {
            return std::string_view(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(values[0]));
        };
        std::string data = std::string(bytes(targets.scores.normalised)) + targets.baseHash + options.architecture + printed("%f", options.heldOut);
        if (options.loss != DdNetLoss::Mse)
            data += ddnetLossName(options.loss) + printed(" %f %d", options.rankWeight, options.perPerson);
        if (!options.without.isPaper())
            data += " without " + options.without.text();
        if (options.inputWidth > 0)
            data += printed(" input %d %d", options.inputWidth, options.inputHeight);
        if (options.cleanWeight != 1)
            data += printed(" clean %f", options.cleanWeight);
        loopOptions.data = sha256(data);
    }
    const bool ranked = options.loss == DdNetLoss::MseRank;
    if (ranked && (options.perPerson < 2 || options.loop.batch % options.perPerson != 0))
        throw UsageError("The batch of " + std::to_string(options.loop.batch) + " must be a multiple of the " + std::to_string(options.perPerson)
                         + " samples of a person, two at the least.");
    std::vector<std::int64_t> peopleOf; // of the samples trained on
    std::size_t clean = 0;
    for (const std::size_t sample : train) {
        peopleOf.push_back(list.labels[sample / copies]);
        clean += sample % copies == 0 ? 1 : 0;
    }
    const double meanWeight = train.empty() ? 1 : 1 + (options.cleanWeight - 1) * static_cast<double>(clean) / static_cast<double>(train.size());
    if (!(options.cleanWeight >= 0) || !(meanWeight > 0) || !(options.rankWeight >= 0))
        throw UsageError("The weights of a DDNet's loss must not be negative, nor all 0.");
    TrainingLoop loop({{"ddnet", &net}}, loopOptions, checkpoint);

    const auto sampler = [&](std::int64_t index, Random &draw) {
        const std::size_t at = train[static_cast<std::size_t>(index)];
        Picture copy = faceCopy(pictures.at(at / copies), targets.place(at / copies), static_cast<int>(at % copies), targets.options);
        return draw.chance(0.5) ? mirrored(copy) : copy;
    };
    const auto prepare = [&spec](std::span<const Picture> batch) { return prepareBatch(batch, spec); };
    const auto lossOf = [&](FaceNet &of, const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<float> wanted;
        std::vector<float> weights;
        std::vector<std::int64_t> whose;
        for (const std::int64_t index : indices) {
            const std::size_t sample = train[static_cast<std::size_t>(index)];
            wanted.push_back(static_cast<float>(targets.scores.normalised[sample]));
            weights.push_back(static_cast<float>((sample % copies == 0 ? options.cleanWeight : 1) / meanWeight));
            whose.push_back(peopleOf[static_cast<std::size_t>(index)]);
        }
        const at::Tensor target = at::tensor(wanted).to(x.device()).unsqueeze(1);
        const at::Tensor predicted = of.forward(x);
        const at::Tensor squared = options.cleanWeight == 1 ? halfSquaredError(predicted, target)
                                                            : halfSquaredError(predicted, target, at::tensor(weights).to(x.device()).unsqueeze(1));
        return ranked ? squared + options.rankWeight * rankWithinPeople(predicted, target, at::tensor(whose).to(x.device())) : squared;
    };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(net, x, indices); };
    if (ranked) { // the samples of a person are compared with each other
        if (groupedOrder(peopleOf, options.perPerson, options.loop.seed, 0).empty())
            throw Error("An order within people needs people with two samples; there is none.");
        loop.setOrder([&](std::int64_t epoch) { return groupedOrder(peopleOf, options.perPerson, options.loop.seed, epoch); });
    } else {
        loop.setReplicas([&] {
            const std::shared_ptr<FaceNet> copy = createFaceNet(options.architecture);
            return TrainingLoop::Replica{{{"ddnet", copy.get()}},
                                         [&lossOf, copy](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*copy, x, indices); },
                                         copy};
        });
    }
    DdNetResult result;
    result.trained = static_cast<std::int64_t>(train.size());
    result.heldOut = static_cast<std::int64_t>(check.size());
    const auto validation = [&]() {
        if (check.empty())
            return Json();
        std::vector<double> predicted;
        std::vector<double> truth;
        for (std::size_t begin = 0; begin < check.size(); begin += 64) {
            std::vector<Picture> batch;
            for (std::size_t i = begin; i < std::min(check.size(), begin + 64); ++i) {
                batch.push_back(
                    faceCopy(pictures.at(check[i] / copies), targets.place(check[i] / copies), static_cast<int>(check[i] % copies), targets.options));
                truth.push_back(targets.scores.normalised[check[i]]);
            }
            const auto parameter = net.parameters().front();
            const at::Tensor y = net.forward(prepareBatch(batch, spec).to(parameter.device())).to(at::kCPU, at::kDouble).contiguous();
            predicted.insert(predicted.end(), y.data_ptr<double>(), y.data_ptr<double>() + y.numel());
        }
        const double rank = spearman(predicted, truth);
        double squares = 0;
        for (std::size_t i = 0; i < truth.size(); ++i)
            squares += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
        if (options.loop.monitor != nullptr)
            options.loop.monitor->onScores(loop.epoch(), truth, predicted);
        return Json{{"spearman", rank}, {"mse", squares / static_cast<double>(truth.size())}};
    };
    loop.watch("spearman");
    loop.setDescribe([&](std::int64_t index) {
        const std::size_t copy = train[static_cast<std::size_t>(index)];
        return list.files[copy / copies] + (copy % copies == 0 ? std::string() : " (degraded copy " + std::to_string(copy % copies) + ")");
    });
    result.epochs = loop.run(static_cast<std::int64_t>(train.size()), sampler, prepare, loss, validation, progress);

    for (const EpochReport &epoch : result.epochs) {
        const bool chosen = loop.bestEpoch() > 0 && options.loop.keepBest ? epoch.epoch == loop.bestEpoch() : epoch.epoch == result.epochs.back().epoch;
        if (chosen && epoch.validation.is_object()) {
            result.spearman = epoch.validation.value("spearman", 0.0);
            result.meanSquaredError = epoch.validation.value("mse", 0.0);
        }
    }

    writeSafetensors(out, stateDict(net), {{"dscope.model", toJson(spec).dump()}});
    loop.removeCheckpoint();
    return result;
}

} // namespace dscope
