// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/basetrainer.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/damage/border.h"
#include "core/losses/head.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/weightfit.h"
#include "core/training/augment.h"
#include "core/training/facestore.h"
#include "core/training/loop.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace dscope {

namespace {

/// The size the architecture takes: that of aligned faces, or LFW's narrower 96 columns of it.
void findInput(FaceNet &net, ModelSpec &spec)
{
    const at::NoGradGuard guard;
    net.eval();
    const ElementShape aligned = tasks().front().shape;
    constexpr int narrow = 96;
    for (const int width : {aligned.width, narrow}) {
        try {
            const at::Tensor y = net.forward(blankElement({1, aligned.height, width}));
            if (y.dim() != 2)
                continue;
            spec.inputWidth = width;
            spec.outputSize = y.size(1);
            return;
        } catch (const c10::Error &) {
            // Its last layer wants another size.
        }
    }
    throw Error("The architecture " + spec.architecture + " takes neither faces of " + std::to_string(aligned.width) + " x " + std::to_string(aligned.height)
                + " nor of " + std::to_string(narrow) + " x " + std::to_string(aligned.height) + ".");
}

struct Pair {
    std::size_t a = 0;
    std::size_t b = 0;
    bool genuine = false;
};

/// Pairs of the people held out, drawn once: a person uniformly, then two pictures; two people uniformly, then a picture of each.
std::vector<Pair> drawPairs(const std::vector<std::vector<std::size_t>> &people, int count, std::uint64_t seed)
{
    std::vector<std::size_t> several;
    for (std::size_t p = 0; p < people.size(); ++p)
        if (people[p].size() > 1)
            several.push_back(p);
    std::vector<Pair> pairs;
    if (several.empty() || people.size() < 2)
        return pairs;
    Random random(seed, 79);
    for (int i = 0; i < count; ++i) {
        const auto &one = people[several[random.below(several.size())]];
        const std::size_t a = random.below(one.size());
        const std::size_t b = (a + 1 + random.below(one.size() - 1)) % one.size();
        pairs.push_back({one[a], one[b], true});
        const std::size_t p = random.below(people.size());
        const std::size_t q = (p + 1 + random.below(people.size() - 1)) % people.size();
        pairs.push_back({people[p][random.below(people[p].size())], people[q][random.below(people[q].size())], false});
    }
    return pairs;
}

Json judged(std::vector<std::pair<double, bool>> scored)
{
    std::sort(scored.begin(), scored.end(), [](const auto &x, const auto &y) { return x.first > y.first; });
    const auto genuine = std::count_if(scored.begin(), scored.end(), [](const auto &pair) { return pair.second; });
    const double impostor = static_cast<double>(scored.size()) - static_cast<double>(genuine);
    double right = impostor; // nothing accepted
    double best = right;
    double accepted = 0;
    double above = 0;
    for (std::size_t i = 0; i < scored.size(); ++i) {
        accepted += scored[i].second ? 1 : 0;
        right += scored[i].second ? 1 : -1;
        if (!scored[i].second)
            above += accepted;
        if (i + 1 == scored.size() || scored[i + 1].first < scored[i].first)
            best = std::max(best, right);
    }
    return {{"pair_accuracy", best / static_cast<double>(scored.size())}, {"pair_auc", above / (static_cast<double>(genuine) * impostor)}};
}

} // namespace

std::vector<std::string> baseArchitectures()
{
    std::vector<std::string> names;
    for (const std::string &name : faceNetArchitectures())
        // Two take no aligned faces of the usual size, others no faces at all.
        if (name.rfind("ddnet", 0) != 0 && name != "polynet331" && name != "dlib-resnet" && usualSpec(name).task == tasks().front().name)
            names.push_back(name);
    return names;
}

std::vector<std::int64_t> groupedOrder(const std::vector<std::int64_t> &labels, int perPerson, std::uint64_t seed, std::int64_t epoch)
{
    std::map<std::int64_t, std::vector<std::int64_t>> people;
    for (std::size_t i = 0; i < labels.size(); ++i)
        people[labels[i]].push_back(static_cast<std::int64_t>(i));
    Random random(seed, 0x30000000000ULL + static_cast<std::uint64_t>(epoch));
    const auto run = static_cast<std::size_t>(perPerson);
    std::vector<std::vector<std::int64_t>> runs;
    for (auto &[label, samples] : people) {
        if (samples.size() < 2)
            continue;
        random.shuffle(samples);
        for (std::size_t begin = 0; begin < samples.size(); begin += run) {
            auto &now = runs.emplace_back();
            for (std::size_t i = 0; i < run; ++i)
                now.push_back(samples[(begin + i) % samples.size()]);
        }
    }
    random.shuffle(runs);
    std::vector<std::int64_t> order;
    for (const auto &now : runs)
        order.insert(order.end(), now.begin(), now.end());
    return order;
}

BaseResult trainBase(FaceList faces, const BaseTraining &options, const std::filesystem::path &out, Progress &progress)
{
    const bool grouped = needsGroups(options.loss.kind);
    if (options.perPerson < 2)
        throw UsageError("Triplets need at least two pictures of a person.");
    if (grouped && options.loop.batch % options.perPerson != 0)
        throw UsageError("The batch of " + std::to_string(options.loop.batch) + " must be a multiple of the " + std::to_string(options.perPerson)
                         + " pictures of a person.");
    ModelSpec spec;
    spec.name = options.name;
    spec.role = Role::Base;
    spec.architecture = options.architecture;
    spec.file = out.filename().string();
    spec.licence = "GPL-3.0-or-later";
    const std::vector<std::string> &ofClips = clipNetArchitectures();
    if (std::find(ofClips.begin(), ofClips.end(), spec.architecture) != ofClips.end())
        throw Error("The architecture '" + spec.architecture + "' is for clips; this training is on pictures.");
    const std::vector<std::string> known = baseArchitectures();
    if (std::find(known.begin(), known.end(), spec.architecture) == known.end())
        createFaceNet(spec.architecture + (spec.architecture.rfind("ddnet", 0) == 0 ? " (a DDNet, not a base network)" : "")); // throws, naming what there is
    torch::manual_seed(options.loop.seed);
    const auto net = createFaceNet(spec.architecture);
    findInput(*net, spec);
    if (!options.from.empty())
        for (const std::string &note : loadWeights(*net, options.from, usualSpec(options.architecture).outputSize).notes)
            progress.notice(options.from.filename().string() + ": " + note);

    const FaceStore pictures(faces, progress);
    Random random(options.loop.seed, 77);
    std::vector<std::size_t> order(faces.people.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(order);
    order.resize(static_cast<std::size_t>(options.heldOut * static_cast<double>(order.size())));
    std::vector<std::int64_t> classOf(faces.people.size(), 0); // -1: held out
    for (const std::size_t person : order)
        classOf[person] = -1;
    // People who lost all their pictures are no class.
    std::vector<bool> there(faces.people.size(), false);
    for (const std::int32_t label : faces.labels)
        there[static_cast<std::size_t>(label)] = true;
    std::int64_t classes = 0;
    for (std::size_t person = 0; person < classOf.size(); ++person)
        if (classOf[person] == 0)
            classOf[person] = there[person] ? classes++ : -1;
    std::vector<std::size_t> train;
    std::vector<std::int64_t> labels;
    std::map<std::int32_t, std::vector<std::size_t>> held;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        const std::int64_t label = classOf[static_cast<std::size_t>(faces.labels[i])];
        if (label < 0) {
            held[faces.labels[i]].push_back(i);
        } else {
            train.push_back(i);
            labels.push_back(label);
        }
    }
    std::vector<std::vector<std::size_t>> heldPeople;
    BaseResult result;
    for (auto &[person, of] : held) {
        result.heldOut += static_cast<std::int64_t>(of.size());
        heldPeople.push_back(std::move(of));
    }
    result.people = classes;
    result.trained = static_cast<std::int64_t>(train.size());
    const std::vector<Pair> pairs = drawPairs(heldPeople, options.pairs, options.loop.seed);
    if (pairs.empty() && options.heldOut > 0)
        progress.notice("Of the people held out none has two pictures, or there is only one: the run cannot be followed by its accuracy.");

    spec.origin = "trained by Dscope from " + std::string(options.from.empty() ? "scratch" : options.from.filename().string()) + " with "
        + lossName(options.loss.kind) + " on " + std::to_string(train.size()) + " pictures of " + std::to_string(classes) + " people";
    const auto head = std::make_shared<ClassHead>(options.loss, classes, spec.outputSize);
    std::filesystem::path checkpoint = out;
    checkpoint += ".checkpoint";
    TrainOptions loopOptions = options.loop;
    {
        Sha256 sum;
        for (const std::size_t i : train)
            sum.add(faces.files[i] + "\n" + faces.people[static_cast<std::size_t>(faces.labels[i])] + "\n");
        sum.add(spec.architecture + lossName(options.loss.kind)
                + printed(" %f %f %f %f ", options.loss.effectiveMargin(), options.loss.scale, options.loss.tripletWeight, options.degradedShare)
                + std::to_string(options.perPerson) + (options.from.empty() ? std::string() : sha256File(options.from)));
        if (!options.families.isPaper() || options.fillWedges)
            sum.add(options.families.text() + (options.fillWedges ? " filled" : ""));
        loopOptions.data = sum.hex();
    }
    TrainingLoop loop({{"base", net.get()}, {"head", head.get()}}, loopOptions, checkpoint);
    if (grouped) {
        if (groupedOrder(labels, options.perPerson, options.loop.seed, 0).empty())
            throw Error("Triplets need people with two pictures; there is none.");
        loop.keepBatchesWhole();
        loop.setOrder([&](std::int64_t epoch) { return groupedOrder(labels, options.perPerson, options.loop.seed, epoch); });
    }
    loop.setDescribe([&](std::int64_t index) { return faces.files[train[static_cast<std::size_t>(index)]]; });
    if (!pairs.empty())
        loop.watch("pair_accuracy");

    const auto sampler = [&](std::int64_t index, Random &draw) {
        const Picture &face = pictures.at(train[static_cast<std::size_t>(index)]);
        Picture picture = relit(options.fillWedges ? wedgeFilled(face, draw) : face, draw);
        if (options.degradedShare > 0 && draw.chance(options.degradedShare))
            picture = options.families.damage(picture, draw);
        return draw.chance(0.5) ? mirrored(picture) : picture;
    };
    const auto prepare = [&spec](std::span<const Picture> batch) { return prepareBatch(batch, spec); };
    const auto lossOf = [&](FaceNet &of, ClassHead &judge, const at::Tensor &x, std::span<const std::int64_t> indices) {
        std::vector<std::int64_t> wanted;
        for (const std::int64_t index : indices)
            wanted.push_back(labels[static_cast<std::size_t>(index)]);
        return judge.loss(of.forward(x), at::tensor(wanted).to(x.device()), loop.position());
    };
    const auto loss = [&](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*net, *head, x, indices); };
    if (!grouped) // triplets look for the hardest in the whole batch
        loop.setReplicas([&] {
            const auto copy = std::make_shared<std::pair<std::shared_ptr<FaceNet>, std::shared_ptr<ClassHead>>>(
                createFaceNet(spec.architecture), std::make_shared<ClassHead>(options.loss, classes, spec.outputSize));
            return TrainingLoop::Replica{
                {{"base", copy->first.get()}, {"head", copy->second.get()}},
                [&lossOf, copy](const at::Tensor &x, std::span<const std::int64_t> indices) { return lossOf(*copy->first, *copy->second, x, indices); },
                copy};
        });
    const auto validation = [&]() {
        if (pairs.empty())
            return Json();
        std::map<std::size_t, std::int64_t> rowOf;
        std::vector<std::size_t> shown;
        for (const Pair &pair : pairs)
            for (const std::size_t face : {pair.a, pair.b})
                if (rowOf.emplace(face, static_cast<std::int64_t>(shown.size())).second)
                    shown.push_back(face);
        std::vector<at::Tensor> rows;
        const auto device = net->parameters().front().device();
        for (std::size_t begin = 0; begin < shown.size(); begin += 32) {
            progress.throwIfCancelled();
            std::vector<Picture> batch;
            for (std::size_t i = begin; i < std::min(shown.size(), begin + 32); ++i)
                batch.push_back(pictures.at(shown[i]));
            const at::Tensor y = net->forward(prepare(batch).to(device)).to(at::kCPU, at::kDouble);
            rows.push_back(y / y.norm(2, 1, true).clamp_min(1e-12));
        }
        const at::Tensor all = at::cat(rows).contiguous();
        std::vector<std::pair<double, bool>> scored;
        for (const Pair &pair : pairs)
            scored.emplace_back(all[rowOf[pair.a]].dot(all[rowOf[pair.b]]).item<double>(), pair.genuine);
        return judged(std::move(scored));
    };
    result.epochs = loop.run(static_cast<std::int64_t>(train.size()), sampler, prepare, loss, validation, progress);
    for (const EpochReport &epoch : result.epochs)
        if (epoch.validation.is_object() && (epoch.epoch == loop.bestEpoch() || !options.loop.keepBest))
            result.pairAccuracy = epoch.validation.value("pair_accuracy", 0.0);

    writeSafetensors(out, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
    loop.removeCheckpoint();
    return result;
}

} // namespace dscope
