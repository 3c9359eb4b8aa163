// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"
#include "core/nets/model.h"
#include "core/scores/labeler.h"
#include "core/training/packedset.h"

#include <ATen/ATen.h>

#include <QProcess>
#include <QTemporaryDir>

#include <cmath>

namespace fs = std::filesystem;

using namespace dscope;

/// dscope-train, the program of servers, as a user calls it.
class TestTraintool : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QByteArray m_out;
    QByteArray m_err;

    QString at(const char *name) const { return m_dir.filePath(QString::fromLatin1(name)); }
    fs::path path(const char *name) const { return at(name).toStdString(); }

    int run(const QString &program, const QStringList &words)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("DSCOPE_CACHE"), at("cache"));
        environment.insert(QStringLiteral("DSCOPE_MODELS"), at("models"));
        process.setProcessEnvironment(environment);
        process.start(program, words);
        if (!process.waitForFinished(300'000)) {
            process.kill();
            process.waitForFinished();
            return -1;
        }
        m_out = process.readAllStandardOutput();
        m_err = process.readAllStandardError();
        return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    }
    int train(const QStringList &words) { return run(QStringLiteral(DSCOPE_TRAIN_PROGRAM), words); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        for (int p = 0; p < 4; ++p)
            for (int i = 0; i < 5; ++i) {
                Picture picture(112, 112);
                for (int y = 0; y < 112; ++y)
                    for (int x = 0; x < 112; ++x)
                        for (int c = 0; c < 3; ++c)
                            picture.row(y)[3 * x + c] =
                                static_cast<std::uint8_t>(127 + 100 * std::sin((x + i) * (0.05 + 0.02 * p) + c) * std::cos(0.04 * y * p));
                const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
                writeAtomically(path("faces") / ("person" + std::to_string(p)) / (std::to_string(i) + ".jpg"), std::string(jpeg.begin(), jpeg.end()));
            }
        at::manual_seed(1);
        ModelSpec spec;
        spec.name = "fresh";
        spec.architecture = "mobilefacenet-relu6";
        spec.file = "fresh.safetensors";
        spec.outputSize = 128;
        writeSafetensors(path("fresh.safetensors"), stateDict(*createFaceNet(spec.architecture)), {{"dscope.model", toJson(spec).dump()}});
    }

    void help()
    {
        QCOMPARE(train({QStringLiteral("--help")}), 0);
        for (const char *command : {"pack", "label", "train", "models", "info"})
            QVERIFY2(m_out.contains(QByteArray("\n  ") + command + ' '), command);
        QVERIFY2(m_out.contains("dscope-train COMMAND") && !m_out.contains("dscope COMMAND"), m_out.constData());
        QCOMPARE(train({QStringLiteral("pack"), QStringLiteral("--help")}), 0);
        QVERIFY(m_out.startsWith("dscope-train pack DATASET"));
        QCOMPARE(train({QStringLiteral("pakc")}), 2);
        QVERIFY2(m_err.contains("'pack'"), m_err.constData());
        QCOMPARE(train({}), 2);
        QCOMPARE(train({QStringLiteral("pack"), at("faces"), QStringLiteral("--out"), at("x.bin")}), 2);
        QCOMPARE(train({QStringLiteral("pack"), at("nowhere"), QStringLiteral("--out"), at("x.pack")}), 1);
        QVERIFY2(m_err.startsWith("dscope-train: "), m_err.constData());
    }

    /// pack, label, train, and a look at the result: the very same from the folder and from the pack.
    void fromPackToModel()
    {
        QCOMPARE(train({QStringLiteral("pack"), at("faces"), QStringLiteral("--out"), at("faces.pack")}), 0);
        QVERIFY2(m_err.contains("20 faces of 4 people"), m_err.constData());
        QCOMPARE(train({QStringLiteral("info"), at("faces.pack"), QStringLiteral("--json")}), 0);
        const Json about = Json::parse(m_out.toStdString());
        QCOMPARE(about.at("pictures").get<int>(), 20);
        QCOMPARE(about.at("people").get<int>(), 4);
        for (const char *source : {"faces", "faces.pack"}) {
            const QString targets = at(source) + QStringLiteral(".targets");
            const QString out = at(source) + QStringLiteral(".safetensors");
            QVERIFY2(train({QStringLiteral("label"), at(source), QStringLiteral("--base"), at("fresh.safetensors"), QStringLiteral("--out"), targets,
                            QStringLiteral("--device"), QStringLiteral("cpu")})
                         == 0,
                     m_err.constData());
            QVERIFY2(train({QStringLiteral("train"), QStringLiteral("ddnet"), QStringLiteral("--targets"), targets, QStringLiteral("--out"), out,
                            QStringLiteral("--epochs"), QStringLiteral("1"), QStringLiteral("--batch"), QStringLiteral("10"), QStringLiteral("--device"),
                            QStringLiteral("cpu"), QStringLiteral("--name"), QStringLiteral("small")})
                         == 0,
                     m_err.constData());
        }
        const StateDict a = readStateDict(path("faces.safetensors"));
        const StateDict b = readStateDict(path("faces.pack.safetensors"));
        QVERIFY(!a.empty());
        QCOMPARE(a.size(), b.size());
        for (const auto &[name, tensor] : a)
            QVERIFY2(at::equal(tensor, b.at(name)), name.c_str());
        QCOMPARE(train({QStringLiteral("info"), at("faces.pack.safetensors")}), 0);
        QVERIFY2(m_out.contains("small"), m_out.constData());
        QCOMPARE(train({QStringLiteral("models"), QStringLiteral("--json")}), 0);
        QVERIFY(Json::parse(m_out.toStdString()).contains("models"));
    }

    /// What this program cannot read is named and left out, whatever it is called.
    void otherFormats()
    {
        const std::string jpeg = readText(path("faces/person0/0.jpg"));
        const std::string png("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x70\0\0\0\x70\x08\x02\0\0\0", 29);
        for (const char *person : {"a", "b"})
            for (const char *name : {"1.jpg", "2.jpeg", "jpeg.png"})
                writeAtomically(path("mixed") / person / name, jpeg);
        writeAtomically(path("mixed/a/real.png"), png);
        writeAtomically(path("mixed/b/wrong.jpg"), png);
        QCOMPARE(train({QStringLiteral("pack"), at("mixed"), QStringLiteral("--out"), at("mixed.pack")}), 0);
        QVERIFY2(m_err.contains("6 faces of 2 people"), m_err.constData());
        QVERIFY2(m_err.contains("a/real.png") && m_err.contains("reads JPEG alone") && m_err.contains("wrong.jpg: is a PNG picture"), m_err.constData());
    }

    /// Names of files and people are bytes, not always UTF-8: labelled, packed and trained on all the same.
    void namesThatAreNoUtf8()
    {
        for (int p = 0; p < 3; ++p)
            for (int i = 0; i < 3; ++i)
                writeAtomically(path("odd") / ("Jo\xEB" + std::to_string(p)) / ("\xFF" + std::to_string(i) + ".jpg"),
                                readText(path("faces") / ("person" + std::to_string(p)) / (std::to_string(i) + ".jpg")));
        QVERIFY2(train({QStringLiteral("label"), at("odd"), QStringLiteral("--base"), at("fresh.safetensors"), QStringLiteral("--out"), at("odd.targets"),
                        QStringLiteral("--copies"), QStringLiteral("1"), QStringLiteral("--device"), QStringLiteral("cpu")})
                     == 0,
                 m_err.constData());
        const Targets targets = readTargets(path("odd.targets"));
        QCOMPARE(targets.faces.people,
                 (std::vector<std::string>{"Jo\xEB"
                                           "0",
                                           "Jo\xEB"
                                           "1",
                                           "Jo\xEB"
                                           "2"}));
        QCOMPARE(targets.faces.files.front(),
                 std::string("Jo\xEB"
                             "0/\xFF"
                             "0.jpg"));
        QVERIFY(fs::exists(targets.faces.root / targets.faces.files.front()));
        QCOMPARE(train({QStringLiteral("pack"), at("odd"), QStringLiteral("--out"), at("odd.pack")}), 0);
        QCOMPARE(PackedSet::open(path("odd.pack")).people(), targets.faces.people);
    }

    void selfcheckOnFaces()
    {
        const QString program = QStringLiteral(DSCOPE_SELFCHECK_PROGRAM);
        QCOMPARE(run(program, {QStringLiteral("--device"), QStringLiteral("cpu"), QStringLiteral("--faces"), at("nowhere.pack")}), 1);
        QVERIFY2(m_err.contains("nowhere.pack"), m_err.constData());
        QCOMPARE(run(program, {QStringLiteral("--rubbish")}), 2);
    }
};

DSCOPE_TEST(TestTraintool)
#include "tst_traintool.moc"
