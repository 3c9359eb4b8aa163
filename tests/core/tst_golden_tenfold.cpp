// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/verification.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// Ten-fold accuracy against an independent reference.
class TestGoldenTenfold : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "tenfold";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const TenFold result = tenFoldAccuracy(readNpy(dir / "distances.npy").values, integers<std::uint8_t>(readNpy(dir / "same.npy")));
        DSCOPE_AGREE(difference(result.accuracy, expected["accuracy"], "accuracy"));
        QVERIFY(near(result.mean, expected["mean"].get<double>()));
        QVERIFY(near(result.deviation, expected["std"].get<double>()));
    }
};

DSCOPE_TEST(TestGoldenTenfold)
#include "tst_golden_tenfold.moc"
