// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/dscore.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// D-scores against an independent reference, to 1e-6 (DSCOPE_GOLDEN, folders whose name begins with dscore).
class TestGoldenDscore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("dscore") << QStringLiteral("dscore");
        QTest::newRow("dscore_floor") << QStringLiteral("dscore_floor");
    }

    void agrees()
    {
        QFETCH(QString, folder);
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / folder.toStdString();
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const NpyArray features = readNpy(dir / "features.npy");
        const NpyArray labels = readNpy(dir / "labels.npy");
        QCOMPARE(features.shape.size(), std::size_t{2});
        DScoreOptions options;
        options.epsilon = expected.value("epsilon", options.epsilon);
        Progress progress;
        const DScores scores = computeDScores(floats(features), features.shape[1], integers<std::int32_t>(labels), options, progress);
        DSCOPE_AGREE(difference(scores.raw, expected["raw"], "raw"));
        DSCOPE_AGREE(difference(scores.normalised, expected["normalised"], "normalised"));
        DSCOPE_AGREE(difference(scores.own, expected["own"], "own"));
        DSCOPE_AGREE(difference(scores.hardest, expected["hardest"], "hardest"));
        QCOMPARE(scores.hardestClass, expected["hardest_class"].get<std::vector<std::int32_t>>());
        QVERIFY2(near(scores.mu, expected["mu"].get<double>()), qPrintable(QString::number(scores.mu, 'g', 17)));
        QVERIFY2(near(scores.sigma, expected["sigma"].get<double>()), qPrintable(QString::number(scores.sigma, 'g', 17)));
        QCOMPARE(scores.floored, expected["floored"].get<std::int64_t>());
        QCOMPARE(scores.singleSample, expected["single_sample"].get<std::int64_t>());
        const bool many = static_cast<double>(scores.floored) > 0.001 * static_cast<double>(scores.raw.size());
        QCOMPARE(scores.warnings.empty(), !many);
    }
};

DSCOPE_TEST(TestGoldenDscore)
#include "tst_golden_dscore.moc"
