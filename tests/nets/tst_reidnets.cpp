// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/netfixtures.h"
#include "tests/support/rulefilled.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/nets/checkpoint.h"
#include "core/nets/reidnets.h"
#include "core/nets/resnet.h"
#include "core/nets/resnet3d.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

namespace {

constexpr std::int64_t s_people = 625; ///< of MARS's training set

at::Tensor named(ReidNet &net, const std::string &name)
{
    for (const auto &[key, tensor] : orderedTensors(net.module()))
        if (key == name)
            return tensor;
    throw Error("There is no " + name + ".");
}

} // namespace

class TestReidnets : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string &name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("fixture");
        QTest::newRow("tp") << QStringLiteral("reid_resnet50tp");
        QTest::newRow("ta") << QStringLiteral("reid_resnet50ta");
        QTest::newRow("rnn") << QStringLiteral("reid_resnet50rnn");
        QTest::newRow("3d") << QStringLiteral("reid_resnet503d");
    }
    /// Names, sizes, costs and outputs of the public networks.
    void golden()
    {
        QFETCH(QString, fixture);
        const auto json = ::netFixture(fixture.toStdString() + ".json");
        DSCOPE_NEED(json);
        const Json expected = readJson(json);
        const Json &wanted = expected.at("cases").at("2x4x3x224x112");
        const at::NoGradGuard guard;
        const ElementShape shape{4, 224, 112};
        const ReidModel model = reidModelNamed(QTest::currentDataTag());
        const auto net = createReidNet(model, s_people, shape);
        net->module().eval();
        const std::string names = namesDiffer(orderedTensors(net->module()), expected.at("state_dict"));
        QVERIFY2(names.empty(), names.c_str());
        std::int64_t parameters = 0;
        for (const at::Tensor &parameter : net->module().parameters())
            parameters += parameter.numel();
        QCOMPARE(parameters, expected.at("parameters").get<std::int64_t>());
        fillByRule(net->module());
        if (model == ReidModel::Attention) { // the fixture's override
            named(*net, "attention_tconv.bias").fill_(8);
            named(*net, "attention_tconv.weight").mul_(0.25);
        }

        // The fixtures' are of two clips; that of "3d" has the classes, too.
        const Counted counted = countClip(*net, shape);
        const Json &macs = wanted.at("macs");
        QCOMPARE(2 * macOf(counted, "Conv"), macs.at("conv").get<std::int64_t>());
        QCOMPARE(2 * macOf(counted, "LSTM"), macs.value("lstm", std::int64_t{0}));
        QCOMPARE(2 * counted.cost.mac + macs.value("linear", std::int64_t{0}), wanted.at("macs_total").get<std::int64_t>());
        QVERIFY(counted.cost.flop > 2 * counted.cost.mac && static_cast<double>(counted.cost.flop) < 2.1 * static_cast<double>(counted.cost.mac));
        std::int64_t ofLayers = 0;
        for (const LayerInfo &layer : counted.layers)
            ofLayers += layer.parameters;
        QCOMPARE(ofLayers, parameters);

        const at::Tensor x = ruleInput({2, 4, 3, 224, 112});
        const at::Tensor features = net->features(x);
        QCOMPARE(features.size(1), net->featureSize());
        const auto npy = [&](std::size_t i) { return ::netFixture(wanted.at("outputs")[i].get<std::string>()); };
        std::string problem = outputDiffers(features, npy(wanted.at("outputs").size() - 1));
        QVERIFY2(problem.empty(), problem.c_str());
        const at::Tensor scores = net->scores(features);
        QVERIFY(scores.sizes() == at::IntArrayRef({2, s_people}));
        if (model == ReidModel::Conv3d) {
            problem = outputDiffers(scores, npy(0));
            QVERIFY2(problem.empty(), problem.c_str());
        }
        net->foldBatchNorm();
        problem = outputDiffers(net->features(x), npy(wanted.at("outputs").size() - 1));
        QVERIFY2(problem.empty(), ("folded: " + problem).c_str());
    }

    /// An LSTM's products by hand: every step meets all weights, in both directions and layers.
    void recurrentLayersAreCounted()
    {
        const at::NoGradGuard guard;
        torch::nn::LSTM net(torch::nn::LSTMOptions(6, 5).num_layers(2).bidirectional(true).batch_first(true));
        std::map<std::string, at::Tensor> parameters;
        for (const auto &item : net->named_parameters())
            parameters["lstm." + item.key()] = item.value();
        const Counted counted = countOperators(parameters, [&] { net->forward(at::zeros({3, 7, 6})); });
        const std::int64_t first = 2 * (20 * 6 + 20 * 5);
        const std::int64_t second = 2 * (20 * 10 + 20 * 5);
        QCOMPARE(counted.cost.mac, 3 * 7 * (first + second));
        // Beside them two biases of 20, four gates, the cell's activation, three products and a sum, for five values in each of the four.
        QCOMPARE(counted.cost.flop, 2 * counted.cost.mac + 3 * 7 * 4 * (2 * 20 + 9 * 5));
        QCOMPARE(counted.layers.size(), std::size_t{1});
        QCOMPARE(counted.layers[0].type, std::string("LSTM"));
        QCOMPARE(counted.layers[0].name, std::string("lstm"));
    }

    /// The attention's weights by hand: with maps that are the same in all frames the mean, whatever they are; and its size goes with the frames'.
    void attention()
    {
        const at::NoGradGuard guard;
        at::manual_seed(8);
        const auto net = createReidNet(ReidModel::Attention, 3, {4, 256, 128});
        net->module().eval();
        QVERIFY(named(*net, "attention_conv.weight").sizes() == at::IntArrayRef({256, 2048, 8, 4}));
        const at::Tensor frame = at::randn({1, 1, 3, 256, 128});
        const at::Tensor still = net->features(frame.expand({1, 4, 3, 256, 128}));
        const at::Tensor alone = net->features(frame);
        QVERIFY(at::allclose(still, alone, 1e-3, 1e-4 * alone.abs().max().item<double>()));
        const std::string told = refusal([&] { net->features(at::zeros({1, 4, 3, 224, 112})); });
        QVERIFY2(told.find("another size") != std::string::npos, told.c_str());
        QVERIFY(!refusal([&] { net->features(at::zeros({4, 3, 256, 128})); }).empty());
    }

    /// What is written comes back as it was, and says by itself which model it is; behind "module." as well.
    void filesAreTold_data()
    {
        QTest::addColumn<QString>("prefix");
        for (const char *model : {"tp", "ta", "rnn", "3d"})
            QTest::newRow(model) << (model == std::string("ta") ? QStringLiteral("module.") : QString());
    }
    void filesAreTold()
    {
        QFETCH(QString, prefix);
        const at::NoGradGuard guard;
        const ReidModel model = reidModelNamed(QTest::currentDataTag());
        const ElementShape shape{2, 64, 32};
        const auto net = createReidNet(model, 7, shape);
        net->module().eval();
        StateDict tensors;
        for (const auto &[name, tensor] : stateDict(net->module()))
            tensors[prefix.toStdString() + name] = tensor;
        const auto path = file(std::string(QTest::currentDataTag()) + ".safetensors");
        writeSafetensors(path, tensors, {});
        const ReidWeights told = describeReid(tensors, path);
        QVERIFY(told.model == model);
        QCOMPARE(told.classes, std::int64_t{7});
        QCOMPARE(told.mapHeight, model == ReidModel::Attention ? 2 : 0);
        const auto again = loadReidNet(path);
        const at::Tensor clips = at::randn({1, 2, 3, 64, 32});
        QVERIFY(at::equal(again->features(clips), net->features(clips)));

        tensors.erase(prefix.toStdString() + (model == ReidModel::Conv3d ? "fc.weight" : "classifier.weight"));
        writeSafetensors(path, tensors, {});
        QVERIFY_THROWS_EXCEPTION(FileError, loadReidNet(path));
    }

    /// A training begins with weights of another task.
    void baseIsTaken()
    {
        const at::NoGradGuard guard;
        at::manual_seed(6);
        {
            ResNet50 base(ResNetNames::Torchvision, 1000);
            writeSafetensors(file("imagenet.safetensors"), stateDict(base), {});
            const auto net = createReidNet(ReidModel::Rnn, 3, {4, 64, 32});
            const at::Tensor lstm = named(*net, "lstm.weight_hh_l0").clone();
            const std::vector<std::string> notes = net->takeBase(file("imagenet.safetensors"));
            QVERIFY(notes.size() == 1 && notes[0].find("fc.weight") != std::string::npos);
            QVERIFY(at::equal(named(*net, "base.7.2.conv3.weight"), stateDict(base).at("layer4.2.conv3.weight")));
            QVERIFY(at::equal(named(*net, "base.0.weight"), stateDict(base).at("conv1.weight")));
            QVERIFY(at::equal(named(*net, "lstm.weight_hh_l0"), lstm));
        }
        ResNet3d base({.classes = 11});
        StateDict tensors;
        for (const auto &[name, tensor] : stateDict(base))
            tensors["module." + name] = tensor;
        writeSafetensors(file("kinetics.safetensors"), tensors, {});
        const auto net = createReidNet(ReidModel::Conv3d, 3, {4, 64, 32});
        const at::Tensor own = named(*net, "fc.weight").clone();
        net->takeBase(file("kinetics.safetensors"));
        QVERIFY(at::equal(named(*net, "layer4.2.conv3.weight"), tensors.at("module.layer4.2.conv3.weight")));
        QVERIFY(at::equal(named(*net, "fc.weight"), own));
        QVERIFY_THROWS_EXCEPTION(FileError, net->takeBase(file("imagenet.safetensors")));
    }

    /// A step of each on a small clip: every weight gets a gradient.
    void trains_data()
    {
        QTest::addColumn<int>("unused");
        for (const char *model : {"tp", "ta", "rnn", "3d"})
            QTest::newRow(model) << 0;
    }
    void trains()
    {
        at::manual_seed(9);
        const auto net = createReidNet(reidModelNamed(QTest::currentDataTag()), 3, {4, 64, 32});
        net->module().train();
        const at::Tensor features = net->features(at::randn({4, 4, 3, 64, 32}));
        (net->scores(features).square().sum() + features.sum()).backward();
        for (const auto &item : net->module().named_parameters())
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
    }

    void refusals()
    {
        QVERIFY_THROWS_EXCEPTION(UsageError, reidModelNamed("tsn"));
        QVERIFY_THROWS_EXCEPTION(UsageError, createReidNet(ReidModel::Average, 3, {4, 16, 128}));
        QVERIFY_THROWS_EXCEPTION(UsageError, createReidNet(ReidModel::Average, 0, {4, 256, 128}));
        StateDict huge;
        huge["base.0.weight"] = at::zeros({64, 3, 7, 7});
        huge["classifier.weight"] = at::zeros({3, 2048});
        huge["attention_conv.weight"] = at::empty({256, 2048, 1 << 20, 1 << 20}, at::TensorOptions().device(at::kMeta));
        QVERIFY_THROWS_EXCEPTION(FileError, describeReid(huge, "huge.pth"));
        QVERIFY_THROWS_EXCEPTION(FileError, describeReid({}, "nothing.pth"));
    }
};

DSCOPE_TEST(TestReidnets)
#include "tst_reidnets.moc"
