#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/training/evaluate.h"

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;

class TestEvaluate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setThreads(0); }

    void malformedPairsNameTheLine()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        const ModelStore store({dscope::test::sourceDir() / "models", dscope::test::sharedDir() / "weights"});
        std::shared_ptr<Network> net;
        try {
            net = Network::load(store.best(Role::Base), {});
        } catch (const Error &error) {
            QSKIP(error.what());
        }
        Task task;
        for (const auto &[line, expected] :
             {std::pair("a b", "has 2 words"), std::pair("Nobody 1 2", "not there"), std::pair("Nobody x 2", "no picture number")}) {
            writeAtomically(root / "pairs.txt", std::string("1 1\n") + line + "\n");
            try {
                lfwAccuracy(*net, root, root / "pairs.txt", task);
                QFAIL("nothing was thrown");
            } catch (const FileError &error) {
                const QString text = QString::fromUtf8(error.what());
                QVERIFY2(text.contains(QStringLiteral("pairs.txt:2")) && text.contains(QLatin1String(expected)), qPrintable(text));
            }
        }
    }

    /// D-scores of the shipped DDNets fall when a picture gets worse, on people that no network of ours has seen.
    void dScoresFallWithDamage_data()
    {
        QTest::addColumn<QString>("ddnet");
        const ModelStore store({dscope::test::sourceDir() / "models"});
        for (const ModelSpec &spec : store.models())
            if (spec.role == Role::DdNet && spec.available())
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
        Task task;
        bool unseen = false;
        for (const SeverityResult &result : severityStudy(*net, readFaceList(data / "lfw_112", {data / "lfw_split.csv", {"test"}}), 200, 1, task)) {
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
