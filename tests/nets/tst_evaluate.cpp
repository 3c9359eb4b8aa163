// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tasks/task.h"
#include "core/training/evaluate.h"
#include "core/training/pairaccuracy.h"
#include "tests/support/madenets.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using namespace dscope;

class TestEvaluate : public QObject {
    Q_OBJECT

    /// The best base network there is; null for none.
    static std::shared_ptr<Network> bestBase()
    {
        const ModelStore store({dscope::test::sourceDir() / "models", dscope::test::sharedDir() / "weights"});
        const auto there = [](const ModelSpec &spec) { return spec.role == Role::Base && spec.available(); };
        return std::any_of(store.models().begin(), store.models().end(), there) ? Network::load(store.best(Role::Base), {}) : nullptr;
    }

private Q_SLOTS:
    void initTestCase() { setThreads(0); }

    void malformedPairsNameTheLine()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        const std::shared_ptr<Network> net = bestBase();
        if (!net)
            QSKIP("no base network is here");
        Progress progress;
        for (const auto &[line, expected] :
             {std::pair("a b", "has 2 words"), std::pair("Nobody 1 2", "not there"), std::pair("Nobody x 2", "no picture number")}) {
            writeAtomically(root / "pairs.txt", std::string("1 1\n") + line + "\n");
            try {
                lfwAccuracy(*net, root, root / "pairs.txt", progress);
                QFAIL("nothing was thrown");
            } catch (const FileError &error) {
                const QString text = QString::fromUtf8(error.what());
                QVERIFY2(text.contains(QStringLiteral("pairs.txt:2")) && text.contains(QLatin1String(expected)), qPrintable(text));
            }
        }
    }

    /// Pairs of one kind are no benchmark; a face with itself, a pair again and a contradictory one do not count; other forms of the list are read.
    void pairsOfOneKind()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        const std::shared_ptr<Network> net = bestBase();
        if (!net)
            QSKIP("no base network is here");
        for (int i = 1; i <= 6; ++i) {
            Picture picture(112, 112);
            for (std::size_t p = 0; p < picture.rgb.size(); ++p)
                picture.rgb[p] = static_cast<std::uint8_t>((p * static_cast<std::size_t>(i)) % 251);
            const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
            for (const char *person : {"Ann", "Bob"})
                writeAtomically(root / person / (std::string(person) + "_000" + std::to_string(i) + ".jpg"),
                                std::string_view(reinterpret_cast<const char *>(jpeg.data()), jpeg.size()));
        }
        const auto refused = [&](const std::string &text, const char *said) {
            writeAtomically(root / "pairs.txt", text);
            Progress progress;
            try {
                lfwAccuracy(*net, root, root / "pairs.txt", progress);
                QFAIL("nothing was thrown");
            } catch (const Error &error) {
                QVERIFY2(std::string(error.what()).find(said) != std::string::npos, error.what());
            }
        };
        std::string genuine;
        std::string impostor;
        for (int i = 1; i <= 5; ++i) {
            const std::string number = std::to_string(i);
            genuine += "Ann " + number + " 6\nBob " + number + " 6\n";
            impostor += "Ann " + number + " Bob 6\nBob " + number + " Ann 6\n";
        }
        refused(genuine, "10 genuine pairs and 0 impostor pairs");
        refused(impostor, "0 genuine pairs and 10 impostor pairs");
        refused("Ann 1 1\nAnn 1 Bob 1\n", "0 genuine pairs and 1 impostor pair;");
        // No first line of counts: its first pair counts as well.
        writeAtomically(root / "pairs.txt", genuine + impostor + "Ann 6 1\nAnn 2 2\nAnn 5 Bob 5\nAnn/Ann_0005.jpg Bob/Bob_0005.jpg 1\n");
        Progress progress;
        const PairAccuracy plain = lfwAccuracy(*net, root, root / "pairs.txt", progress);
        QCOMPARE(plain.genuine, std::int64_t{10});
        QCOMPARE(plain.impostor, std::int64_t{10});
        std::string told;
        for (const std::string &notice : progress.notices())
            told += notice + '\n';
        QVERIFY2(told.find("with itself was left out") != std::string::npos && told.find("listed before was left out") != std::string::npos
                     && told.find("2 lines of pairs that are listed as genuine and as impostors were left out") != std::string::npos,
                 told.c_str());
        std::string csv = "name,imagenum1,imagenum2,\n" + genuine + impostor;
        std::replace(csv.begin(), csv.end(), ' ', ',');
        writeAtomically(root / "pairs.csv", csv);
        const PairAccuracy same = lfwAccuracy(*net, root, root / "pairs.csv", progress);
        QCOMPARE(same.accuracy, plain.accuracy);
        QCOMPARE(same.genuine, std::int64_t{10});
    }

    /// Random pairs cost what they name, not the whole set; of damaged faces only those matter that a pair names.
    void randomPairsEmbedWhatTheyName()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        dscope::test::writeMadeNets(root / "models");
        const std::shared_ptr<Network> net = Network::load(ModelStore({root / "models"}).find("made-base", Role::Base), {});
        for (int p = 0; p < 12; ++p)
            for (int i = 0; i < 25; ++i) {
                Picture picture(112, 112);
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] = static_cast<std::uint8_t>((k / 97 * static_cast<std::size_t>(p + 2) + k * static_cast<std::size_t>(i)) % 251);
                const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
                writeAtomically(root / "faces" / std::to_string(p) / (std::to_string(i) + ".jpg"),
                                std::string_view(reinterpret_cast<const char *>(jpeg.data()), jpeg.size()));
            }
        struct Counting : Progress {
            std::string stageNow;
            std::int64_t embedded = 0;
            void onStage(const std::string &name) override { stageNow = name; }
            void onProgress(std::int64_t, std::int64_t total) override
            {
                // The first: the bootstrap behind it is told of in the same stage.
                if (stageNow == "Computing embeddings" && embedded == 0)
                    embedded = total;
            }
        };
        Counting few;
        const PairAccuracy small = randomPairAccuracy(*net, readFaceList(root / "faces"), 10, 3, few);
        QCOMPARE(small.genuine + small.impostor, std::int64_t{20});
        QVERIFY2(few.embedded > 0 && few.embedded <= 40, std::to_string(few.embedded).c_str());
        Counting many;
        QVERIFY(randomPairAccuracy(*net, readFaceList(root / "faces"), 2000, 3, many).interval.resamples > 0);
        QCOMPARE(many.embedded, std::int64_t{300}); // all are named
        // One that no pair names may be damaged; one that a pair names is left out, and pairs are drawn anew.
        std::size_t told = 0;
        for (int i = 0; i < 25; ++i) {
            const std::filesystem::path file = root / "faces" / "5" / (std::to_string(i) + ".jpg");
            const std::string whole = readText(file);
            writeAtomically(file, "no picture");
            Counting progress;
            const PairAccuracy other = randomPairAccuracy(*net, readFaceList(root / "faces"), 10, 3, progress);
            QCOMPARE(other.genuine + other.impostor, std::int64_t{20});
            told += progress.notices().empty() ? 0 : 1;
            if (progress.notices().empty())
                QCOMPARE(other.accuracy, small.accuracy);
            writeAtomically(file, whole);
        }
        QVERIFY2(told > 0 && told < 25, std::to_string(told).c_str());
    }

    /// D-scores of the shipped DDNets fall when a picture gets worse, on people that no network of ours has seen.
    void dScoresFallWithDamage_data()
    {
        QTest::addColumn<QString>("ddnet");
        const ModelStore store({dscope::test::sourceDir() / "models"});
        for (const ModelSpec &spec : store.models())
            if (spec.role == Role::DdNet && spec.available() && spec.task == tasks().front().name) // of faces
                QTest::newRow(spec.name.c_str()) << QString::fromStdString(spec.name);
        if (QTest::currentDataTag() == nullptr)
            QTest::newRow("none shipped") << QString();
    }
    void dScoresFallWithDamage()
    {
        QFETCH(QString, ddnet);
        if (ddnet.isEmpty())
            QSKIP("models/ ships no DDNet");
        const auto data = dscope::test::sharedDir() / "data";
        DSCOPE_NEED(data / "lfw_split.csv");
        const ModelStore store({dscope::test::sourceDir() / "models"});
        const auto net = Network::load(store.find(ddnet.toStdString(), Role::DdNet), {});
        Progress progress;
        bool unseen = false;
        for (const SeverityResult &result : severityStudy(*net, readFaceList(data / "lfw_112", {data / "lfw_split.csv", {"test"}}), 200, 1, progress)) {
            qInfo("%s: %.3f", degradationName(result.kind).c_str(), result.spearman);
            switch (result.kind) {
            case Degradation::LowResolution:
            case Degradation::Blur:
            case Degradation::Occlusion:
            case Degradation::Darkness: QVERIFY2(result.spearman < -0.7, degradationName(result.kind).c_str()); break;
            case Degradation::Jpeg:
            case Degradation::MotionBlur: unseen = unseen || result.spearman < -0.5; break;
            case Degradation::Noise: break;
            }
        }
        QVERIFY2(unseen, "neither JPEG nor motion blur, which were never trained on, lowers the D-score");
    }

    void templateTableHasEveryRow()
    {
        TemplateStudy study;
        study.sizes = {3};
        std::vector<TemplateRow> rows;
        for (int m = 0; m < 5; ++m)
            for (const double far : study.fars) {
                TemplateRow row;
                row.pictures = 3;
                row.method = std::to_string(m);
                row.far = far;
                row.tar = 0.1 * m;
                rows.push_back(row);
            }
        const std::string table = templateTable(rows, study, "b", "d");
        QVERIFY(table.find(
                    "| 3, clean | 0 / 0 | 0 % | 0.01 (0) | 0.0 (0.0-0.0) | 10.0 (0.0-0.0) | 20.0 (0.0-0.0) | 30.0 (0.0-0.0) | 40.0 (0.0-0.0) | 50 % | 0.000 |")
                != std::string::npos);
        QVERIFY(table.find("| 0.001 (0) |") != std::string::npos);
        QCOMPARE(gapClosed(0.5, 0.7, 0.9), 0.5);
        QVERIFY(std::isnan(gapClosed(0.5, 0.7, 0.5)));
    }
};

DSCOPE_TEST(TestEvaluate)
#include "tst_evaluate.moc"
