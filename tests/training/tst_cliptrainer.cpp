// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "tests/training/madeclips.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/clipfeatures.h"
#include "core/nets/clipnet.h"
#include "core/nets/facenet.h"
#include "core/nets/network.h"
#include "core/training/clipinput.h"
#include "core/training/cliptrainer.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <set>

using namespace dscope;
using dscope::test::MadeClips;
using dscope::test::refusal;

namespace {

ClipTraining quickTraining(int epochs)
{
    ClipTraining options;
    options.architecture = "resnet3d18-eighth";
    options.name = "moves";
    options.loop.epochs = epochs;
    options.loop.batch = 32;
    options.loop.workers = 1;
    options.heldOut = 0.25;
    return options;
}

} // namespace

class TestCliptrainer : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string &name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    /// SlowFast's schedule: .1 for a batch of 64, in proportion.
    void rateFollowsTheBatch()
    {
        QCOMPARE(usualClipRate(64), 0.1);
        QCOMPARE(usualClipRate(32), 0.05);
        const ClipTraining usual;
        QCOMPARE(usual.loop.weightDecay, 1e-4);
        QCOMPARE(usual.loop.momentum, 0.9);
        QVERIFY(usual.loop.schedule == Schedule::Cosine);
        QVERIFY(std::abs(usual.loop.warmup - 34.0 / 196) < 1e-12);
    }

    /// A stacked clip is, value for value, what the network itself makes of it, and lies in memory as there.
    void batchesAreThoseOfTheNetwork()
    {
        const MadeClips set(1);
        ModelSpec spec = usualSpec("resnet3d18-eighth");
        spec.inputFrames = 8;
        spec.inputHeight = spec.inputWidth = 32;
        std::vector<Picture> stacked;
        std::vector<Picture> frames;
        for (std::size_t i = 0; i < 3; ++i) {
            const Clip clip = set.clip(i);
            stacked.push_back(stackedClip(clip));
            frames.insert(frames.end(), clip.begin(), clip.end());
        }
        const at::Tensor a = clipBatch(stacked, spec);
        const at::Tensor b = prepareBatch(frames, spec);
        QVERIFY(at::equal(a, b));
        QVERIFY(a.strides() == b.strides());
    }

    /// Whole groups of videos are held out, about the share that is wanted, and every clip is somewhere.
    void wholeGroupsAreHeldOut()
    {
        MadeClips set(10, 3);
        set.grouped = true;
        const ClipSplit split = splitClips(set, 0.2, 7);
        QCOMPARE(split.train.size() + split.held.size(), set.size());
        QCOMPARE(split.held.size(), std::size_t{18}); // 3 of 15 groups, of 2 videos of 3 clips
        QCOMPARE(split.heldVideos, std::int64_t{6});
        std::set<std::int64_t> trained;
        for (const std::size_t i : split.train)
            trained.insert(set.group(set.where(i).video));
        for (const std::size_t i : split.held)
            QVERIFY(!trained.contains(set.group(set.where(i).video)));
        QVERIFY(splitClips(set, 0.2, 7).held == split.held);
        QVERIFY(splitClips(set, 0.2, 8).held != split.held);
        QVERIFY(splitClips(set, 0, 7).held.empty());
        QCOMPARE(splitClips(set, 0.01, 7).heldVideos, std::int64_t{2}); // one group at the least
    }

    /// Three motions that no single frame tells are learnt, and the file is a network that says all of itself.
    void learnsMotion()
    {
        const MadeClips set(24);
        ClipTraining options = quickTraining(30);
        Progress progress;
        const ClipTrainingResult result = trainClips(set, options, file("moves.safetensors"), progress);
        QCOMPARE(result.classes, std::int64_t{3});
        QCOMPARE(result.trained + result.heldOut, std::int64_t{144});
        QVERIFY2(result.top1 > 0.9, std::to_string(result.top1).c_str());
        QVERIFY2(result.videoTop1 > 0.9, std::to_string(result.videoTop1).c_str());
        QVERIFY(!std::filesystem::exists(file("moves.safetensors.checkpoint")));

        const ModelSpec spec = ModelStore().find(file("moves.safetensors").string(), Role::Base);
        QVERIFY(spec.classes == set.classes());
        QCOMPARE(spec.inputFrames, 8);
        QCOMPARE(spec.inputHeight, 32);
        QCOMPARE(spec.inputRate, 25.0);
        QCOMPARE(spec.inputStride, 2);
        QCOMPARE(spec.task, std::string("action"));
        LoadOptions loading;
        loading.clips = true;
        const auto net = Network::load(spec, Device{}, loading);
        const ClipSplit split = splitClips(set, options.heldOut, options.loop.seed);
        std::vector<Clip> clips;
        for (const std::size_t i : split.held)
            clips.push_back(set.clip(i));
        const std::vector<float> scores = net->runClips(clips, progress);
        std::size_t right = 0;
        for (std::size_t i = 0; i < clips.size(); ++i) {
            const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(3 * i);
            right += std::max_element(begin, begin + 3) - begin == set.label(split.held[i]) ? 1 : 0;
        }
        QCOMPARE(static_cast<double>(right) / static_cast<double>(clips.size()), result.top1);
    }

    /// The same network gives its features, or scores and features: those of the module, and the scores are as they were.
    void networksGiveFeatures()
    {
        const MadeClips set(2);
        Progress progress;
        trainClips(set, quickTraining(1), file("features.safetensors"), progress);
        const ModelSpec spec = ModelStore().find(file("features.safetensors").string(), Role::Base);
        LoadOptions loading;
        loading.clips = true;
        const auto scores = Network::load(spec, Device{}, loading);
        const auto features = Network::load(withClipFeatures(spec, false), Device{}, loading);
        const auto both = Network::load(withClipFeatures(spec, true), Device{}, loading);
        QCOMPARE(features->outputSize(), std::int64_t{64}); // 512 / 8
        QCOMPARE(both->outputSize(), std::int64_t{67});
        const std::vector<Clip> clips{set.clip(0), set.clip(3)};
        const std::vector<float> s = scores->runClips(clips, progress);
        const std::vector<float> f = features->runClips(clips, progress);
        const std::vector<float> b = both->runClips(clips, progress);
        for (std::size_t i = 0; i < 2; ++i) {
            for (std::size_t k = 0; k < 3; ++k)
                QVERIFY(std::abs(b[67 * i + k] - s[3 * i + k]) < 1e-5);
            for (std::size_t k = 0; k < 64; ++k)
                QVERIFY(std::abs(b[67 * i + 3 + k] - f[64 * i + k]) < 1e-6);
        }
        const auto module = createFaceNet("resnet3d18-eighth", 3);
        loadStateDict(*module, readStateDict(file("features.safetensors")), file("features.safetensors"));
        module->eval();
        const at::NoGradGuard guard;
        const at::Tensor wanted = dynamic_cast<ClipNet &>(*module).features(clipBatch(std::vector<Picture>{stackedClip(clips[0])}, spec));
        for (std::int64_t k = 0; k < 64; ++k)
            QVERIFY(std::abs(wanted[0][k].item<float>() - f[static_cast<std::size_t>(k)]) < 1e-4);
        VERIFY_SAYS(refusal([&] { withClipFeatures(usualSpec("ddnet-3d"), true); }), "none of them");
        VERIFY_SAYS(refusal([&] { withClipFeatures(usualSpec("compact"), true); }), "none of them");
    }

    /// Every base on clips has features, from which its scores follow.
    void everyBaseHasFeatures_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const char *name : {"resnet3d18-quarter", "resnet3d50", "r2plus1d18", "torchvision-r3d18", "torchvision-r2plus1d18", "slowfast50-8x8"})
            QTest::newRow(name) << QString::fromUtf8(name);
    }
    void everyBaseHasFeatures()
    {
        QFETCH(QString, architecture);
        const at::NoGradGuard guard;
        at::manual_seed(3);
        const auto net = createFaceNet(architecture.toStdString(), 5);
        net->eval();
        auto &clipNet = dynamic_cast<ClipNet &>(*net);
        const at::Tensor x = at::randn({1, 3, 8, 32, 32});
        const at::Tensor features = clipNet.features(x);
        QCOMPARE(features.size(1), clipNet.featureSize());
        QVERIFY(at::allclose(clipNet.scores(features), net->forward(x), 1e-4, 1e-5));
        QVERIFY(stateDict(*net).contains(clipNet.lastLayer() + ".weight"));
    }

    /// A run that is stopped and resumed ends with the bytes of one that was not.
    void resumesToTheSameBits()
    {
        const MadeClips set(6);
        ClipTraining options = quickTraining(3);
        options.loop.batch = 8;
        options.smoothing = 0.1;
        Progress progress;
        trainClips(set, options, file("whole.safetensors"), progress);
        options.loop.stopAfter = 5;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainClips(set, options, file("parts.safetensors"), progress));
        QVERIFY(std::filesystem::exists(file("parts.safetensors.checkpoint")));
        options.loop.stopAfter = 0;
        options.loop.resume = true;
        trainClips(set, options, file("parts.safetensors"), progress);
        const StateDict whole = readStateDict(file("whole.safetensors"));
        for (const auto &[name, tensor] : readStateDict(file("parts.safetensors")))
            QVERIFY2(at::equal(tensor, whole.at(name)), name.c_str());

        options.loop.stopAfter = 5;
        options.loop.resume = false;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainClips(set, options, file("other.safetensors"), progress));
        options.loop.resume = true;
        options.smoothing = 0.2;
        VERIFY_SAYS(refusal([&] { trainClips(set, options, file("other.safetensors"), progress); }), "checkpoint");
    }

    /// Weights to begin with: the last layer too where the classes are the same, all but it where they are others.
    void beginsFromWeights()
    {
        const MadeClips set(3);
        Progress progress;
        ClipTraining options = quickTraining(1);
        options.loop.batch = 4;
        options.heldOut = 0;
        trainClips(set, options, file("first.safetensors"), progress);
        const StateDict first = readStateDict(file("first.safetensors"));
        options.from = file("first.safetensors");
        options.loop.learningRate = 1e-12; // weights stay what they were
        options.loop.weightDecay = 0;
        trainClips(set, options, file("same.safetensors"), progress);
        const StateDict same = readStateDict(file("same.safetensors"));
        for (const auto &[name, tensor] : same)
            if (!name.ends_with("running_mean") && !name.ends_with("running_var"))
                QVERIFY2(at::allclose(tensor, first.at(name), 1e-5, 1e-7), name.c_str());
        QVERIFY(dscope::test::joined(progress.notices()).find("begins anew") == std::string::npos);

        const MadeClips others(3, 2, {"down", "up", "west"});
        trainClips(others, options, file("others.safetensors"), progress);
        const StateDict other = readStateDict(file("others.safetensors"));
        VERIFY_SAYS(dscope::test::joined(progress.notices()), "the last layer begins anew");
        QVERIFY(at::allclose(other.at("layer4.1.conv2.weight"), first.at("layer4.1.conv2.weight"), 1e-5, 1e-7));
        QVERIFY(!at::allclose(other.at("fc.weight"), first.at("fc.weight"), 1e-3, 1e-4));

        options.architecture = "resnet3d18-quarter";
        VERIFY_SAYS(refusal([&] { trainClips(set, options, file("none.safetensors"), progress); }), "holds no network 'resnet3d18-quarter'");
    }

    void refusals()
    {
        const MadeClips set(2);
        Progress progress;
        ClipTraining options = quickTraining(1);
        options.architecture = "ddnet-3d";
        VERIFY_SAYS(refusal([&] { trainClips(set, options, file("r"), progress); }), "'ddnet-3d' tells no classes of clips apart");
        options = quickTraining(1);
        options.heldOut = 0;
        options.loop.patience = 2;
        VERIFY_SAYS(refusal([&] { trainClips(set, options, file("r"), progress); }), "no validation to be patient with");
        const MadeClips one(2, 2, {"only"});
        VERIFY_SAYS(refusal([&] { trainClips(one, quickTraining(1), file("r"), progress); }), "there is one");
        options = quickTraining(1);
        options.smoothing = 1.5;
        VERIFY_SAYS(refusal([&] { trainClips(set, options, file("r"), progress); }), "smoothed by 0 to 1");
    }
};

DSCOPE_TEST(TestCliptrainer)
#include "tst_cliptrainer.moc"
