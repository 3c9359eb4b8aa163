// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/netfixtures.h"
#include "tests/support/rulefilled.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/nets/clipnet.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/resnet3d.h"
#include "core/nets/slowfast.h"
#include "core/nets/videoresnet.h"

#include <ATen/ATen.h>

#include <map>

using namespace dscope;
using namespace dscope::test;

namespace {

std::int64_t parametersOf(const torch::nn::Module &net)
{
    std::int64_t count = 0;
    for (const at::Tensor &parameter : net.parameters())
        count += parameter.numel();
    return count;
}

ClipNet &asClipNet(FaceNet &net)
{
    return dynamic_cast<ClipNet &>(net);
}

/// A convolution of the network and, where it is there, its batch-norm with a ReLU.
at::Tensor throughLayer(FaceNet &net, const std::string &conv, const std::string &norm, const at::Tensor &x)
{
    auto modules = net.named_modules({}, false);
    const at::Tensor y = modules[conv]->as<torch::nn::Conv3d>()->forward(x);
    return norm.empty() ? y : at::relu(modules[norm]->as<torch::nn::BatchNorm3d>()->forward(y));
}

} // namespace

/// The networks on clips beside the public code's.
class TestClipnets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("name"); ///< of the case
        QTest::addColumn<QList<qint64>>("sizes");
        const QList<qint64> usual{1, 3, 16, 112, 112};
        const QList<qint64> small{2, 3, 8, 64, 64};
        const auto add = [](const char *tag, const QString &architecture, const QString &fixture, const QString &name, const QList<qint64> &sizes) {
            QTest::newRow(tag) << architecture << fixture << name << sizes;
        };
        for (const auto &[architecture, fixture] : {std::pair(QStringLiteral("resnet3d18"), QStringLiteral("resnet3d18_hara")),
                                                    std::pair(QStringLiteral("resnet3d50"), QStringLiteral("resnet3d50_hara")),
                                                    std::pair(QStringLiteral("r2plus1d18"), QStringLiteral("r2plus1d18_hara")),
                                                    std::pair(QStringLiteral("r2plus1d50"), QStringLiteral("r2plus1d50_hara"))}) {
            add((architecture + QStringLiteral(", 16x112x112")).toUtf8().constData(), architecture, fixture, QStringLiteral("1x3x16x112x112"), usual);
            add((architecture + QStringLiteral(", 8x64x64")).toUtf8().constData(), architecture, fixture, QStringLiteral("2x3x8x64x64"), small);
        }
        add("r3d_18", QStringLiteral("torchvision-r3d18"), QStringLiteral("r3d18_torchvision"), QStringLiteral("1x3x16x112x112"), usual);
        add("r2plus1d_18", QStringLiteral("torchvision-r2plus1d18"), QStringLiteral("r2plus1d18_torchvision"), QStringLiteral("1x3x16x112x112"), usual);
        for (const char *kind : {"8x8", "4x16"})
            for (const int crop : {224, 112}) {
                const QString name = QStringLiteral("slowfast50_") + QLatin1String(kind);
                const QString side = QString::number(crop);
                add((name + QStringLiteral(", ") + side).toUtf8().constData(), QStringLiteral("slowfast50-") + QLatin1String(kind),
                    crop == 224 ? name : name + QStringLiteral("_crop112"), QStringLiteral("fast1x3x32x%1x%1").arg(side), {1, 3, 32, crop, crop});
            }
    }
    /// Names, sizes, costs, stages and outputs of the public networks; and the same outputs folded, channels last, by oneDNN.
    void golden()
    {
        QFETCH(QString, architecture);
        QFETCH(QString, fixture);
        QFETCH(QString, name);
        QFETCH(QList<qint64>, sizes);
        const auto json = ::netFixture(fixture.toStdString() + ".json");
        DSCOPE_NEED(json);
        const Json expected = readJson(json);
        const Json &wanted = expected.at("cases").at(name.toStdString());
        const at::NoGradGuard guard;
        const std::shared_ptr<FaceNet> net = createFaceNet(architecture.toStdString());
        net->eval();
        const std::string names = namesDiffer(orderedTensors(*net), expected.at("state_dict"));
        QVERIFY2(names.empty(), names.c_str());
        QCOMPARE(parametersOf(*net), expected.at("parameters").get<std::int64_t>());
        fillByRule(*net);

        const at::Tensor x = ruleInput(std::vector<std::int64_t>(sizes.begin(), sizes.end()));
        std::map<std::string, at::Tensor> parameters;
        for (const auto &item : net->named_parameters())
            parameters[item.key()] = item.value();
        ClipNet::Outputs outputs;
        const Counted counted = countOperators(parameters, [&] { outputs = asClipNet(*net).outputs(x); });
        const Json &macs = wanted.at("macs");
        QCOMPARE(macOf(counted, "Conv"), macs.at("conv").get<std::int64_t>());
        QCOMPARE(macOf(counted, "Gemm"), macs.at("linear").get<std::int64_t>());
        QCOMPARE(counted.cost.mac, wanted.at("macs_total").get<std::int64_t>());
        std::int64_t ofLayers = 0;
        for (const LayerInfo &layer : counted.layers)
            ofLayers += layer.parameters;
        QCOMPARE(ofLayers, expected.at("parameters").get<std::int64_t>());

        const Json &stages = wanted.at("stages");
        // The fixtures of Hara's have the stem's convolutions before their batch-norms.
        if (stages.contains("conv1"))
            outputs.emplace_back("conv1", throughLayer(*net, "conv1", {}, x));
        if (stages.contains("conv1_s")) {
            outputs.emplace_back("conv1_s", throughLayer(*net, "conv1_s", {}, x));
            outputs.emplace_back("conv1_t", throughLayer(*net, "conv1_t", {}, throughLayer(*net, "conv1_s", "bn1_s", x)));
        }
        QCOMPARE(outputs.size(), stages.size());
        for (const auto &[stage, output] : outputs) {
            QVERIFY2(stages.contains(stage), stage.c_str());
            const std::string problem = stageDiffers(output, stages.at(stage));
            QVERIFY2(problem.empty(), (stage + ": " + problem).c_str());
        }
        const auto npy = ::netFixture(wanted.at("outputs")[0].get<std::string>());
        std::string problem = outputDiffers(net->forward(x), npy);
        QVERIFY2(problem.empty(), problem.c_str());
        net->foldBatchNorm();
        problem = outputDiffers(net->forward(x), npy);
        QVERIFY2(problem.empty(), ("folded: " + problem).c_str());
        // Prepared for one clip of its size, whatever then comes.
        net->prepareConvolutions(x.narrow(0, 0, 1));
        problem = outputDiffers(net->forward(x.contiguous(at::MemoryFormat::ChannelsLast3d)), npy);
        QVERIFY2(problem.empty(), ("prepared: " + problem).c_str());
        problem = outputDiffers(net->forward(x), npy);
        QVERIFY2(problem.empty(), ("prepared, contiguous: " + problem).c_str());
    }

    /// As the fixtures list them.
    void slowFrames_data()
    {
        QTest::addColumn<QString>("fixture");
        QTest::newRow("8x8") << QStringLiteral("slowfast50_8x8.json");
        QTest::newRow("4x16") << QStringLiteral("slowfast50_4x16.json");
    }
    void slowFrames()
    {
        QFETCH(QString, fixture);
        const auto json = ::netFixture(fixture.toStdString());
        DSCOPE_NEED(json);
        const Json expected = readJson(json);
        QCOMPARE(dscope::slowFrames(expected.at("num_frames").get<std::int64_t>(), expected.at("alpha").get<std::int64_t>()),
                 expected.at("slow_indices").get<std::vector<std::int64_t>>());
    }

    /// Not every fourth.
    void slowFramesByHand()
    {
        QCOMPARE(dscope::slowFrames(32, 4), (std::vector<std::int64_t>{0, 4, 8, 13, 17, 22, 26, 31}));
        QCOMPARE(dscope::slowFrames(32, 8), (std::vector<std::int64_t>{0, 10, 20, 31}));
        QCOMPARE(dscope::slowFrames(4, 4), (std::vector<std::int64_t>{0}));
        SlowFast net({4, 7, 3});
        QVERIFY_THROWS_EXCEPTION(Error, net.forward(at::zeros({1, 3, 3, 32, 32})));
    }

    void splitChannelsByHand()
    {
        QCOMPARE(splitChannels(64, 64, 3, 3), std::int64_t{144});
        QCOMPARE(splitChannels(512, 512, 3, 3), std::int64_t{1152});
        QCOMPARE(splitChannels(3, 64, 7, 7), std::int64_t{110});
    }

    /// 3D-ResNet-18 of 64 / d channels: its parameters and costs by hand.
    void narrowNetworks_data()
    {
        QTest::addColumn<int>("divisor");
        QTest::newRow("quarter") << 4;
        QTest::newRow("eighth") << 8;
    }
    void narrowNetworks()
    {
        QFETCH(int, divisor);
        const at::NoGradGuard guard;
        const auto net = createFaceNet(std::string("resnet3d18-") + QTest::currentDataTag(), 5);
        const std::int64_t volume[] = {8 * 28 * 28, 4 * 14 * 14, 2 * 7 * 7, 1 * 4 * 4};
        std::int64_t in = 64 / divisor;
        std::int64_t parameters = 343 * 3 * in + 2 * in;
        std::int64_t mac = 343 * 3 * in * 16 * 56 * 56;
        for (int stage = 0; stage < 4; ++stage) {
            const std::int64_t out = (64 << stage) / divisor;
            const std::int64_t weights = 27 * in * out + 3 * 27 * out * out + (stage > 0 ? in * out : 0);
            parameters += weights + 2 * out * (stage > 0 ? 5 : 4);
            mac += weights * volume[stage];
            in = out;
        }
        parameters += 5 * in + 5;
        mac += 5 * in;
        QCOMPARE(parametersOf(*net), parameters);
        QCOMPARE(countNetwork(*net, {16, 112, 112}).cost.mac, mac);
        net->eval();
        QVERIFY(net->forward(at::zeros({2, 3, 16, 112, 112})).sizes() == at::IntArrayRef({2, 5}));
    }

    void refusals()
    {
        QVERIFY_THROWS_EXCEPTION(Error, ResNet3d({.depth = 51}));
        QVERIFY_THROWS_EXCEPTION(Error, ResNet3d({.depth = 18, .divisor = 3}));
        QVERIFY_THROWS_EXCEPTION(Error, ResNet3d({.depth = 18, .divisor = 0}));
    }

    /// A training step reaches every parameter, with the channels wherever they lie.
    void trains_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const char *name : {"resnet3d10", "resnet3d18-eighth", "r2plus1d18", "torchvision-r3d18", "torchvision-r2plus1d18", "slowfast50-4x16"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void trains()
    {
        QFETCH(QString, architecture);
        const auto net = createFaceNet(architecture.toStdString(), 3);
        net->train();
        const at::Tensor x = at::randn({2, 3, 8, 32, 32}).contiguous(at::MemoryFormat::ChannelsLast3d);
        net->forward(x).square().sum().backward();
        for (const auto &item : net->named_parameters())
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
    }
};

DSCOPE_TEST(TestClipnets)
#include "tst_clipnets.moc"
