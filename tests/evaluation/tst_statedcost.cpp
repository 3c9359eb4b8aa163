// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/evaluation/statedcost.h"
#include "core/threshold/livethreshold.h"
#include "tests/support/support.h"

#include <limits>

using namespace dscope;

/// What the user says of the cost of a face, beside what features say and what is assumed.
class TestStatedCost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Networks say what they cost: nothing is said otherwise, and nothing must be told.
    void ofNetworks()
    {
        Cost base{100, 210};
        Cost ddnet{7, 15};
        QCOMPARE(takeStatedCosts({}, false, base, ddnet), std::string());
        QCOMPARE(base.mac, std::int64_t{100});
        QCOMPARE(ddnet.flop, std::int64_t{15});
        QCOMPARE(takeStatedCosts({2.5, std::nullopt}, false, base, ddnet), std::string("the base at the stated 2.5 M MAC per face"));
        QCOMPARE(base.mac, std::int64_t{2'500'000});
        QCOMPARE(base.flop, std::int64_t{5'000'000}); // a multiply-accumulate is two operations
        QCOMPARE(ddnet.mac, std::int64_t{7});
    }

    /// Bare embeddings say nothing: the shipped DDNet stands in, the base has no price unless it is stated.
    void ofBareEmbeddings()
    {
        Cost base;
        Cost ddnet;
        QCOMPARE(takeStatedCosts({}, true, base, ddnet), shippedDdnetNote());
        QCOMPARE(base.mac, std::int64_t{0});
        QCOMPARE(ddnet.mac, shippedDdnetMac);
        QCOMPARE(ddnet.flop, shippedDdnetFlop);
        QCOMPARE(takeStatedCosts({200.0, 12.5}, true, base, ddnet),
                 std::string("the base at the stated 200 M MAC per face, DDNet at the stated 12.5 M MAC per face"));
        QCOMPARE(ddnet.mac, std::int64_t{12'500'000});
        QCOMPARE(takeStatedCosts({0.0, std::nullopt}, true, base, ddnet).find("the base at the stated 0 M MAC"), std::size_t{0});
        QCOMPARE(base.mac, std::int64_t{0}); // no price
    }

    void ofNoSense()
    {
        Cost base;
        Cost ddnet;
        QVERIFY_EXCEPTION_THROWN(takeStatedCosts({-1.0, std::nullopt}, true, base, ddnet), UsageError);
        QVERIFY_EXCEPTION_THROWN(takeStatedCosts({std::nullopt, 2e9}, true, base, ddnet), UsageError);
        QVERIFY_EXCEPTION_THROWN(takeStatedCosts({std::numeric_limits<double>::quiet_NaN(), std::nullopt}, true, base, ddnet), UsageError);
    }
};

DSCOPE_TEST(TestStatedCost)
#include "tst_statedcost.moc"
