// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/network.h"
#include "core/threshold/livethreshold.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

using namespace dscope;

namespace {

/// The formula of tests/nets/data/reference.py.
void fill(const std::string &name, at::Tensor tensor)
{
    double s = 0;
    for (std::size_t place = 0; place < name.size(); ++place)
        s += static_cast<double>(place + 1) * static_cast<unsigned char>(name[place]);
    double centre = 0;
    double reach = 1;
    if (tensor.dim() > 1)
        reach = std::sqrt(6.0 / static_cast<double>(tensor.numel() / tensor.size(0)));
    else if (name == "features.weight") {
        tensor.fill_(1);
        return;
    } else if (name.ends_with("running_var")) {
        centre = 1;
        reach = 0.5;
    } else if (name.ends_with("running_mean") || name.ends_with("bias"))
        reach = 0.2;
    else if (name.ends_with("prelu.weight")) {
        centre = 0.25;
        reach = 0.15;
    } else {
        centre = 0.6;
        reach = 0.3;
    }
    float *values = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        const double wave = 43758.5453 * std::sin(12.9898 * static_cast<double>(i) + s);
        values[i] = static_cast<float>(centre + reach * (2 * (wave - std::floor(wave)) - 1));
    }
}

at::Tensor pictures(int side)
{
    at::Tensor x = at::empty({2, 3, side, side});
    float *out = x.data_ptr<float>();
    for (int n = 0; n < 2; ++n)
        for (int c = 0; c < 3; ++c)
            for (int y = 0; y < side; ++y)
                for (int column = 0; column < side; ++column)
                    *out++ = static_cast<float>(0.9 * std::sin(0.3 * y + 0.2 * column + c + 2.0 * n));
    return x;
}

} // namespace

/// The networks against tests/nets/data/reference.py, which is written apart from them.
class TestReference : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees_data()
    {
        QTest::addColumn<double>("gigaMac");
        QTest::addColumn<double>("megaParameters");
        // Published: IResNet-50 and -100 have 6.31 and 12.09 G MAC; parameters in millions. DDNet: 39.7 M MAC (protocols.md).
        // A zero is a figure that nobody has published; the layers' own sums are checked below for all.
        QTest::newRow("iresnet18cd") << 0.0 << 0.0;
        QTest::newRow("iresnet18") << 0.0 << 24.02;
        QTest::newRow("iresnet34") << 0.0 << 34.14;
        QTest::newRow("iresnet50") << 6.31 << 43.59;
        QTest::newRow("iresnet100") << 12.09 << 65.15;
        QTest::newRow("polynet") << 0.0 << 119.54;
        QTest::newRow("dlib-resnet") << 0.0 << 0.0;
        QTest::newRow("ddnet") << 0.0397 << 0.0;
        QTest::newRow("ddnet-resnet34cd") << 0.0 << 0.0;
        QTest::newRow("ddnet-resnet18") << 0.0 << 0.0;
    }
    void agrees()
    {
        QFETCH(double, gigaMac);
        QFETCH(double, megaParameters);
        const std::string architecture = QTest::currentDataTag();
        const Json expected = readJson(test::sourceDir() / "tests/nets/data/networks.json").at(architecture);
        const at::NoGradGuard guard;
        const int side = usualSpec(architecture).inputHeight;
        const auto net = createFaceNet(architecture);

        const StateDict tensors = stateDict(*net);
        std::string names;
        for (const auto &[name, tensor] : tensors) {
            names += name + ' ';
            for (std::int64_t i = 0; i < tensor.dim(); ++i)
                names.append(i > 0 ? "x" : "").append(std::to_string(tensor.size(i)));
            names += '\n';
            fill(name, tensor);
        }
        QCOMPARE(tensors.size(), expected.at("tensors").get<std::size_t>());
        QCOMPARE(sha256(names), expected.at("names").get<std::string>());

        std::int64_t parameters = 0;
        for (const at::Tensor &parameter : net->parameters())
            parameters += parameter.numel();
        QCOMPARE(parameters, expected.at("parameters").get<std::int64_t>());
        if (megaParameters > 0)
            QVERIFY(std::abs(static_cast<double>(parameters) / 1e6 - megaParameters) < 0.01);

        const Counted counted = countNetwork(*net, side, side);
        if (architecture == "iresnet100") { // the price of "as IResNet-100"
            QCOMPARE(counted.cost.mac, iresnet100Mac);
            QCOMPARE(counted.cost.flop, iresnet100Flop);
        }
        if (gigaMac > 0)
            QVERIFY2(std::abs(static_cast<double>(counted.cost.mac) / 1e9 / gigaMac - 1) < 0.005, qPrintable(QString::number(counted.cost.mac)));
        std::int64_t mac = 0;
        std::int64_t ofLayers = 0;
        for (const LayerInfo &layer : counted.layers) {
            mac += layer.mac;
            ofLayers += layer.parameters;
            QVERIFY2(!layer.name.empty() && !layer.output.empty(), (layer.name + layer.type).c_str());
        }
        QCOMPARE(mac, counted.cost.mac);
        QCOMPARE(ofLayers, parameters);

        net->eval();
        const at::Tensor x = pictures(side);
        for (const bool folded : {false, true}) {
            if (folded)
                net->foldBatchNorm();
            const at::Tensor y = net->forward(x.contiguous(at::MemoryFormat::ChannelsLast)).contiguous();
            QCOMPARE(y.sizes().vec(), (std::vector<std::int64_t>{2, expected.at("size").get<std::int64_t>()}));
            const double largest = expected.at("largest").get<double>();
            QVERIFY(std::abs(y.abs().max().item<double>() - largest) < 1e-4 * largest);
            for (std::int64_t n = 0; n < 2; ++n) {
                const auto values = expected.at("output").at(static_cast<std::size_t>(n)).get<std::vector<double>>();
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const double difference = std::abs(y[n][static_cast<std::int64_t>(i)].item<double>() - values[i]);
                    QVERIFY2(difference < 1e-4 * std::max(1.0, largest), qPrintable(QString::number(difference)));
                }
            }
        }
    }

    /// Convolution by convolution, as ddnetByHand() does it for the smallest.
    void macByHand_data()
    {
        QTest::addColumn<QList<int>>("blocks");
        QTest::addColumn<QList<qint64>>("channels");
        QTest::newRow("iresnet18cd") << QList<int>{2, 2, 2, 2} << QList<qint64>{8, 16, 32, 48};
        QTest::newRow("iresnet18") << QList<int>{2, 2, 2, 2} << QList<qint64>{64, 128, 256, 512};
        QTest::newRow("iresnet34") << QList<int>{3, 4, 6, 3} << QList<qint64>{64, 128, 256, 512};
        QTest::newRow("ddnet-resnet34cd") << QList<int>{3, 4, 6, 3} << QList<qint64>{8, 16, 32, 48};
        QTest::newRow("ddnet-resnet18") << QList<int>{2, 2, 2, 2} << QList<qint64>{64, 128, 256, 512};
    }
    void macByHand()
    {
        QFETCH(QList<int>, blocks);
        QFETCH(QList<qint64>, channels);
        const std::string architecture = QTest::currentDataTag();
        qint64 in = channels[0];
        qint64 pixels = 112 * 112;
        qint64 mac = 27 * in * pixels;
        for (qsizetype stage = 0; stage < 4; ++stage) {
            const qint64 out = channels[stage];
            mac += 9 * in * out * pixels + (9 * out * out + in * out) * pixels / 4 + (blocks[stage] - 1) * 18 * out * out * pixels / 4;
            in = out;
            pixels /= 4;
        }
        mac += architecture.starts_with("iresnet") ? in * 49 * (architecture.ends_with("cd") ? 128 : 512) : in;
        QCOMPARE(qint64(countCost(*createFaceNet(architecture), 112, 112).mac), mac);
    }

    /// As published: 95,366,600 parameters and 34.8 G MAC at 331 x 331 with 1000 classes, tensors by their public names.
    void polynetAsPublished()
    {
        const auto net = createFaceNet("polynet331");
        std::int64_t parameters = 0;
        for (const at::Tensor &parameter : net->parameters())
            parameters += parameter.numel();
        QCOMPARE(parameters, std::int64_t{95366600});
        const std::int64_t mac = countCost(*net, 331, 331).mac;
        QVERIFY2(std::abs(static_cast<double>(mac) / 34.82e9 - 1) < 0.005, qPrintable(QString::number(mac)));
        const StateDict tensors = stateDict(*net);
        for (const char *name :
             {"stem.conv2_long.1.conv.weight", "stage_a.4.blocks.1.path2.bn.running_var", "stage_b.0.path0_1x7.bn_blocks.2.weight",
              "stage_b.19.blocks.0.path1.conv.weight", "reduction_b.path2.1.conv.weight", "stage_c.8.conv2d_blocks.1.bn.bias", "last_linear.bias"})
            QVERIFY2(tensors.contains(name), name);
        // The face head's network shares everything up to stage C.
        const StateDict face = stateDict(*createFaceNet("polynet"));
        for (const auto &[name, tensor] : tensors)
            if (!name.starts_with("last_linear"))
                QVERIFY2(face.contains(name) && face.at(name).sizes() == tensor.sizes(), name.c_str());
        QCOMPARE(face.size(), tensors.size() - 2 + 11 - 1);
    }

    /// The network of the dlib models on a picture, against what dlib 19.24 gives for the same 150 x 150 pixels.
    void dlibAsPublished()
    {
        const ModelStore store;
        const auto spec = std::find_if(store.models().begin(), store.models().end(), [](const ModelSpec &one) { return one.name == "dlib-resnet"; });
        QVERIFY(spec != store.models().end());
        if (!spec->available())
            QSKIP("the weights of dlib-resnet are not here: the set-up fetches them");
        Picture face(173, 173);
        for (int y = 0; y < face.height; ++y)
            for (int x = 0; x < face.width; ++x)
                for (int c = 0; c < 3; ++c)
                    face.row(y)[3 * x + c] = static_cast<std::uint8_t>((7 * y * y + 13 * x * c + 5 * x * x + 29 * y * c + 31 * c) / 16 % 256);
        const std::array<double, 12> expected{-0.0920192227, 0.0879137069,  0.0423984528, -0.0448790193, -0.173505276, -0.0479615554,
                                              -0.0301737748, -0.0394689888, 0.104202829,  -0.0531496219, 0.143004328,  -0.0536530875};
        Progress progress;
        const std::vector<Picture> faces{face};
        const std::vector<float> embedding = Network::load(*spec, Device())->run(faces, progress);
        QCOMPARE(embedding.size(), std::size_t{128});
        double squares = 0;
        for (const float value : embedding)
            squares += static_cast<double>(value) * value;
        QVERIFY2(std::abs(std::sqrt(squares) - 1.31555605) < 1e-5, qPrintable(QString::number(std::sqrt(squares))));
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY2(std::abs(embedding[i] - expected[i]) < 1e-5, qPrintable(QString::number(embedding[i])));
    }

    /// The layers come in running order, under their modules' names.
    void layersAreNamed()
    {
        const auto net = createFaceNet("iresnet18");
        const std::vector<LayerInfo> layers = countNetwork(*net, 112, 112).layers;
        const std::vector<std::string> first{"conv1", "bn1", "prelu", "layer1.0.bn1", "layer1.0.conv1", "layer1.0.bn2", "layer1.0.prelu", "layer1.0.conv2"};
        QVERIFY(layers.size() > first.size());
        for (std::size_t i = 0; i < first.size(); ++i)
            QCOMPARE(layers[i].name, first[i]);
        QCOMPARE(layers[0].type, std::string("Conv"));
        QCOMPARE(layers[0].output, (std::vector<std::int64_t>{64, 112, 112}));
        QCOMPARE(layers[0].parameters, std::int64_t{27 * 64});
        QCOMPARE(layers[0].mac, std::int64_t{27 * 64} * 112 * 112);
        QCOMPARE(layers[1].type, std::string("BatchNormalization"));
        QCOMPARE(layers[1].parameters, std::int64_t{128});
        QCOMPARE(layers[2].type, std::string("PRelu"));
        const LayerInfo &fc = layers[layers.size() - 2];
        QCOMPARE(fc.name, std::string("fc"));
        QCOMPARE(fc.type, std::string("Gemm"));
        QCOMPARE(fc.mac, std::int64_t{25088 * 512});
        QCOMPARE(fc.parameters, std::int64_t{25088 * 512 + 512});
        QCOMPARE(layers.back().name, std::string("features"));
        QVERIFY(std::any_of(layers.begin(), layers.end(), [](const LayerInfo &layer) { return layer.type == "Add" && layer.name == "Add 1"; }));
    }

    /// A training step reaches every weight but the fixed one; channels-last is where oneDNN's backward pass has crashed.
    void iresnetTrains()
    {
        at::manual_seed(6);
        const auto net = createFaceNet("iresnet18");
        net->train();
        net->forward(at::randn({4, 3, 112, 112}).contiguous(at::MemoryFormat::ChannelsLast)).square().sum().backward();
        for (const auto &item : net->named_parameters()) {
            if (item.key() == "features.weight") {
                QVERIFY(!item.value().requires_grad());
                QVERIFY(!item.value().grad().defined());
                continue;
            }
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        }
        QVERIFY(net->named_parameters()["layer1.0.conv1.weight"].grad().abs().max().item<double>() > 0);
    }
};

DSCOPE_TEST(TestReference)
#include "tst_reference.moc"
