// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/nets/facenet.h"
#include "core/nets/library.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <QTemporaryDir>

using namespace dscope;

namespace {

constexpr const char *s_pooled = "def forward(self, x):\n  return torch.matmul(torch.flatten(torch.avg_pool2d(x, [16, 16]), 1), self.weight)\n";

/// Writes a network of 147 x `outputs` weights whose forward() is `source`. @return its weights
at::Tensor writeScript(const std::filesystem::path &path, const std::string &source, std::int64_t outputs = 5, std::uint64_t seed = 1)
{
    at::manual_seed(seed);
    const at::Tensor weight = at::randn({147, outputs});
    torch::jit::Module module("Made");
    module.register_parameter("weight", weight, false);
    module.define(source);
    module.save(path.string());
    return weight;
}

std::vector<Picture> faces(int count)
{
    std::vector<Picture> made(static_cast<std::size_t>(count), Picture(112, 112));
    for (std::size_t n = 0; n < made.size(); ++n)
        for (std::size_t i = 0; i < made[n].rgb.size(); ++i)
            made[n].rgb[i] = static_cast<std::uint8_t>((i * (n + 3)) % 253);
    return made;
}

QString complaint(const ModelSpec &spec, const LoadOptions &options)
{
    try {
        Network::load(spec, {}, options);
    } catch (const FileError &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

constexpr LoadOptions s_trust{false, true};

} // namespace

class TestTorchscript : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_file = m_dir->path().toStdString() + "/net.pt";
        qputenv("XDG_DATA_HOME", m_dir->path().toUtf8() + "/data"); // where the list of added models lies
    }
    void cleanup() { qunsetenv("XDG_DATA_HOME"); }

    void refusedUntilTrusted()
    {
        writeScript(m_file, s_pooled);
        const ModelSpec spec = describeFile(m_file);
        QCOMPARE(spec.architecture, std::string("torchscript"));
        QVERIFY2(complaint(spec, {}).contains(QStringLiteral("--trust-model-code")), qPrintable(complaint(spec, {})));
        QVERIFY(complaint(spec, s_trust).isEmpty());
        QVERIFY(!complaint(spec, {}).isEmpty()); // trust for one loading is not kept

        trustModelCode(true);
        QVERIFY(complaint(spec, {}).isEmpty());
        trustModelCode(false);
        QVERIFY(!complaint(spec, {}).isEmpty());

        QVERIFY_THROWS_EXCEPTION(FileError, addModel(m_file));
        addModel(m_file, true);
        QVERIFY(complaint(spec, {}).isEmpty());
        // The trust is for that content only.
        writeScript(m_file, s_pooled, 5, 2);
        QVERIFY(complaint(spec, {}).contains(QStringLiteral("trust")));
        // And a copy elsewhere is another file.
        ModelSpec other = spec;
        other.path = m_dir->path().toStdString() + "/copy.pt";
        addModel(m_file, true);
        std::filesystem::copy_file(m_file, other.path);
        QVERIFY(complaint(spec, {}).isEmpty());
        QVERIFY(!complaint(other, {}).isEmpty());
    }

    /// One value a picture is a score: no base, whoever loads it (label, extraction, export), but a scorer.
    void oneValueIsNoEmbedding()
    {
        writeScript(m_file, s_pooled, 1);
        const ModelSpec spec = describeFile(m_file);
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("no embedding")), qPrintable(complaint(spec, s_trust)));
        LoadOptions options = s_trust;
        options.use = Use::Score;
        QCOMPARE(Network::load(spec, {}, options)->outputSize(), std::int64_t{1});
        options.use = Use::Any; // `info` tells of it
        QCOMPARE(Network::load(spec, {}, options)->outputSize(), std::int64_t{1});
        writeScript(m_file, s_pooled, 2);
        QVERIFY(complaint(describeFile(m_file), s_trust).isEmpty());
    }

    void runsAndCounts()
    {
        const at::Tensor weight = writeScript(m_file, s_pooled);
        const auto network = Network::load(describeFile(m_file), {}, s_trust);
        QCOMPARE(network->outputSize(), std::int64_t{5});
        QCOMPARE(network->hash(), sha256File(m_file));
        QCOMPARE(network->parameters(), std::int64_t{147 * 5});
        QCOMPARE(network->cost().mac, std::int64_t{147 * 5});
        QCOMPARE(network->cost().flop, std::int64_t{2 * 147 * 5 + 3 * 112 * 112}); // and the pooling reads every value once
        QCOMPARE(network->layers().size(), std::size_t{2});
        QCOMPARE(network->layers()[1].type, std::string("MatMul"));
        QCOMPARE(network->layers()[1].parameters, std::int64_t{147 * 5});
        Progress progress;
        const std::vector<Picture> pictures = faces(11);
        const std::vector<float> values = network->run(pictures, progress, 4);
        QCOMPARE(values.size(), std::size_t{55});
        const at::Tensor expected = at::avg_pool2d(prepareBatch(pictures, network->spec()), {16, 16}).flatten(1).matmul(weight);
        QVERIFY(at::allclose(at::tensor(values).reshape({11, 5}), expected, 1e-4, 1e-5));
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, network->run(pictures, progress, 4));
    }

    /// Convolutions as a tracer writes them are counted too, with the module's name.
    void convolutionsAreCounted()
    {
        torch::jit::Module inner("Inner");
        inner.register_parameter("weight", at::randn({4, 3, 3, 3}), false);
        inner.define(
            "def forward(self, x):\n  return torch._convolution(x, self.weight, None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, False, False, True, True)\n");
        torch::jit::Module outer("Outer");
        outer.register_module("stem", inner);
        outer.define("def forward(self, x):\n  return torch.mean(torch.relu_(self.stem.forward(x)), [2, 3])\n");
        outer.save(m_file.string());
        const auto network = Network::load(describeFile(m_file), {}, s_trust);
        QCOMPARE(network->cost().mac, std::int64_t{27 * 4} * 56 * 56);
        QCOMPARE(network->layers().size(), std::size_t{3});
        QCOMPARE(network->layers()[0].name, std::string("stem"));
        QCOMPARE(network->layers()[0].output, (std::vector<std::int64_t>{4, 56, 56}));
        QCOMPARE(network->layers()[1].type, std::string("Relu"));
    }

    /// A network that was traced with a batch of one gets one picture at a time.
    void fixedToOnePicture()
    {
        const at::Tensor weight =
            writeScript(m_file, "def forward(self, x):\n  return torch.matmul(torch.reshape(torch.avg_pool2d(x, [16, 16]), [1, 147]), self.weight)\n");
        const auto network = Network::load(describeFile(m_file), {}, s_trust);
        Progress progress;
        const std::vector<Picture> pictures = faces(3);
        const std::vector<float> values = network->run(pictures, progress, 32);
        const at::Tensor expected = at::avg_pool2d(prepareBatch(pictures, network->spec()), {16, 16}).flatten(1).matmul(weight);
        QVERIFY(at::allclose(at::tensor(values).reshape({3, 5}), expected, 1e-4, 1e-5));
    }

    void whatItGivesIsChecked()
    {
        writeScript(m_file, s_pooled);
        ModelSpec spec = describeFile(m_file);
        spec.outputSize = 128;
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("128")), qPrintable(complaint(spec, s_trust)));
        spec.outputSize = 0;
        spec.sha256 = std::string(64, '0');
        QVERIFY(complaint(spec, s_trust).contains(QStringLiteral("SHA-256")));
        spec.sha256.clear();

        writeScript(m_file, "def forward(self, x):\n  return torch.div(torch.flatten(x, 1), torch.sub(x, x).flatten(1))\n");
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("no numbers")), qPrintable(complaint(spec, s_trust)));
        writeScript(m_file, "def forward(self, x):\n  return 3\n");
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("tensor")), qPrintable(complaint(spec, s_trust)));
        writeScript(m_file, "def forward(self, x):\n  return torch.matmul(x, self.weight)\n");
        const QString said = complaint(spec, s_trust);
        QVERIFY2(said.contains(QStringLiteral("fails when it runs")) && !said.contains(QLatin1Char('\n')) && said.size() < 600, qPrintable(said));

        spec.role = Role::DdNet;
        spec.outputSize = 1;
        writeScript(m_file, "def forward(self, x):\n  return torch.add(torch.mean(x, [1, 2, 3]), 7).unsqueeze(1)\n");
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("no DDNet")), qPrintable(complaint(spec, s_trust)));
        writeScript(m_file, "def forward(self, x):\n  return (torch.sigmoid(torch.mean(x, [1, 2, 3])), x)\n");
        QVERIFY2(complaint(spec, s_trust).isEmpty(), qPrintable(complaint(spec, s_trust)));
    }

    void damagedFile()
    {
        writeScript(m_file, s_pooled);
        const ModelSpec spec = describeFile(m_file);
        std::filesystem::resize_file(m_file, std::filesystem::file_size(m_file) / 2);
        QVERIFY2(complaint(spec, s_trust).contains(QStringLiteral("cannot be loaded")), qPrintable(complaint(spec, s_trust)));
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    std::filesystem::path m_file;
};

DSCOPE_TEST(TestTorchscript)
#include "tst_torchscript.moc"
