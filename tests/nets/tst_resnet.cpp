// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/netfixtures.h"
#include "tests/support/rulefilled.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/library.h"
#include "core/nets/recognise.h"
#include "core/nets/resnet.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <map>

using namespace dscope;
using namespace dscope::test;

namespace {

std::int64_t convolutionMac(const Counted &counted)
{
    std::int64_t mac = 0;
    for (const LayerInfo &layer : counted.layers)
        mac += layer.type == "Conv" ? layer.mac : 0;
    return mac;
}

bool has(const std::vector<std::string> &texts, const std::string &part)
{
    return std::any_of(texts.begin(), texts.end(), [&](const std::string &text) { return text.find(part) != std::string::npos; });
}

/// A state dict of one kind of names, on every tensor's own memory.
StateDict weightsOf(ResNetNames names, const std::string &prefix)
{
    at::manual_seed(5);
    const at::NoGradGuard guard;
    ResNet50 net(names);
    StateDict tensors;
    for (const auto &[name, tensor] : stateDict(net))
        tensors[prefix + name] = tensor;
    return tensors;
}

} // namespace

class TestResnet : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The rule's own test vectors.
    void rule()
    {
        const std::uint64_t hash = fnv1a("conv1.weight");
        QCOMPARE(hash, 0x69a29a2cee47d254ULL);
        QCOMPARE(ruleNumber(hash, 0), 0.5450749789171447);
        QCOMPARE(ruleNumber(hash, 1), 0.745161751328336);
        QCOMPARE(ruleNumber(hash, 2), 0.022921737033572143);
        const at::Tensor input = ruleInput({3});
        const std::vector<double> inputs{-1.60872662, 0.609441698, -1.18550289};
        const at::Tensor weight = at::zeros({64, 3, 7, 7, 7});
        fillByRule("conv1.weight", weight);
        const at::Tensor first = weight.reshape({-1}).slice(0, 0, 3);
        const std::vector<double> weights{0.00486764032, 0.0264749806, -0.05151961};
        for (std::int64_t i = 0; i < 3; ++i) {
            QVERIFY(std::abs(input[i].item<double>() - inputs[static_cast<std::size_t>(i)]) < 1e-7);
            QVERIFY(std::abs(first[i].item<double>() - weights[static_cast<std::size_t>(i)]) < 1e-9);
        }
    }

    void golden_data()
    {
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::newRow("224x112") << 224 << 112;
        QTest::newRow("256x128") << 256 << 128;
        QTest::newRow("224x224") << 224 << 224;
    }
    /// Names, sizes, costs, stages and outputs of torchvision's own network.
    void golden()
    {
        QFETCH(int, height);
        QFETCH(int, width);
        DSCOPE_NEED(netFixture("resnet50_torchvision.json"));
        const Json expected = readJson(netFixture("resnet50_torchvision.json"));
        const std::string name = "1x3x" + std::to_string(height) + "x" + std::to_string(width);
        const Json &wanted = expected.at("cases").at(name);
        const at::NoGradGuard guard;
        ResNet50 net(ResNetNames::Torchvision, 1000);
        net.eval();
        const auto tensors = orderedTensors(net);
        const std::string names = namesDiffer(tensors, expected.at("state_dict"));
        QVERIFY2(names.empty(), names.c_str());
        std::int64_t parameters = 0;
        for (const at::Tensor &parameter : net.parameters())
            parameters += parameter.numel();
        QCOMPARE(parameters, expected.at("parameters").get<std::int64_t>());
        fillByRule(net);

        const Counted counted = countNetwork(net, height, width);
        QCOMPARE(convolutionMac(counted), wanted.at("macs").at("conv").get<std::int64_t>());
        QCOMPARE(counted.cost.mac, convolutionMac(counted)); // without the classes

        const at::Tensor x = ruleInput({1, 3, height, width});
        const std::vector<at::Tensor> stages = net.stages(x);
        const at::Tensor map = net.map(x);
        const Json &figures = wanted.at("stages");
        const std::vector<std::pair<std::string, at::Tensor>> outputs{
            {"layer1", stages[0]}, {"layer2", stages[1]}, {"layer3", stages[2]}, {"layer4", map}, {"avgpool", stages[3].reshape({1, -1, 1, 1})}};
        for (const auto &[stage, output] : outputs) {
            const std::string problem = stageDiffers(output, figures.at(stage));
            QVERIFY2(problem.empty(), (stage + ": " + problem).c_str());
        }
        const auto npy = netFixture(wanted.at("outputs")[0].get<std::string>());
        std::string problem = outputDiffers(net.scores(net.forward(x)), npy);
        QVERIFY2(problem.empty(), problem.c_str());
        net.foldBatchNorm();
        problem = outputDiffers(net.scores(net.forward(x.contiguous(at::MemoryFormat::ChannelsLast))), npy);
        QVERIFY2(problem.empty(), ("folded: " + problem).c_str());
    }

    void classesMustBeThere()
    {
        const ResNet50 net;
        QVERIFY_THROWS_EXCEPTION(Error, net.scores(at::zeros({1, 2048})));
    }

    /// The same numbers under other names are the same network.
    void numberedIsTheSame()
    {
        const at::NoGradGuard guard;
        ResNet50 plain;
        ResNet50 numbered(ResNetNames::Numbered);
        const auto from = orderedTensors(plain);
        const auto to = orderedTensors(numbered);
        QCOMPARE(to.size(), from.size());
        std::vector<std::string_view> names;
        for (const auto &entry : to)
            names.push_back(entry.first);
        const std::vector<std::string> prefixes = numberedResNets(names);
        QCOMPARE(prefixes, std::vector<std::string>{std::string()});
        for (std::size_t i = 0; i < to.size(); ++i) {
            QCOMPARE(torchvisionName(to[i].first, prefixes), from[i].first);
            to[i].second.copy_(from[i].second);
        }
        plain.eval();
        numbered.eval();
        const at::Tensor x = at::randn({1, 3, 64, 32});
        QVERIFY(at::equal(plain.forward(x), numbered.forward(x)));
        QVERIFY(numberedResNets({"0.weight", "7.2.conv3.weight"}).empty());
        QCOMPARE(torchvisionName("base.2.weight", {"base."}), std::string("base.2.weight"));
        QCOMPARE(torchvisionName("other.0.weight", {"base."}), std::string("other.0.weight"));
    }

    void files_data()
    {
        QTest::addColumn<bool>("numbered");
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("head"); ///< name of a further tensor
        QTest::addColumn<QList<qint64>>("shape");
        const QList<qint64> classes{625, 2048};
        const QList<qint64> vector{2048};
        QTest::newRow("torchvision") << false << QString() << QStringLiteral("fc.weight") << QList<qint64>{1000, 2048};
        QTest::newRow("torchreid") << false << QString() << QStringLiteral("classifier.weight") << classes;
        QTest::newRow("a neck beside it") << false << QStringLiteral("module.") << QStringLiteral("module.bottleneck.running_mean") << vector;
        QTest::newRow("base") << false << QStringLiteral("base.") << QStringLiteral("bottleneck.weight") << vector;
        QTest::newRow("model") << false << QStringLiteral("model.") << QStringLiteral("classifier.weight") << classes;
        QTest::newRow("backbone") << false << QStringLiteral("module.backbone.") << QStringLiteral("module.heads.bottleneck.0.weight") << vector;
        QTest::newRow("a sequence") << true << QStringLiteral("base.") << QStringLiteral("classifier.weight") << classes;
        QTest::newRow("a sequence of several") << true << QStringLiteral("module.base.") << QStringLiteral("module.classifier.weight") << classes;
        QTest::newRow("a bare sequence") << true << QString() << QStringLiteral("classifier.weight") << classes;
    }
    /// Weights as libraries of re-identification leave them are found, loaded, and told about.
    void files()
    {
        QFETCH(bool, numbered);
        QFETCH(QString, prefix);
        QFETCH(QString, head);
        QFETCH(QList<qint64>, shape);
        const QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/person.safetensors";
        StateDict tensors = weightsOf(numbered ? ResNetNames::Numbered : ResNetNames::Torchvision, prefix.toStdString());
        tensors[head.toStdString()] = at::ones(std::vector<std::int64_t>(shape.begin(), shape.end()));
        writeSafetensors(path, tensors, {});
        const ModelSpec spec = describeFile(path);
        QCOMPARE(spec.architecture, std::string("resnet50"));
        QCOMPARE(spec.task, std::string("reid"));
        const auto network = Network::load(spec, {});
        QCOMPARE(network->outputSize(), std::int64_t{2048});
        QVERIFY2(has(network->notices(), head.split(QLatin1Char('.')).last().toStdString()), head.toUtf8().constData());

        Picture crop(64, 128);
        for (std::size_t i = 0; i < crop.rgb.size(); ++i)
            crop.rgb[i] = static_cast<std::uint8_t>(i * 7 % 251);
        Progress progress;
        const std::vector<float> values = network->run({&crop, 1}, progress, 1);
        const at::NoGradGuard guard;
        ResNet50 net;
        const auto own = weightsOf(ResNetNames::Torchvision, {});
        for (const auto &[name, tensor] : stateDict(net))
            tensor.copy_(own.at(name));
        net.eval();
        const at::Tensor direct = net.forward(prepareBatch({&crop, 1}, spec));
        const at::Tensor ran = at::tensor(values).reshape({1, -1});
        QVERIFY((direct - ran).abs().max().item<double>() < 1e-4 * direct.abs().max().item<double>());
    }

    /// What computes otherwise under the same names is another network.
    void othersAreNot()
    {
        const StateDict own = weightsOf(ResNetNames::Torchvision, {});
        QVERIFY(recogniseArchitecture(infoOf(own)) == "resnet50");
        StateDict wide = own;
        wide["layer1.0.conv3.weight"] = at::zeros({256, 128, 1, 1});
        QVERIFY(!recogniseArchitecture(infoOf(wide)));
        StateDict deep = own;
        deep["layer3.6.conv1.weight"] = at::zeros({256, 1024, 1, 1});
        QVERIFY(!recogniseArchitecture(infoOf(deep)));
        StateDict mixed = own; // IBN-a
        mixed.erase("layer1.0.bn1.weight");
        mixed["layer1.0.bn1.IN.weight"] = at::zeros({32});
        QVERIFY(!recogniseArchitecture(infoOf(mixed)));
        // A further layer with convolutions in front of the features is not passed over.
        const QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/attention.safetensors";
        StateDict more = own;
        more["attention.weight"] = at::zeros({8, 8, 1, 1});
        writeSafetensors(path, more, {});
        const std::string told = refusal([&] { Network::load(describeFile(path), {}); });
        QVERIFY2(told.find("attention.weight") != std::string::npos, told.c_str());
    }

    /// The description's size is the input's; a person crop fills it whatever its proportions.
    void sizeOfTheDescription()
    {
        const QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/small.safetensors";
        writeSafetensors(path, weightsOf(ResNetNames::Torchvision, {}), {});
        ModelSpec spec = describeFile(path);
        QCOMPARE(spec.inputHeight, 256);
        QCOMPARE(spec.inputWidth, 128);
        QVERIFY(spec.rgb && std::abs(spec.mean[0] - 123.675F) < 1e-4F && std::abs(spec.scale[2] * 57.375F - 1) < 1e-6F);
        spec.path = path;
        spec.inputHeight = 224;
        spec.inputWidth = 112;
        writeSidecar(spec);
        const auto network = Network::load(describeFile(path), {});
        QCOMPARE(network->cost().mac, std::int64_t{2094030848});
        QCOMPARE(network->spec().inputWidth, 112);

        Picture crop(20, 30);
        for (int y = 0; y < 30; ++y)
            for (int x = 0; x < 20; ++x)
                crop.row(y)[3 * x] = static_cast<std::uint8_t>(x < 10 ? 0 : 200);
        const at::Tensor batch = prepareBatch({&crop, 1}, network->spec());
        QVERIFY(batch.sizes() == at::IntArrayRef({1, 3, 224, 112}));
        // All of it is there: the border lies in the middle.
        QVERIFY(std::abs(batch[0][0][100][40].item<float>() - (0 - 123.675F) / 58.395F) < 1e-4F);
        QVERIFY(std::abs(batch[0][0][100][70].item<float>() - (200 - 123.675F) / 58.395F) < 1e-4F);
        QVERIFY(at::equal(batch, batchOfBytes(batchBytes({&crop, 1}, network->spec(), false), network->spec())));
        Progress progress;
        network->run({&crop, 1}, progress, 1);
        QVERIFY(!has(progress.notices(), "enlarged"));
    }

    /// A training step on channels-last input, where strided 1x1 convolutions crash.
    void trainsOnChannelsLast()
    {
        ResNet50 net(ResNetNames::Torchvision, 5);
        net.train();
        const at::Tensor x = at::randn({4, 3, 64, 32}).contiguous(at::MemoryFormat::ChannelsLast);
        net.scores(net.forward(x)).square().sum().backward();
        for (const auto &item : net.named_parameters())
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
    }
};

DSCOPE_TEST(TestResnet)
#include "tst_resnet.moc"
