// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"
#include "tests/support/torchfiles.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nets/checkpoint.h"
#include "core/nets/ddnet.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <cstring>

using namespace dscope;

namespace {

std::string shortText(const std::string &text)
{
    return std::string("X") + static_cast<char>(text.size()) + std::string(3, '\0') + text;
}

/// {"w": tensor of shape [2, 3] on storage "0"}, protocol 2.
std::string pickle(int size1 = 2, int size2 = 3)
{
    return std::string("\x80\x02}") + shortText("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + shortText("storage") + "ctorch\nFloatStorage\n"
        + shortText("0") + shortText("cpu") + "K\x06tQK" + std::string(1, '\0') + "K" + static_cast<char>(size1) + "K" + static_cast<char>(size2) + "\x86K"
        + static_cast<char>(size2) + "K\x01\x86tRs.";
}

std::string floats(int count)
{
    std::string bytes;
    for (int i = 0; i < count; ++i) {
        const float value = static_cast<float>(i);
        bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    }
    return bytes;
}

QString failure(const std::filesystem::path &path)
{
    try {
        readCheckpoint(path);
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A safetensors file begins with the length of its header, which may look like any other format's first bytes: 0x80 of a pickle, "PK" of a zip.
    void headerLengthIsNoMagicNumber()
    {
        for (const std::size_t length : {std::size_t{0x80}, std::size_t{0x180}, std::size_t{0x4b50}}) {
            std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
            header.resize(length, ' ');
            std::string file;
            for (int i = 0; i < 8; ++i)
                file += static_cast<char>(static_cast<std::uint64_t>(length) >> (8 * i));
            const std::filesystem::path path = m_dir.filePath(QStringLiteral("length.safetensors")).toStdString();
            writeAtomically(path, file + header + std::string("\0\0\x80\x3f", 4));
            QCOMPARE(readStateDict(path).at("w").item<float>(), 1.0F);
        }
    }

    void init() { QVERIFY(m_dir.isValid()); }

    void safetensorsRoundTrip()
    {
        const auto path = file("a.safetensors");
        const StateDict tensors{{"f", at::randn({3, 4})},
                                {"h", at::randn({2, 2}).to(at::kHalf)},
                                {"i", at::arange(5)},
                                {"empty", at::empty({0, 3})},
                                {"scalar", at::scalar_tensor(2.5)}};
        writeSafetensors(path, tensors, {{"who", "me"}, {"quote", "\"\n"}});
        const Checkpoint read = readCheckpoint(path);
        QCOMPARE(read.metadata.at("quote"), std::string("\"\n"));
        QCOMPARE(read.tensors.size(), tensors.size());
        for (const auto &[name, tensor] : tensors) {
            QVERIFY(read.tensors.at(name).scalar_type() == tensor.scalar_type());
            QVERIFY(at::equal(read.tensors.at(name), tensor));
        }
    }

    void channelsLastIsWrittenRowMajor()
    {
        const at::Tensor tensor = at::randn({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast);
        writeSafetensors(file("c.safetensors"), {{"x", tensor}}, {});
        QVERIFY(at::equal(readStateDict(file("c.safetensors")).at("x"), tensor));
    }

    void damagedSafetensors_data()
    {
        QTest::addColumn<QByteArray>("content");
        const auto with = [](const std::string &header, int data) {
            std::string text;
            for (int i = 0; i < 8; ++i)
                text += static_cast<char>(header.size() >> (8 * i));
            return QByteArray::fromStdString(text + header + std::string(static_cast<std::size_t>(data), 'x'));
        };
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("header longer than the file") << QByteArray("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
        QTest::newRow("no JSON") << with("hello", 0);
        QTest::newRow("an array") << with("[]", 0);
        QTest::newRow("offsets beyond the file") << with(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 8);
        QTest::newRow("offsets that do not fit the shape") << with(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,8]}})", 8);
        QTest::newRow("backward offsets") << with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8);
        QTest::newRow("negative side") << with(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8);
        QTest::newRow("overflowing shape") << with(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 8);
        QTest::newRow("overlap") << with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
        QTest::newRow("unknown type") << with(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}})", 8);
        QTest::newRow("no dtype") << with(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8);
        QTest::newRow("entry is no object") << with(R"({"a":7})", 8);
    }
    void damagedSafetensors()
    {
        QFETCH(QByteArray, content);
        writeAtomically(file("bad.safetensors"), content.toStdString());
        const QString text = failure(file("bad.safetensors"));
        QVERIFY2(text.contains(QStringLiteral("bad.safetensors")), qPrintable(text));
    }

    void torchZip()
    {
        writeAtomically(file("a.pt"), test::zipOf({{"a/data.pkl", pickle()}, {"a/data/0", floats(6)}}));
        const StateDict read = readStateDict(file("a.pt"));
        QCOMPARE(read.size(), std::size_t{1});
        QVERIFY(at::equal(read.at("w"), at::arange(6).reshape({2, 3}).to(at::kFloat)));
    }

    void torchZipRefusals_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("expected");
        const std::string evil = "\x80\x02"
                                 "cos\nsystem\n"
            + shortText("true") + "\x85R.";
        QTest::newRow("code") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", evil}})) << QStringLiteral("os.system");
        QTest::newRow("TorchScript") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", pickle()}, {"a/constants.pkl", "x"}, {"a/data/0", floats(6)}}))
                                     << QStringLiteral("TorchScript");
        QTest::newRow("storage too short") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", pickle()}, {"a/data/0", floats(5)}}))
                                           << QStringLiteral("beyond");
        QTest::newRow("no storage") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", pickle()}})) << QStringLiteral("lacks the data");
        QTest::newRow("no pickle") << QByteArray::fromStdString(test::zipOf({{"a/data/0", floats(5)}})) << QStringLiteral("data.pkl");
        QTest::newRow("cut off pickle") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", pickle().substr(0, 40)}, {"a/data/0", floats(6)}}))
                                        << QStringLiteral("cut off");
        QTest::newRow("cut off zip") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", pickle()}, {"a/data/0", floats(6)}}).substr(0, 120))
                                     << QStringLiteral("zip");
        QTest::newRow("old format") << QByteArray("\x80\x02\x8a\x0a", 4) << QStringLiteral("old kind");
        QTest::newRow("stack underflow") << QByteArray::fromStdString(test::zipOf({{"a/data.pkl", "R."}})) << QStringLiteral("damaged");
    }
    void torchZipRefusals()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, expected);
        writeAtomically(file("bad.pt"), content.toStdString());
        const QString text = failure(file("bad.pt"));
        QVERIFY2(text.contains(expected), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("bad.pt")), qPrintable(text));
    }

    /// Every byte of a small file flipped in turn, and every length: an answer or an error, never a crash.
    void torchZipSurvivesFlippedBytes()
    {
        const std::string good = test::zipOf({{"a/data.pkl", pickle()}, {"a/data/0", floats(6)}});
        int errors = 0;
        for (std::size_t i = 0; i < good.size(); ++i)
            for (const int bit : {0, 3, 7}) {
                std::string bad = good;
                bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
                writeAtomically(file("flip.pt"), bad);
                errors += failure(file("flip.pt")).isEmpty() ? 0 : 1;
            }
        for (std::size_t length = 0; length < good.size(); length += 3) {
            writeAtomically(file("flip.pt"), good.substr(0, length));
            QVERIFY(!failure(file("flip.pt")).isEmpty());
        }
        QVERIFY(errors > 100);
    }

    void publicCheckpoints_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<qint64>("elements");
        QTest::newRow("CASIA MobileFaceNet") << QStringLiteral("mobilefacenet_casia_068_xiaoccer.pt") << QStringLiteral("linear7.conv.weight")
                                             << qint64{512 * 42};
        QTest::newRow("MS1M MobileFaceNet") << QStringLiteral("mobilefacenet_ms1m_foamliu.pt") << QStringLiteral("gdconv.depthwise.weight") << qint64{512 * 49};
        QTest::newRow("RetinaFace") << QStringLiteral("retinaface_mnet025_biubug6.pt") << QStringLiteral("body.stage1.0.0.weight") << qint64{8 * 27};
        QTest::newRow("MTCNN") << QStringLiteral("mtcnn_onet.pt") << QStringLiteral("conv2.weight") << qint64{64 * 32 * 9};
    }
    void publicCheckpoints()
    {
        QFETCH(QString, name);
        QFETCH(QString, tensor);
        QFETCH(qint64, elements);
        const auto path = dscope::test::sharedDir() / "weights" / name.toStdString();
        DSCOPE_NEED(path);
        const StateDict read = readStateDict(path);
        QCOMPARE(qint64(read.at(tensor.toStdString()).numel()), elements);
    }

    void strictLoadingNamesWhatIsWrong()
    {
        DdNet net;
        StateDict good = stateDict(net);
        loadStateDict(net, good, "good");
        const auto complaint = [&](const StateDict &tensors) {
            try {
                loadStateDict(net, tensors, "some.file");
            } catch (const FileError &error) {
                return QString::fromUtf8(error.what());
            }
            return QString();
        };
        StateDict missing = good;
        missing.erase("layer2.1.conv2.weight");
        QVERIFY(complaint(missing).contains(QStringLiteral("Missing: layer2.1.conv2.weight")));
        StateDict extra = good;
        extra["spare"] = at::zeros({1});
        QVERIFY(complaint(extra).contains(QStringLiteral("Unexpected: spare")));
        StateDict shaped = good;
        shaped["fc.weight"] = at::zeros({2, 48});
        QVERIFY(complaint(shaped).contains(QStringLiteral("fc.weight (is [2, 48], should be [1, 48])")));
        StateDict prefixed;
        for (const auto &[key, tensor] : good)
            prefixed["module." + key] = tensor;
        prefixed["module.bn1.num_batches_tracked"] = at::scalar_tensor(7);
        loadStateDict(net, prefixed, "prefixed");
    }

private:
    std::filesystem::path file(const char *name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }
    QTemporaryDir m_dir;
};

DSCOPE_TEST(TestCheckpoint)
#include "tst_checkpoint.moc"
