// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/verification.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// TAR at FAR by both rules and the EER against an independent reference, without and with tied scores.
class TestGoldenVerification : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("verification") << QStringLiteral("verification");
        QTest::newRow("verification_ties") << QStringLiteral("verification_ties");
    }

    void agrees()
    {
        QFETCH(QString, folder);
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / folder.toStdString();
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const std::vector<double> scores = readNpy(dir / "scores.npy").values;
        const Roc roc = fullRoc(scores, integers<std::uint8_t>(readNpy(dir / "labels.npy")));
        QVERIFY(!expected["rows"].empty());
        for (const Json &row : expected["rows"])
            for (const FarRule rule : {FarRule::Strict, FarRule::InsightFace}) {
                const FarPoint point = tarAtFar(roc, row["far"].get<double>(), rule);
                const Json &want = row[name(rule)];
                const std::string where = name(rule) + " at " + row["far"].dump();
                QVERIFY2(std::abs(point.tar - want["tar"].get<double>()) < 1e-12, where.c_str());
                QVERIFY2(std::abs(point.realisedFar - want["realised_far"].get<double>()) < 1e-12, where.c_str());
            }
        const Eer eer = equalErrorRate(roc);
        QVERIFY(std::abs(eer.value - expected["eer"]["value"].get<double>()) < 1e-12);
        QVERIFY(std::abs(eer.far - expected["eer"]["far"].get<double>()) < 1e-12);
        QVERIFY(std::abs(eer.frr - expected["eer"]["frr"].get<double>()) < 1e-12);
    }
};

DSCOPE_TEST(TestGoldenVerification)
#include "tst_golden_verification.moc"
