// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/threshold/recommend.h"

#include <cmath>
#include <limits>

using namespace dscope;

namespace {

TradeoffPoint point(std::size_t method, const char *title, double threshold, double keptShare, double tar, double low, double high)
{
    TradeoffPoint point;
    point.method = method;
    point.title = title;
    point.threshold = threshold;
    point.keptShare = keptShare;
    point.tar = {tar - 0.1, tar};
    point.realisedFar = {1e-5, 1e-4};
    point.intervals = {{}, {low, high, 0.95, 200, 0}};
    return point;
}

/// DDL with 20, 50, 80 and 100 % kept, a mean of the kept, and the average without DDNet.
Tradeoff curve()
{
    Tradeoff made;
    made.titles = {"DDL", "mean of the kept"};
    made.fars = {1e-5, 1e-4};
    made.points = {point(0, "DDL", 0.8, 0.2, 0.90, 0.88, 0.92), point(0, "DDL", 0.5, 0.5, 0.957, 0.956, 0.97), point(0, "DDL", 0.3, 0.8, 0.96, 0.95, 0.97),
                   point(0, "DDL", -std::numeric_limits<double>::infinity(), 1, 0.955, 0.95, 0.96), point(1, "mean of the kept", 0.5, 0.5, 0.94, 0.93, 0.95)};
    TradeoffPoint average = point(TradeoffPoint::noMethod, "average", std::nan(""), 1, 0.93, 0.92, 0.94);
    average.mark = TradeoffMark::Average;
    average.ddnet = false;
    made.points.push_back(average);
    made.intervals = "95 % intervals by bootstrap.";
    made.complete = true;
    reprice(made, {"made base", {100, 200}, {1000, 2000}});
    return made;
}

} // namespace

class TestRecommend : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theCheapestWithinPointsOfTheBest()
    {
        Wish wish; // half a point at FAR 1e-4
        const auto found = recommend(curve(), wish);
        QVERIFY(found.has_value());
        QCOMPARE(found->point.threshold, 0.5);
        QCOMPARE(found->tar, 0.957);
        QCOMPARE(found->low, 0.956);
        QCOMPARE(found->high, 0.97);
        QCOMPARE(found->bestTar, 0.96);
        QCOMPARE(found->best.threshold, 0.3);
        QVERIFY(found->sure); // .956 is within half a point of .96
        const std::string &text = found->sentence;
        for (const char *part : {"DDL at t = 0.5 keeps 50.0 %", "TAR 95.70 % (95.60 % to 97.00 %)", "FAR 0.0001",
                                 "within 0.5 points of the best: 96.00 % by DDL at t = 0.3", "made base", "1.67 times less", "95 % intervals by bootstrap."})
            QVERIFY2(text.find(part) != std::string::npos, text.c_str());

        wish.within = 0.0035;
        QVERIFY(!recommend(curve(), wish)->sure); // .957 is within that, .956 is not
        wish.within = 0;
        QCOMPARE(recommend(curve(), wish)->point.threshold, 0.3);
        QVERIFY(recommend(curve(), wish)->sentence.find("which it is itself") != std::string::npos);
        wish.within = 1;
        QCOMPARE(recommend(curve(), wish)->point.threshold, 0.8);
        // Only one method: its own best counts.
        wish.method = 1;
        QCOMPARE(recommend(curve(), wish)->point.method, std::size_t{1});
        wish.method = 7;
        QVERIFY(!recommend(curve(), wish).has_value());
    }

    void theBestWithinABudget()
    {
        Wish wish;
        wish.kind = Wish::Kind::Best;
        wish.budget = 650;
        const auto found = recommend(curve(), wish);
        QCOMPARE(found->point.threshold, 0.5);
        QVERIFY(found->sentence.find("without that limit it would be 96.00 %") != std::string::npos);
        wish.budget = 5000;
        QCOMPARE(recommend(curve(), wish)->point.threshold, 0.3);
        wish.unit = Wish::Unit::Flop;
        wish.budget = 200 + 0.2 * 2000;
        QCOMPARE(recommend(curve(), wish)->point.threshold, 0.8);
        wish.budget = 599;
        QVERIFY(!recommend(curve(), wish).has_value());
        wish.unit = Wish::Unit::KeptShare;
        wish.budget = 0.8;
        QCOMPARE(recommend(curve(), wish)->point.threshold, 0.3);
    }

    void ofEqualsTheCheaper()
    {
        Tradeoff made = curve();
        for (TradeoffPoint &one : made.points)
            one.tar = {0.5, 0.9};
        Wish wish;
        QCOMPARE(recommend(made, wish)->point.keptShare, 0.2);
        wish.kind = Wish::Kind::Best;
        wish.budget = 1e9;
        QCOMPARE(recommend(made, wish)->point.keptShare, 0.2);
    }

    void withoutIntervalsItSaysSo()
    {
        Tradeoff made = curve();
        for (TradeoffPoint &one : made.points)
            one.intervals.clear();
        made.intervals = "There are no intervals, because the subject of a compared template is not known.";
        made.complete = false;
        const auto found = recommend(made, {});
        QCOMPARE(found->low, found->tar);
        QVERIFY(!found->sure);
        QVERIFY(found->sentence.find("There are no intervals") != std::string::npos);
        QVERIFY(found->sentence.find("not complete") != std::string::npos);
    }

    void refusesWhatCannotBeAnswered()
    {
        Wish wish;
        wish.far = 0.5;
        QVERIFY_EXCEPTION_THROWN(recommend(curve(), wish), Error);
        Tradeoff empty = curve();
        empty.points.clear();
        QVERIFY_EXCEPTION_THROWN(recommend(empty, {}), Error);
        Tradeoff free = curve();
        reprice(free, {});
        QVERIFY_EXCEPTION_THROWN(recommend(free, {}), Error);
        wish = {};
        wish.unit = Wish::Unit::KeptShare;
        QCOMPARE(recommend(free, wish)->point.threshold, 0.5);
    }
};

DSCOPE_TEST(TestRecommend)
#include "tst_recommend.moc"
