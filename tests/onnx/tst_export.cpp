// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"
#include "core/onnx/executor.h"
#include "core/onnx/exporter.h"
#include "core/onnx/onnxnetwork.h"

#include <QTemporaryDir>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/types.h>

#include <cmath>

using namespace dscope;
namespace fs = std::filesystem;

/// Every architecture of the program written as ONNX, and taken up again as a model like any other.
class TestExport : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path m_root{m_folder.path().toStdString()};

    /// Weights as after some training: no batch-norm is the identity.
    ModelSpec written(const std::string &architecture)
    {
        torch::manual_seed(3);
        const at::NoGradGuard guard;
        const std::shared_ptr<FaceNet> net = createFaceNet(architecture);
        for (const auto &item : net->named_parameters())
            if (item.key().find("bn") != std::string::npos || item.key().find("prelu") != std::string::npos)
                item.value().add_(0.1 * at::randn_like(item.value()));
        for (const auto &item : net->named_buffers())
            if (item.key().ends_with("running_mean"))
                item.value().copy_(0.1 * at::randn_like(item.value()));
            else if (item.key().ends_with("running_var"))
                item.value().copy_(1 + 0.5 * at::rand_like(item.value()));
        ModelSpec spec = usualSpec(architecture);
        spec.name = "made-" + architecture;
        spec.path = m_root / (architecture + ".safetensors");
        spec.file = spec.path.filename().string();
        writeSafetensors(spec.path, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
        return spec;
    }

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    void architectures_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string &name : faceNetArchitectures())
            if (name != "iresnet34" && name != "iresnet50" && name != "iresnet100" && name != "ddnet-resnet18"
                && name != "polynet331") // the same blocks, more of them
                QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    void architectures()
    {
        QFETCH(QString, name);
        const ModelSpec spec = written(name.toStdString());
        const fs::path out = m_root / (name.toStdString() + ".onnx");
        Progress progress;
        const ExportCheck check = exportOnnx(spec, out, progress);
        qInfo("executor %.1e, OpenCV %.1e", check.executor, check.opencv);
        QVERIFY(check.executor < s_exportTolerance && check.opencv < s_exportTolerance);

        // Known without the sidecar, too: the file says it all.
        QVERIFY(fs::exists(sidecarOf(out)));
        fs::remove(sidecarOf(out));
        const ModelSpec again = describeFile(out);
        QCOMPARE(again.architecture, std::string("onnx"));
        QCOMPARE(again.role, spec.role);
        QCOMPARE(again.mean, spec.mean);
        QCOMPARE(again.inputWidth, spec.inputWidth);
        const auto before = Network::load(spec, Device{});
        const auto after = Network::load(again, Device{});
        QCOMPARE(after->outputSize(), before->outputSize());
        std::vector<Picture> faces;
        for (int i = 0; i < 9; ++i) {
            Picture face(112, 112);
            Random random(2, static_cast<std::uint64_t>(i));
            for (std::uint8_t &value : face.rgb)
                value = static_cast<std::uint8_t>(random.below(256));
            faces.push_back(std::move(face));
        }
        const std::vector<float> expected = before->run(faces, progress);
        const std::vector<float> got = after->run(faces, progress);
        QCOMPARE(got.size(), expected.size());
        float largest = 0;
        float apart = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            largest = std::max(largest, std::abs(expected[i]));
            apart = std::max(apart, std::abs(expected[i] - got[i]));
        }
        QVERIFY(largest > 0);
        QVERIFY2(apart < 1e-4F * largest, std::to_string(apart / largest).c_str());
        QVERIFY(!after->layers().empty());
        QCOMPARE(after->cost().mac, before->cost().mac);
    }

    void safetensorsAndBack()
    {
        const ModelSpec spec = written("ddnet");
        const fs::path out = m_root / "again.safetensors";
        Progress progress;
        exportSafetensors(spec, out, progress);
        const ModelSpec again = describeFile(out);
        QCOMPARE(again.architecture, std::string("ddnet"));
        QCOMPARE(again.name, spec.name);
        const StateDict first = readStateDict(spec.path);
        const StateDict second = readStateDict(out);
        QCOMPARE(first.size(), second.size());
        for (const auto &[key, value] : first)
            QVERIFY(at::equal(value, second.at(key)));
    }

    void whatCannotBeWritten()
    {
        Progress progress;
        ModelSpec foreign;
        foreign.name = "foreign";
        foreign.architecture = "torchscript";
        QVERIFY_THROWS_EXCEPTION(Error, exportOnnx(foreign, m_root / "foreign.onnx", progress));
        QVERIFY(!fs::exists(m_root / "foreign.onnx"));
        // Weights of another network than the description says.
        ModelSpec wrong = written("ddnet");
        wrong.architecture = "compact";
        QVERIFY_THROWS_EXCEPTION(Error, exportOnnx(wrong, m_root / "wrong.onnx", progress));
        QVERIFY(!fs::exists(m_root / "wrong.onnx"));
    }
};

DSCOPE_TEST(TestExport)
#include "tst_export.moc"
