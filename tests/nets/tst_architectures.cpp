// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/netfixtures.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"
#include "core/threshold/livethreshold.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <fstream>

using namespace dscope;
using namespace dscope::test;

class TestArchitectures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recognised()
    {
        for (const std::string &architecture : faceNetArchitectures()) {
            StateDict tensors = stateDict(*createFaceNet(architecture));
            QVERIFY2(recogniseArchitecture(infoOf(tensors)) == architecture, architecture.c_str());
            QVERIFY2(recogniseArchitecture(infoOf(tensors, "module.")) == architecture, architecture.c_str());
            // Another stem is another network, and so is one without its last block or layer.
            for (auto &[name, tensor] : tensors)
                if (tensor.dim() > 1
                    && (name.starts_with("fc.") || name.starts_with("linear1.") || name.starts_with("conv3.") || name.starts_with("out.")
                        || name.starts_with("last_linear.") || name.starts_with("layer4.2.conv3.")))
                    tensor = tensor.slice(1, 1);
            QVERIFY2(!recogniseArchitecture(infoOf(tensors)), architecture.c_str());
        }
        StateDict shallow = stateDict(*createFaceNet("iresnet18"));
        std::erase_if(shallow, [](const auto &entry) { return entry.first.starts_with("layer3.1."); });
        QVERIFY(!recogniseArchitecture(infoOf(shallow)));
        QVERIFY(!recogniseArchitecture({}));
    }

    void usualInputs()
    {
        const ModelSpec arc = usualSpec("iresnet50");
        QVERIFY(arc.role == Role::Base && arc.rgb && arc.outputSize == 512 && arc.inputWidth == 112);
        QCOMPARE(arc.mean[0], 127.5F);
        QCOMPARE(arc.scale[2], 1 / 127.5F);
        QVERIFY(usualSpec("ddnet-resnet34cd").role == Role::DdNet);
        QCOMPARE(usualSpec("mobilefacenet-prelu").inputWidth, 96);
        // The same as the manifest's, which was made by hand.
        const ModelStore store({test::sourceDir() / "models"});
        for (const ModelSpec &model : store.models())
            if (model.role == Role::Base && model.architecture.starts_with("mobilefacenet")) {
                const ModelSpec usual = usualSpec(model.architecture);
                QCOMPARE(usual.inputWidth, model.inputWidth);
                QCOMPARE(usual.outputSize, model.outputSize);
                for (std::size_t c = 0; c < 3; ++c) {
                    QVERIFY(std::abs(usual.mean[c] - model.mean[c]) < 1e-4F);
                    QVERIFY(std::abs(usual.scale[c] / model.scale[c] - 1) < 1e-5F);
                }
            }
        QVERIFY_THROWS_EXCEPTION(Error, usualSpec("resnet-9000"));
    }

    /// A bare state dict in half precision, as trained by several processes, with a counter too many: found, loaded, and right.
    void bareStateDictIsUsed()
    {
        const QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/backbone.safetensors";
        const at::NoGradGuard guard;
        at::manual_seed(2);
        const auto net = createFaceNet("iresnet18");
        StateDict half;
        for (const auto &[name, tensor] : stateDict(*net))
            half["module." + name] = tensor.to(at::kHalf);
        half["module.bn1.num_batches_tracked"] = at::tensor(std::int64_t{7});
        writeSafetensors(path, half, {});
        const ModelSpec described = describeFile(path);
        QCOMPARE(described.architecture, std::string("iresnet18"));
        QCOMPARE(described.name, std::string("backbone"));
        const ModelStore store;
        const ModelSpec spec = store.find(path.string(), Role::Base);
        QVERIFY_THROWS_EXCEPTION(FileError, store.find(path.string(), Role::DdNet));
        const auto network = Network::load(spec, {});
        QCOMPARE(network->outputSize(), std::int64_t{512});
        std::int64_t mac = 0;
        std::int64_t parameters = 0;
        for (const LayerInfo &layer : network->layers()) {
            mac += layer.mac;
            parameters += layer.parameters;
        }
        QCOMPARE(mac, network->cost().mac);
        QCOMPARE(parameters, network->parameters());
        Picture face(112, 112);
        for (std::size_t i = 0; i < face.rgb.size(); ++i)
            face.rgb[i] = static_cast<std::uint8_t>(i * 7 % 251);
        Progress progress;
        const std::vector<float> values = network->run({&face, 1}, progress, 1);
        for (const auto &[name, tensor] : stateDict(*net))
            tensor.copy_(tensor.to(at::kHalf));
        net->eval();
        const at::Tensor direct = net->forward(prepareBatch({&face, 1}, spec)).contiguous();
        const at::Tensor ran = at::tensor(values).reshape({1, 512});
        QVERIFY((direct - ran).abs().max().item<double>() < 1e-4 * direct.abs().max().item<double>());
    }

    void publicStateDictIsRecognised()
    {
        const std::filesystem::path weights = test::sharedDir() / "weights" / "mobilefacenet_casia_068_xiaoccer.pt";
        DSCOPE_NEED(weights);
        QCOMPARE(describeFile(weights).architecture, std::string("mobilefacenet-prelu"));
        // The header says of every tensor what reading it does.
        const StateDict whole = readCheckpoint(weights).tensors;
        const StateDict header = readCheckpointHeader(weights).tensors;
        QCOMPARE(header.size(), whole.size());
        for (const auto &[name, tensor] : whole) {
            const at::Tensor &told = header.at(name);
            QVERIFY2(told.is_meta() && told.sizes() == tensor.sizes() && told.scalar_type() == tensor.scalar_type(), name.c_str());
        }
    }

    /// 40 GiB announced and there, but on no disk: only the header can have been read.
    void headersAreReadAlone()
    {
        const QTemporaryDir dir;
        const std::filesystem::path path = dir.path().toStdString() + "/large.safetensors";
        const std::int64_t size = std::int64_t{40} << 30;
        std::string header = R"({"w":{"dtype":"U8","shape":[)" + std::to_string(size) + R"(],"data_offsets":[0,)" + std::to_string(size) + "]}}";
        {
            std::ofstream out(path, std::ios::binary);
            for (int shift = 0; shift < 64; shift += 8)
                out.put(static_cast<char>(static_cast<std::uint64_t>(header.size()) >> shift));
            out << header;
        }
        std::error_code problem;
        std::filesystem::resize_file(path, 8 + header.size() + static_cast<std::uintmax_t>(size), problem);
        if (problem)
            QSKIP("this file system holds no file of 40 GiB with a hole");
        const WeightsInfo info = readWeightsInfo(path);
        QCOMPARE(info.values, size);
        QVERIFY_THROWS_EXCEPTION(FileError, readCheckpoint(path));
        QVERIFY_THROWS_EXCEPTION(FileError, describeFile(path));
    }

    void costWithoutWeights()
    {
        const ArchitectureCost ddnet = costOfArchitecture("ddnet");
        QCOMPARE(ddnet.cost.mac, std::int64_t{39651632});
        QCOMPARE(ddnet.cost.mac, shippedDdnetMac); // the price that stands in where features come without their DDNet
        QCOMPARE(ddnet.cost.flop, shippedDdnetFlop);
        QCOMPARE(ddnet.parameters, std::int64_t{122433});
    }
};

DSCOPE_TEST(TestArchitectures)
#include "tst_architectures.moc"
