// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/netfixtures.h"
#include "tests/support/support.h"
#include "tests/support/torchfiles.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/facenet.h"
#include "core/nets/inputside.h"
#include "core/nets/library.h"
#include "core/nets/recognise.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;
namespace p = dscope::test::pickled;

namespace {

std::vector<Clip> someClips(int count, int frames, int side)
{
    std::vector<Clip> clips;
    for (int n = 0; n < count; ++n) {
        std::vector<Picture> pictures;
        for (int t = 0; t < frames; ++t) {
            Picture &picture = pictures.emplace_back(side, side);
            for (std::size_t i = 0; i < picture.rgb.size(); ++i)
                picture.rgb[i] = static_cast<std::uint8_t>((i * 7 + static_cast<std::size_t>(31 * t + 5 * n)) % 251);
        }
        clips.emplace_back(std::move(pictures));
    }
    return clips;
}

} // namespace

/// Networks on clips by their files.
class TestClipweights : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path written(const std::string &name, const std::string &bytes) const
    {
        const auto path = std::filesystem::path(m_dir.path().toStdString()) / name;
        writeAtomically(path, bytes);
        return path;
    }

private Q_SLOTS:
    void recognised_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const std::string &name : clipNetArchitectures())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    /// Each by its tensors, as no other, with its classes; not where a layer is of another width or missing.
    void recognised()
    {
        QFETCH(QString, architecture);
        const std::string name = architecture.toStdString();
        const bool score = usualSpec(name).role == Role::DdNet;
        const StateDict tensors = stateDict(*createFaceNet(name, 7));
        for (const char *prefix : {"", "module.", "model.backbone."}) {
            const auto found = recogniseWeights(infoOf(tensors, prefix));
            QVERIFY2(found && found->architecture == name, prefix);
            QCOMPARE(found->classes, std::int64_t{score ? 0 : 7});
            QCOMPARE(found->prefix, std::string(prefix));
            QCOMPARE(classesIn(infoOf(tensors, prefix), name), found->classes);
        }
        QCOMPARE(classesIn(infoOf(tensors), "ddnet"), std::int64_t{0});
        // Without its last layer, or its last block, or with one more.
        StateDict bare = tensors;
        std::erase_if(bare, [](const auto &entry) { return entry.first.starts_with("fc.") || entry.first.starts_with("head."); });
        QVERIFY(!recogniseArchitecture(infoOf(bare)));
        StateDict shallow = tensors;
        std::erase_if(shallow, [](const auto &entry) { return entry.first.starts_with("layer4.0.") || entry.first.starts_with("s5.pathway0_res2."); });
        QVERIFY(recogniseArchitecture(infoOf(shallow)) != name);
        StateDict narrow = tensors;
        for (auto &[key, tensor] : narrow)
            if (tensor.dim() == 5 && tensor.size(1) == 3)
                tensor = tensor.slice(0, 1);
        QVERIFY(!recogniseArchitecture(infoOf(narrow)));
        StateDict absurd = tensors;
        for (auto &[key, tensor] : absurd)
            if (key == "fc.weight" || key == "head.projection.weight")
                tensor = at::empty({std::int64_t{1} << 40, tensor.size(1)}, at::kMeta);
        QVERIFY(!recogniseArchitecture(infoOf(absurd)));
    }

    void usualCosts_data() { recognised_data(); }
    /// What is said of each without running it is what running it counts.
    void usualCosts()
    {
        QFETCH(QString, architecture);
        const at::NoGradGuard guard;
        const auto net = createFaceNet(architecture.toStdString());
        const ArchitectureCost said = costOfArchitecture(architecture.toStdString());
        std::int64_t parameters = 0;
        for (const at::Tensor &parameter : net->parameters())
            parameters += parameter.numel();
        QCOMPARE(said.parameters, parameters);
        const Cost counted = countNetwork(*net, elementInput(usualSpec(architecture.toStdString()))).cost;
        QCOMPARE(said.cost.mac, counted.mac);
        QCOMPARE(said.cost.flop, counted.flop);
    }

    /// Hara's networks of pre-activation have the same names; they compute otherwise.
    void preActivationIsAnother()
    {
        StateDict tensors = stateDict(*createFaceNet("resnet3d10"));
        QVERIFY(recogniseArchitecture(infoOf(tensors)) == "resnet3d10");
        tensors["layer2.0.bn1.weight"] = at::zeros({64});
        QVERIFY(!recogniseArchitecture(infoOf(tensors)));
        const std::string told = whyNotRecognised(infoOf(tensors));
        QVERIFY2(told.find("resnet3d10") != std::string::npos && told.find("layer2.0.bn1.weight") != std::string::npos, told.c_str());
    }

    void usualInputs_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("frames");
        QTest::addColumn<int>("side");
        QTest::addColumn<double>("red"); ///< mean, of 0 to 1
        QTest::addColumn<double>("deviation");
        QTest::addColumn<double>("rate");
        QTest::addColumn<int>("stride");
        QTest::newRow("resnet3d50") << QStringLiteral("resnet3d50") << 16 << 112 << 0.4345 << 0.2768 << 0.0 << 1;
        QTest::newRow("r2plus1d50") << QStringLiteral("r2plus1d50") << 16 << 112 << 0.4345 << 0.2768 << 0.0 << 1;
        QTest::newRow("r3d_18") << QStringLiteral("torchvision-r3d18") << 16 << 112 << 0.43216 << 0.22803 << 15.0 << 1;
        QTest::newRow("slowfast") << QStringLiteral("slowfast50-8x8") << 32 << 256 << 0.45 << 0.225 << 30.0 << 2;
        QTest::newRow("ddnet-3d") << QStringLiteral("ddnet-3d") << 16 << 112 << 0.5 << 128 / 255.0 << 30.0 << 1;
    }
    void usualInputs()
    {
        QFETCH(QString, architecture);
        QFETCH(int, frames);
        QFETCH(int, side);
        QFETCH(double, red);
        QFETCH(double, deviation);
        QFETCH(double, rate);
        QFETCH(int, stride);
        const ModelSpec spec = usualSpec(architecture.toStdString());
        QCOMPARE(spec.inputFrames, frames);
        QVERIFY(spec.inputHeight == side && spec.inputWidth == side && spec.rgb);
        QVERIFY(std::abs(spec.mean[0] - 255 * red) < 1e-3);
        QVERIFY(std::abs(spec.scale[0] * 255 * deviation - 1) < 1e-5);
        const auto sampling = usualSampling(architecture.toStdString());
        QVERIFY(sampling && sampling->rate == rate && sampling->stride == stride);
        QVERIFY(!usualSampling("resnet50"));
    }

    void files_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("wrapped");
        QTest::addColumn<QString>("prefix");
        QTest::newRow("safetensors") << QStringLiteral("resnet3d18-eighth") << QString() << QString();
        QTest::newRow("as Hara saves") << QStringLiteral("resnet3d18-eighth") << QStringLiteral("state_dict") << QStringLiteral("module.");
        QTest::newRow("as SlowFast saves") << QStringLiteral("slowfast50-4x16") << QStringLiteral("model_state") << QString();
        QTest::newRow("torchvision") << QStringLiteral("torchvision-r2plus1d18") << QString() << QStringLiteral("module.");
        QTest::newRow("a DDNet") << QStringLiteral("ddnet-3d") << QStringLiteral("state_dict") << QStringLiteral("module.");
    }
    /// Opened as any other network is, they give what the module gives; saved anew, too.
    void files()
    {
        QFETCH(QString, architecture);
        QFETCH(QString, wrapped);
        QFETCH(QString, prefix);
        const std::string name = architecture.toStdString();
        const at::NoGradGuard guard;
        at::manual_seed(9);
        const auto net = createFaceNet(name, 7);
        net->eval();
        const StateDict own = stateDict(*net);
        std::filesystem::path path;
        if (wrapped.isEmpty()) {
            StateDict tensors;
            for (const auto &[key, tensor] : own)
                tensors[prefix.toStdString() + key] = tensor;
            path = std::filesystem::path(m_dir.path().toStdString()) / "kinetics.safetensors";
            writeSafetensors(path, tensors, {});
        } else {
            TorchFile made;
            path = written("kinetics.pth", made.zip(p::dict({{"epoch", p::number(200)}, {wrapped.toStdString(), made.stateDict(own, prefix.toStdString())}})));
        }
        ModelSpec spec = describeFile(path);
        QCOMPARE(spec.architecture, name);
        const bool score = spec.role == Role::DdNet;
        QCOMPARE(spec.outputSize, std::int64_t{score ? 1 : 7});
        QCOMPARE(spec.inputFrames, usualSpec(name).inputFrames);
        // Its size is the description's.
        spec.inputHeight = spec.inputWidth = 64;
        spec.inputFrames = 8;
        QVERIFY_THROWS_EXCEPTION(FileError, Network::load(spec, {}, {.use = score ? Use::Score : Use::Embedding}));
        const auto network = Network::load(spec, {}, {.use = score ? Use::Score : Use::Embedding, .clips = true});
        QCOMPARE(network->outputSize(), spec.outputSize);
        std::int64_t mac = 0;
        std::int64_t parameters = 0;
        for (const LayerInfo &layer : network->layers()) {
            mac += layer.mac;
            parameters += layer.parameters;
        }
        QVERIFY(mac > 0);
        QCOMPARE(mac, network->cost().mac);
        QCOMPARE(parameters, network->parameters());

        const std::vector<Clip> clips = someClips(3, 8, 112);
        std::vector<Picture> frames;
        for (const Clip &clip : clips)
            frames.insert(frames.end(), clip.begin(), clip.end());
        Progress progress;
        const at::Tensor ran = at::tensor(network->runClips(clips, progress)).reshape({3, -1});
        const at::Tensor direct = net->forward(prepareBatch(frames, spec).contiguous());
        QVERIFY(ran.sizes() == direct.sizes());
        QVERIFY((direct - ran).abs().max().item<double>() < 1e-4 * direct.abs().max().item<double>());

        // Another number of classes than the file has is said.
        if (!score) {
            spec.outputSize = 8;
            QVERIFY_THROWS_EXCEPTION(FileError, Network::load(spec, {}, {.clips = true}));
        }
    }
};

DSCOPE_TEST(TestClipweights)
#include "tst_clipweights.moc"
