// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/nets/checkpoint.h"
#include "core/nets/compact.h"
#include "core/nets/ddnet.h"
#include "core/nets/facenet.h"

#include <ATen/ATen.h>

using namespace dscope;

class TestFacenet : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shapeAndCost_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("width");
        QTest::addColumn<qint64>("output");
        QTest::addColumn<qint64>("mac");
        QTest::addColumn<qint64>("parameters");
        // DDNet: 39.7 M MAC as protocols.md counts it. The others: summed by hand over their layers.
        QTest::newRow("ddnet") << QStringLiteral("ddnet") << 112 << qint64{1} << qint64{39651632} << qint64{-1};
        QTest::newRow("casia") << QStringLiteral("mobilefacenet-prelu") << 96 << qint64{128} << qint64{189408256} << qint64{-1};
        QTest::newRow("ms1m") << QStringLiteral("mobilefacenet-relu6") << 112 << qint64{128} << qint64{233810432} << qint64{-1};
    }
    void shapeAndCost()
    {
        QFETCH(QString, architecture);
        QFETCH(int, width);
        QFETCH(qint64, output);
        QFETCH(qint64, mac);
        const at::NoGradGuard guard;
        const auto net = createFaceNet(architecture.toStdString());
        net->eval();
        const at::Tensor y = net->forward(at::randn({2, 3, 112, width}));
        QCOMPARE(y.dim(), std::int64_t{2});
        QCOMPARE(y.size(0), std::int64_t{2});
        QCOMPARE(qint64(y.size(1)), output);
        const Cost cost = countCost(*net, 112, width);
        QCOMPARE(qint64(cost.mac), mac);
        QVERIFY(cost.flop > 2 * cost.mac);
        QVERIFY(cost.flop < 2.2 * static_cast<double>(cost.mac));
    }

    /// The count follows the layers: done by hand for the DDNet, convolution by convolution.
    void ddnetByHand()
    {
        const std::int64_t side[] = {112, 56, 28, 14, 7};
        const std::int64_t channels[] = {8, 8, 16, 32, 48};
        std::int64_t mac = 27 * 8 * 112 * 112;
        for (int stage = 1; stage <= 4; ++stage) {
            const std::int64_t in = channels[stage - 1], out = channels[stage];
            const std::int64_t before = side[stage - 1] * side[stage - 1], after = side[stage] * side[stage];
            mac += 9 * in * out * before + 9 * out * out * after + in * out * after; // first block, the stride on its second convolution
            mac += 2 * 9 * out * out * after;                                        // second block
        }
        mac += 48; // the output
        DdNet net;
        QCOMPARE(countCost(net, 112, 112).mac, mac);
        QVERIFY(std::abs(static_cast<double>(mac) - 39.7e6) < 0.2e6);
    }

    void stateDictNames()
    {
        const StateDict ddnet = stateDict(DdNet());
        for (const char *name :
             {"conv1.weight", "bn1.running_var", "prelu.weight", "layer1.0.downsample.0.weight", "layer4.1.bn2.bias", "fc.weight", "fc.bias"})
            QVERIFY2(ddnet.contains(name), name);
        QVERIFY(!ddnet.contains("layer1.1.downsample.0.weight"));
        QVERIFY(stateDict(CompactNet()).contains("layer2.2.conv2.weight"));
    }

    void compactFitsItsSize()
    {
        std::int64_t parameters = 0;
        for (const auto &entry : stateDict(CompactNet()))
            parameters += entry.second.numel();
        QVERIFY2(parameters * 2 < 5'000'000, qPrintable(QString::number(parameters)));
        std::int64_t ofPeople = 0;
        for (const auto &entry : stateDict(CompactNet(CompactShape::people())))
            ofPeople += entry.second.numel();
        QVERIFY2(ofPeople * 2 < 3'000'000, qPrintable(QString::number(ofPeople)));
        const ModelSpec spec = usualSpec("compact-person");
        QCOMPARE(spec.task, std::string("reid"));
        const auto net = createFaceNet(spec.architecture);
        net->eval();
        QCOMPARE(net->forward(at::zeros({2, 3, spec.inputHeight, spec.inputWidth})).sizes(), at::IntArrayRef({2, 128}));
    }

    /// The stages are those of a quarter, an eighth and a sixteenth of the picture, and the last output is that of forward().
    void stagesHalve_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("width");
        QTest::addColumn<QList<qint64>>("channels");
        QTest::newRow("casia") << QStringLiteral("mobilefacenet-prelu") << 96 << QList<qint64>{64, 128, 128};
        QTest::newRow("ms1m") << QStringLiteral("mobilefacenet-relu6") << 112 << QList<qint64>{64, 128, 128};
        QTest::newRow("compact") << QStringLiteral("compact") << 112 << QList<qint64>{48, 96, 160};
        QTest::newRow("iresnet18cd") << QStringLiteral("iresnet18cd") << 112 << QList<qint64>{16, 32, 48};
        QTest::newRow("iresnet18") << QStringLiteral("iresnet18") << 112 << QList<qint64>{128, 256, 512};
    }
    void stagesHalve()
    {
        QFETCH(QString, architecture);
        QFETCH(int, width);
        QFETCH(QList<qint64>, channels);
        const at::NoGradGuard guard;
        at::manual_seed(4);
        const auto net = createFaceNet(architecture.toStdString());
        net->eval();
        const at::Tensor x = at::randn({2, 3, 112, width});
        const std::vector<at::Tensor> outputs = net->stages(x);
        QCOMPARE(outputs.size(), std::size_t{4});
        for (std::size_t i = 0; i < 3; ++i)
            QCOMPARE(outputs[i].sizes().vec(), (std::vector<std::int64_t>{2, channels[static_cast<qsizetype>(i)], 28 >> i, width / 4 >> i}));
        QVERIFY(at::equal(outputs.back(), net->forward(x)));
        QVERIFY(createFaceNet("ddnet")->stages(at::zeros({1, 3, 112, 112})).empty());
    }

    void foldingChangesNothing_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const std::string &name : faceNetArchitectures())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    void foldingChangesNothing()
    {
        QFETCH(QString, architecture);
        const at::NoGradGuard guard;
        at::manual_seed(3);
        const auto net = createFaceNet(architecture.toStdString());
        // Batch-norms away from the identity, or the test would pass with the folding left out.
        for (const auto &item : net->named_buffers())
            if (item.key().ends_with("running_mean"))
                item.value().normal_(0, 0.3);
            else if (item.key().ends_with("running_var"))
                item.value().uniform_(0.5, 2);
        for (const auto &item : net->named_parameters())
            if (item.value().dim() == 1)
                item.value().uniform_(0.2, 1.2);
        net->eval();
        ModelSpec spec = usualSpec(architecture.toStdString());
        if (architecture == QStringLiteral("polynet331"))
            spec.inputWidth = spec.inputHeight = 112; // a tenth of the time
        const at::Tensor x = at::randn({2, 3, spec.inputHeight, spec.inputWidth});
        const at::Tensor before = net->forward(x);
        net->foldBatchNorm();
        const at::Tensor after = net->forward(x);
        const double scale = before.abs().max().item<double>();
        QVERIFY((before - after).abs().max().item<double>() < 1e-4 * std::max(1.0, scale));

        // What folding has made is known to the module, or it would stay behind when the network moves to a GPU.
        const std::vector<at::Tensor> known = net->parameters();
        for (const auto &module : net->modules())
            if (const auto *conv = module->as<torch::nn::Conv2dImpl>(); conv != nullptr && conv->bias.defined())
                QVERIFY(std::any_of(known.begin(), known.end(), [&](const at::Tensor &one) { return one.is_same(conv->bias); }));
    }

    void prepareFollowsTheManifest()
    {
        Picture picture(112, 112);
        for (int y = 0; y < 112; ++y)
            for (int x = 0; x < 112; ++x) {
                picture.row(y)[3 * x] = static_cast<std::uint8_t>(x);
                picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(y);
                picture.row(y)[3 * x + 2] = 200;
            }
        ModelSpec spec;
        spec.inputWidth = 96;
        const at::Tensor rgb = prepareBatch({&picture, 1}, spec);
        QVERIFY(rgb.sizes() == at::IntArrayRef({1, 3, 112, 96}));
        // Eight columns go off each side: the first one left is x = 8.
        QCOMPARE(rgb[0][0][5][0].item<float>(), (8 - 127.5F) / 128);
        QCOMPARE(rgb[0][1][5][0].item<float>(), (5 - 127.5F) / 128);
        // By way of the bytes, as they go to a GPU: the same bits, and the same layout.
        const auto sameByBytes = [&](const at::Tensor &direct) {
            const at::Tensor other = batchOfBytes(batchBytes({&picture, 1}, spec, false), spec);
            return at::equal(direct, other) && other.strides() == direct.strides();
        };
        QVERIFY(sameByBytes(rgb));
        spec.rgb = false;
        spec.mean = {10, 20, 30};
        spec.scale = {1, 2, 3};
        const at::Tensor bgr = prepareBatch({&picture, 1}, spec);
        QVERIFY(sameByBytes(bgr));
        QCOMPARE(bgr[0][0][5][3].item<float>(), 190.F);
        QCOMPARE(bgr[0][2][5][3].item<float>(), (11 - 30) * 3.F);
        const Picture small(64, 64);
        QVERIFY_THROWS_EXCEPTION(Error, prepareBatch({&small, 1}, spec));
    }

    /// A face of 112 for a network with a larger input is enlarged, then cropped in its middle where the input is no square.
    void smallFacesAreEnlargedForLargeInputs()
    {
        Picture picture(112, 112);
        for (int y = 0; y < 112; ++y)
            for (int x = 0; x < 112; ++x) {
                picture.row(y)[3 * x] = static_cast<std::uint8_t>(2 * x);
                picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(2 * y);
            }
        ModelSpec spec;
        spec.inputHeight = 224;
        spec.inputWidth = 192;
        spec.mean = {0, 0, 0};
        spec.scale = {1, 1, 1};
        const at::Tensor batch = prepareBatch({&picture, 1}, spec);
        QVERIFY(batch.sizes() == at::IntArrayRef({1, 3, 224, 192}));
        // Column x of the input is column x + 16 of 224, which lies at (x + 16.5) / 2 - 0.5 of 112.
        for (const int x : {0, 50, 191})
            QVERIFY(std::abs(batch[0][0][100][x].item<float>() - 2 * ((static_cast<float>(x) + 16.5F) / 2 - 0.5F)) <= 0.51F);
        QVERIFY(std::abs(batch[0][1][100][7].item<float>() - 2 * (100.5F / 2 - 0.5F)) <= 0.51F);
        QVERIFY(at::equal(batch, batchOfBytes(batchBytes({&picture, 1}, spec, false), spec)));
        // One that has the size is taken as it is; one that is neither is refused.
        const Picture exact(192, 224);
        QVERIFY(prepareBatch({&exact, 1}, spec).abs().max().item<float>() == 0);
        const Picture narrow(100, 224);
        QVERIFY_THROWS_EXCEPTION(Error, prepareBatch({&narrow, 1}, spec));
    }

    void unknownArchitectureIsNamed()
    {
        try {
            createFaceNet("resnet-9000");
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("mobilefacenet-prelu")));
        }
    }

    /// A strided 1x1 convolution's backward pass on channels-last input crashes in oneDNN (libtorch 1.13; with AVX-512 also 2.11). Our
    /// networks take the stride apart from the convolution; that must give the same values and gradients, and not crash.
    void stridedShortcutBackwardOnChannelsLast()
    {
        torch::nn::Module parent;
        const IrBlock block(parent, 8, 16, 2, false);
        QVERIFY(block.shortcut->options.stride()->at(0) == 1);
        for (int round = 0; round < 5; ++round) {
            const at::Tensor x = at::randn({4, 8, 28, 28}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
            const at::Tensor y = block.shortcut.ptr()->forward(block.subsampled(x));
            y.square().sum().backward();
            // The reference: the strided convolution as a matrix product.
            const at::Tensor plain = x.detach().contiguous().requires_grad_();
            const at::Tensor weight = block.shortcut->weight.detach().clone().requires_grad_();
            const at::Tensor columns = at::im2col(plain, {1, 1}, {1, 1}, {0, 0}, {2, 2});
            const at::Tensor reference = weight.reshape({16, 8}).matmul(columns).reshape({4, 16, 14, 14});
            reference.square().sum().backward();
            QVERIFY(at::allclose(y, reference, 1e-4, 1e-4));
            QVERIFY(at::allclose(x.grad(), plain.grad(), 1e-3, 1e-3));
            QVERIFY(at::allclose(block.shortcut->weight.grad(), weight.grad(), 1e-3, 1e-2));
            block.shortcut->weight.mutable_grad().reset();
        }
    }

    /// A whole training step of the DDNet on channels-last input, where the crash was met.
    void ddnetTrainsOnChannelsLast()
    {
        DdNet net;
        net.train();
        const at::Tensor x = at::randn({64, 3, 112, 112}).contiguous(at::MemoryFormat::ChannelsLast);
        net.forward(x).sum().backward();
        for (const auto &item : net.named_parameters())
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
    }
};

DSCOPE_TEST(TestFacenet)
#include "tst_facenet.moc"
