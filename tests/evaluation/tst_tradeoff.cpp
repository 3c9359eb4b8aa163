// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/statistics.h"
#include "core/metrics/subjectresamples.h"
#include "core/threshold/exactpass.h"
#include "core/threshold/tradeoff.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>

using namespace dscope;
using namespace dscope::test;

namespace {

MadeTemplates people()
{
    MadeTemplatesOptions of;
    of.templates = 120;
    of.subjects = 30;
    return madeTemplates(of);
}

LivePrices prices()
{
    return {"made", {40'000'000, 81'000'000}, {1'000'000'000, 2'000'000'000}};
}

std::unique_ptr<LiveThreshold> liveOn(const MadeTemplates &made)
{
    Progress progress;
    return std::make_unique<LiveThreshold>(std::make_shared<const TemplateFeatures>(made.set), std::make_shared<const TemplatePairs>(made.pairs), LiveOptions{},
                                           progress);
}

} // namespace

class TestTradeoff : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The intervals of bootstrap() with PersonPairs, from the same draws.
    void intervalsEqualTheSlowBootstrap()
    {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            MadeTemplatesOptions of;
            of.templates = 150;
            of.subjects = seed == 3 ? 4 : 40;
            of.seed = seed;
            MadeTemplates made = madeTemplates(of);
            if (seed == 2) { // a template of nobody known meets only strangers
                made.set.subjects[7] = -1;
                for (std::size_t i = 0; i < made.pairs.a.size(); ++i)
                    if (made.pairs.a[i] == 7 || made.pairs.b[i] == 7)
                        made.pairs.genuine[i] = 0;
            }
            Progress progress;
            auto prepared = std::make_shared<const PreparedSet>(std::make_shared<const TemplateFeatures>(made.set),
                                                                std::make_shared<const TemplatePairs>(made.pairs), false, progress);
            ExactPass pass(prepared, {});
            pass.run(linearRule({}), 0.4, progress);
            const std::vector<double> fars{1e-1, 1e-6, 1e-3, 1e-2, 0.5, 1};
            constexpr int resamples = 70;
            const SubjectResamples drawn(made.set, made.pairs, prepared->genuine, prepared->impostor, resamples, seed, progress);
            QVERIFY(drawn.known());
            const std::vector<Interval> fast = drawn.intervals(pass.genuine(), pass.impostor(), pass.sortedImpostor(), fars, 0.9, progress);

            // People by their first pair; who is not known is one of their own.
            std::map<std::int32_t, std::int32_t> numbers;
            std::vector<std::int32_t> a;
            std::vector<std::int32_t> b;
            for (std::size_t i = 0; i < made.pairs.a.size(); ++i)
                for (auto &[side, list] : {std::pair{made.pairs.a[i], &a}, std::pair{made.pairs.b[i], &b}}) {
                    const std::int32_t subject = made.set.subjects[side];
                    list->push_back(numbers.emplace(subject < 0 ? -1 - static_cast<std::int32_t>(side) : subject, std::ssize(numbers)).first->second);
                }
            QCOMPARE(drawn.subjects(), static_cast<std::int32_t>(numbers.size()));
            const PersonPairs slow(scorePairs(made.set, pass.units(), made.pairs, progress), a, b, drawn.subjects());
            Random random(seed, 0x65766131);
            const std::vector<Interval> expected = bootstrap(
                drawn.subjects(), resamples, 0.9, random, fars.size(),
                [&](std::span<const std::int32_t> multiplicity, std::span<double> values) {
                    for (std::size_t k = 0; k < fars.size(); ++k)
                        values[k] = slow.tarAtFar(fars[k], multiplicity);
                },
                progress);
            const std::vector<Interval> grown = drawn.intervals(pass.genuine(), pass.impostor(), pass.sortedImpostor(), fars, 0.9, progress, 3);
            for (std::size_t k = 0; k < fars.size(); ++k) {
                QCOMPARE(grown[k].low, fast[k].low);
                QCOMPARE(grown[k].high, fast[k].high);
                QCOMPARE(fast[k].low, expected[k].low);
                QCOMPARE(fast[k].high, expected[k].high);
                QCOMPARE(fast[k].resamples, expected[k].resamples);
                QCOMPARE(fast[k].undefined, expected[k].undefined);
            }
        }
    }

    void everyPointIsTheExactOne()
    {
        const MadeTemplates made = people();
        const auto live = liveOn(made);
        TradeoffOptions options;
        options.points = 9;
        options.prices = prices();
        options.fars = {1e-3, 1e-2, 1e-1};
        options.resamples = 40;
        Progress progress;
        std::size_t calls = 0;
        const Tradeoff curve = tradeoff(
            *live, options,
            [&](const Tradeoff &soFar, std::size_t place) {
                QCOMPARE(soFar.points.size(), ++calls);
                QVERIFY(place < soFar.points.size());
                // Marked points are there first.
                QCOMPARE(soFar.points[place].mark != TradeoffMark::None, calls <= 3);
            },
            progress);
        QVERIFY(curve.complete);
        QCOMPARE(curve.points.size(), calls);
        QCOMPARE(curve.titles.size(), std::size_t{4});
        QVERIFY(curve.intervals.find("30 subjects") != std::string::npos);

        std::set<TradeoffMark> marks;
        for (std::size_t i = 0; i < curve.points.size(); ++i) {
            const TradeoffPoint &point = curve.points[i];
            if (i > 0 && point.method == curve.points[i - 1].method && point.mark == TradeoffMark::None)
                QVERIFY(point.kept > curve.points[i - 1].kept);
            Method method;
            method.options.keep.threshold = point.threshold;
            method.options.k = std::max<std::int64_t>(1, point.best);
            if (point.mark != TradeoffMark::None) {
                marks.insert(point.mark);
                method.options.method = point.mark == TradeoffMark::Top1 ? Aggregator::Top1
                    : point.mark == TradeoffMark::Average                ? Aggregator::Average
                                                                         : Aggregator::Ddl;
            } else {
                constexpr Aggregator as[] = {Aggregator::Ddl, Aggregator::DdlNoRescale, Aggregator::Average, Aggregator::TopK};
                method.options.method = as[point.method];
            }
            std::vector<float> unit;
            if (point.method == 2) { // the mean of the kept has no name among the aggregators: the mean of what DDL keeps
                TemplateFeatures kept = made.set;
                kept.features.clear();
                kept.dScores.clear();
                kept.begin = {0};
                for (std::int64_t t = 0; t < made.set.templates(); ++t) {
                    if (made.set.size(t) > 0) {
                        bool fallback = false;
                        for (const std::int64_t face : keptElements(made.set.dScoresOf(t), point.threshold, fallback)) {
                            const auto row =
                                made.set.featuresOf(t).subspan(static_cast<std::size_t>(face * made.set.dim), static_cast<std::size_t>(made.set.dim));
                            kept.features.insert(kept.features.end(), row.begin(), row.end());
                            kept.dScores.push_back(0.5F);
                        }
                    }
                    kept.begin.push_back(std::ssize(kept.dScores));
                }
                kept.media.clear();
                unit = represent(kept, method, progress);
                QCOMPARE(point.kept, kept.faces());
            } else {
                unit = represent(made.set, method, progress);
            }
            const std::vector<FarPoint> expected =
                tarAtFar(fullRoc(scorePairs(made.set, unit, made.pairs, progress), made.pairs.genuine), options.fars, FarRule::Strict);
            // The templates may differ in the last bit, and with them one pair at most.
            for (std::size_t k = 0; k < options.fars.size(); ++k) {
                QVERIFY(std::abs(point.tar[k] - expected[k].tar) <= 1.0 / static_cast<double>(made.pairs.genuineCount()) + 1e-12);
                QVERIFY(point.intervals[k].low <= point.tar[k] + 0.1 && point.intervals[k].high >= point.tar[k] - 0.1);
            }
            QCOMPARE(point.keptShare, static_cast<double>(point.kept) / static_cast<double>(made.set.faces()));
            QCOMPARE(point.ddnet, point.mark != TradeoffMark::Average);
            QCOMPARE(point.cost.macPerFace, (point.ddnet ? 4e7 : 0.0) + 1e9 * point.keptShare);
            QCOMPARE(point.cost.flopPerFace, (point.ddnet ? 8.1e7 : 0.0) + 2e9 * point.keptShare);
        }
        QCOMPARE(marks.size(), std::size_t{3});
        QCOMPARE(curve.breakEvenShare, 1 - 0.04);

        // Other prices change costs alone.
        Tradeoff dearer = curve;
        reprice(dearer, asIResNet100(prices().ddnet));
        for (std::size_t i = 0; i < curve.points.size(); ++i) {
            QCOMPARE(dearer.points[i].tar, curve.points[i].tar);
            QVERIFY(dearer.points[i].cost.macPerFace > curve.points[i].cost.macPerFace);
        }
    }

    void theEndsComeBeforeTheMiddle()
    {
        const MadeTemplates made = people();
        const auto live = liveOn(made);
        TradeoffOptions options;
        options.points = 17;
        options.methods = {linearRule({})};
        options.resamples = 0;
        Progress progress;
        std::vector<double> shares;
        const Tradeoff curve = tradeoff(
            *live, options,
            [&](const Tradeoff &soFar, std::size_t place) {
                if (soFar.points[place].mark == TradeoffMark::None)
                    shares.push_back(soFar.points[place].keptShare);
            },
            progress);
        QVERIFY(shares.size() > 8);
        QCOMPARE(shares[0], *std::min_element(shares.begin(), shares.end()));
        QCOMPARE(shares[1], 1.0);
        // After the first points no gap is much wider than half of the range, then a quarter.
        QVERIFY(std::abs(shares[2] - (shares[0] + 1) / 2) < 0.1);
        QVERIFY(curve.points.front().intervals.empty());
        QCOMPARE(curve.intervals, std::string("No intervals were asked for."));
    }

    void withoutSubjectsThereAreNoIntervals()
    {
        MadeTemplates made = people();
        std::fill(made.set.subjects.begin(), made.set.subjects.end(), -1);
        const auto live = liveOn(made);
        TradeoffOptions options;
        options.points = 2;
        options.methods = {linearRule({})};
        Progress progress;
        const Tradeoff curve = tradeoff(*live, options, {}, progress);
        QVERIFY(curve.points.front().intervals.empty());
        QVERIFY(curve.intervals.find("not known") != std::string::npos);
        MadeTemplates wrong = people();
        wrong.pairs.genuine[3] ^= 1;
        QVERIFY(tradeoff(*liveOn(wrong), options, {}, progress).intervals.find("labelled otherwise") != std::string::npos);
        Progress again;
        QVERIFY(live->exact(0.3, 50, again).intervals.empty());
        QCOMPARE(liveOn(people())->exact(0.3, 50, again).intervals.size(), live->options().fars.size());
    }

    void refusesWhatMakesNoSense()
    {
        const auto live = liveOn(people());
        Progress progress;
        TradeoffOptions options;
        options.fars = {1.5};
        QVERIFY_EXCEPTION_THROWN(tradeoff(*live, options, {}, progress), Error);
        options.fars = {};
        QVERIFY_EXCEPTION_THROWN(tradeoff(*live, options, {}, progress), Error);
        options.fars = {0.1};
        Method normalised;
        normalised.options.normaliseFeatures = true;
        options.methods = {linearRule(normalised)};
        QVERIFY_EXCEPTION_THROWN(tradeoff(*live, options, {}, progress), Error);
    }

    void aCancelledCurveKeepsWhatItHad()
    {
        const auto live = liveOn(people());
        TradeoffOptions options;
        Progress progress;
        std::size_t found = 0;
        const auto stop = [&](const Tradeoff &soFar, std::size_t) {
            found = soFar.points.size();
            if (found == 5)
                progress.cancel();
        };
        QVERIFY_EXCEPTION_THROWN(tradeoff(*live, options, stop, progress), Cancelled);
        QCOMPARE(found, std::size_t{5});
    }
};

DSCOPE_TEST(TestTradeoff)
#include "tst_tradeoff.moc"
