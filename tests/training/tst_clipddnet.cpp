// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "tests/training/madeclips.h"

#include "core/base/error.h"
#include "core/losses/losses.h"
#include "core/nets/checkpoint.h"
#include "core/nets/network.h"
#include "core/training/clipddnet.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;
using dscope::test::MadeClips;
using dscope::test::refusal;

namespace {

/// The brighter the square, the larger the D-score and the smaller the base's loss.
ClipTargets brightnessTargets(const MadeClips &set)
{
    ClipTargets targets;
    targets.root = set.root();
    targets.videos = set.videos();
    targets.parts.resize(targets.videos.size());
    targets.groups = targets.videos;
    targets.classes = set.classes();
    targets.clips = set.options();
    targets.base.name = "base";
    targets.base.task = "action";
    targets.base.inputRate = 25;
    targets.baseHash = std::string(64, 'a');
    targets.scores.mu = 1.25;
    targets.scores.sigma = 0.5;
    for (std::size_t i = 0; i < set.size(); ++i) {
        targets.places.push_back(set.where(i));
        targets.labels.push_back(set.label(i));
        targets.scores.normalised.push_back(0.1 + 0.8 * set.brightness(i));
        targets.scores.raw.push_back(set.brightness(i));
        targets.scores.target.push_back(1);
        targets.loss.push_back(2 - set.brightness(i));
    }
    return targets;
}

ClipDdNetTraining quickDdNet(int epochs)
{
    ClipDdNetTraining options;
    options.name = "chooser";
    options.heldOut = 0.2;
    options.loop.epochs = epochs;
    options.loop.batch = 16;
    options.loop.workers = 1;
    options.loop.learningRate = 0.05;
    return options;
}

} // namespace

class TestClipddnet : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string &name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    /// By hand: clips of videos 0 0 0 1 1, saliency 3 1 1 5 9, scores .5 .2 .9 .1 .4, margin .1. Pairs whose saliency differs: (0, 1): .1 - .3 < 0 -> 0;
    /// (0, 2): .1 + .4 = .5; (4, 3): .1 - .3 -> 0. The mean of three pairs is .5 / 3, its gradient -1/3 on clip 0 and 1/3 on clip 2.
    void rankingByHand()
    {
        const at::Tensor scores = at::tensor({0.5, 0.2, 0.9, 0.1, 0.4}, at::kDouble).set_requires_grad(true);
        const at::Tensor saliency = at::tensor({3.0, 1.0, 1.0, 5.0, 9.0}, at::kDouble);
        const at::Tensor videos = at::tensor(std::vector<std::int64_t>{0, 0, 0, 1, 1});
        const at::Tensor loss = saliencyRanking(scores, saliency, videos, 0.1);
        QVERIFY(std::abs(loss.item<double>() - 0.5 / 3) < 1e-12);
        loss.backward();
        const at::Tensor wanted = at::tensor({-1.0 / 3, 0.0, 1.0 / 3, 0.0, 0.0}, at::kDouble);
        QVERIFY(at::allclose(scores.grad(), wanted, 0, 1e-12));
        // Nothing to rank: 0, with a gradient.
        const at::Tensor alone = at::tensor({0.5, 0.2}, at::kDouble).set_requires_grad(true);
        const at::Tensor none = saliencyRanking(alone, at::tensor({1.0, 2.0}, at::kDouble), at::tensor(std::vector<std::int64_t>{0, 1}), 1);
        QCOMPARE(none.item<double>(), 0.0);
        none.backward();
        QVERIFY(at::equal(alone.grad(), at::zeros({2}, at::kDouble)));
        QVERIFY_THROWS_EXCEPTION(Error, saliencyRanking(alone, saliency, videos, 1));
    }

    /// Eq. 6: what the targets say is learnt, and the file is a DDNet that says whose.
    void learnsTheTargets()
    {
        const MadeClips set(16, 4);
        const ClipTargets targets = brightnessTargets(set);
        Progress progress;
        const ClipDdNetResult result = trainClipDdNet(targets, set, quickDdNet(12), file("ddnet.safetensors"), progress);
        QCOMPARE(result.trained + result.heldOut, std::int64_t{192});
        QVERIFY2(result.spearman > 0.8, std::to_string(result.spearman).c_str());
        QVERIFY2(result.withinVideos > 0.8, std::to_string(result.withinVideos).c_str());
        const ModelSpec spec = ModelStore().find(file("ddnet.safetensors").string(), Role::DdNet);
        QCOMPARE(spec.base, std::string("base"));
        QCOMPARE(spec.mu, 1.25);
        QCOMPARE(spec.sigma, 0.5);
        QCOMPARE(spec.inputFrames, 8);
        QCOMPARE(spec.inputStride, 2);
        QCOMPARE(spec.inputRate, 25.0);
        LoadOptions loading;
        loading.clips = true;
        loading.use = Use::Score;
        const auto net = Network::load(spec, Device{}, loading);
        const std::vector<float> scores = net->runClips(std::vector<Clip>{set.clip(0), set.clip(1)}, progress);
        QCOMPARE(scores.size(), std::size_t{2});
        QVERIFY(scores[0] > 0 && scores[0] < 1);
    }

    /// The rival: the order within videos is learnt, by a network that is used like a DDNet.
    void learnsTheOrder()
    {
        const MadeClips set(16, 4);
        ClipDdNetTraining options = quickDdNet(12);
        options.loss = ClipDdNetLoss::Ranking;
        Progress progress;
        const ClipDdNetResult result = trainClipDdNet(brightnessTargets(set), set, options, file("sampler.safetensors"), progress);
        QVERIFY2(result.withinVideos > 0.8, std::to_string(result.withinVideos).c_str());
        const ModelSpec spec = ModelStore().find(file("sampler.safetensors").string(), Role::DdNet);
        VERIFY_SAYS(spec.origin, "the order of the losses");
    }

    void resumesToTheSameBits_data()
    {
        QTest::addColumn<QString>("loss");
        QTest::newRow("mse") << QStringLiteral("mse");
        QTest::newRow("ranking") << QStringLiteral("ranking");
    }
    void resumesToTheSameBits()
    {
        QFETCH(QString, loss);
        const MadeClips set(4, 3);
        const ClipTargets targets = brightnessTargets(set);
        ClipDdNetTraining options = quickDdNet(2);
        options.loss = clipDdNetLossNamed(loss.toStdString());
        options.loop.batch = 8;
        options.frames = 4; // sees every other frame
        Progress progress;
        const std::string name = loss.toStdString();
        trainClipDdNet(targets, set, options, file(name + "-whole"), progress);
        options.loop.stopAfter = 4;
        QVERIFY_THROWS_EXCEPTION(Cancelled, trainClipDdNet(targets, set, options, file(name + "-parts"), progress));
        options.loop.stopAfter = 0;
        options.loop.resume = true;
        trainClipDdNet(targets, set, options, file(name + "-parts"), progress);
        const StateDict whole = readStateDict(file(name + "-whole"));
        for (const auto &[key, tensor] : readStateDict(file(name + "-parts")))
            QVERIFY2(at::equal(tensor, whole.at(key)), key.c_str());
    }

    void refusals()
    {
        const MadeClips set(2, 2);
        const ClipTargets good = brightnessTargets(set);
        Progress progress;
        const auto refused = [&](const ClipTargets &targets, const ClipDdNetTraining &options) {
            return refusal([&] { trainClipDdNet(targets, set, options, file("r"), progress); });
        };
        ClipDdNetTraining options = quickDdNet(1);
        options.architecture = "ddnet";
        VERIFY_SAYS(refused(good, options), "'ddnet' is no DDNet on clips");
        options = quickDdNet(1);
        options.frames = 9;
        VERIFY_SAYS(refused(good, options), "at most the 8 frames");
        options = quickDdNet(1);
        options.loss = ClipDdNetLoss::Ranking;
        options.perVideo = 3;
        VERIFY_SAYS(refused(good, options), "must be a multiple of the 3 clips of a video");
        options.perVideo = 4;
        ClipTargets without = good;
        without.loss.clear();
        VERIFY_SAYS(refused(without, options), "hold no losses");
        ClipTargets fewer = good;
        fewer.labels.pop_back();
        VERIFY_SAYS(refused(fewer, quickDdNet(1)), "The targets are of 11 clips, the videos have 12");
        VERIFY_SAYS(refusal([] { clipDdNetLossNamed("rank"); }), "'rank' is no loss of a DDNet on clips");
        const MadeClips singles(6, 1);
        options.heldOut = 0;
        VERIFY_SAYS(refusal([&] { trainClipDdNet(brightnessTargets(singles), singles, options, file("r"), progress); }), "needs videos with two clips");
    }
};

DSCOPE_TEST(TestClipddnet)
#include "tst_clipddnet.moc"
