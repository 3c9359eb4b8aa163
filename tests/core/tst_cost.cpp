// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/cost.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestCost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groups()
    {
        const GroupCost cost = groupCost(10, 3, {40, 80}, {1000, 2100});
        QCOMPARE(cost.mac, 10.0 * 40 + 3 * 1000);
        QCOMPARE(cost.flop, 10.0 * 80 + 3 * 2100);
        QCOMPARE(cost.macBaseOnAll, 10000.0);
        QCOMPARE(cost.flopBaseOnAll, 21000.0);
        // Billions of MAC times a long video do not overflow.
        QCOMPARE(groupCost(1000000000, 0, {}, {12100000000, 0}).macBaseOnAll, 1.21e19);
        QVERIFY_THROWS_EXCEPTION(Error, groupCost(3, 4, {}, {}));
        QVERIFY_THROWS_EXCEPTION(Error, groupCost(3, -1, {}, {}));
    }

    void speedUpAndBreakEven()
    {
        QCOMPARE(speedUp(1, 10, 0.4), 2.0);
        QCOMPARE(speedUp(1, 10, 1), 1 / 1.1);
        QCOMPARE(breakEvenShare(1, 10), 0.9);
        QVERIFY(breakEvenShare(3, 2) < 0);
        // By definition the speed-up at break-even is 1.
        QVERIFY(std::abs(speedUp(39.7, 215, breakEvenShare(39.7, 215)) - 1) < 1e-12);
        QVERIFY_THROWS_EXCEPTION(Error, speedUp(1, 0, 0.5));
        QVERIFY_THROWS_EXCEPTION(Error, speedUp(-1, 1, 0.5));
        QVERIFY_THROWS_EXCEPTION(Error, speedUp(1, 1, 1.5));
        QVERIFY_THROWS_EXCEPTION(Error, breakEvenShare(1, 0));
    }
};

DSCOPE_TEST(TestCost)
#include "tst_cost.moc"
