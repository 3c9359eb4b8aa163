// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/discard.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// Error versus discard at a fixed threshold against an independent reference.
class TestGoldenDiscard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "discard";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const DiscardCurve curve =
            errorVersusDiscard(readNpy(dir / "similarity.npy").values, readNpy(dir / "quality.npy").values, expected["e0"].get<double>());
        QVERIFY(near(curve.threshold, expected["threshold"].get<double>()));
        DSCOPE_AGREE(difference(curve.discard, expected["curve"]["discard"], "discard"));
        DSCOPE_AGREE(difference(curve.fnmr, expected["curve"]["fnmr"], "fnmr"));
        QVERIFY(!expected["pauc"].empty());
        for (const auto &[limit, value] : expected["pauc"].items())
            QVERIFY2(std::abs(partialArea(curve, test::numberOf(limit)) - value.get<double>()) < 1e-9, limit.c_str());
    }
};

DSCOPE_TEST(TestGoldenDiscard)
#include "tst_golden_discard.moc"
