// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/evaluation/run.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/recommend.h"
#include "core/threshold/tradeoff.h"

#include <QElapsedTimer>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

using namespace dscope;
using namespace dscope::test;

namespace {

/// A template of one face on a circle, at an angle in degrees: the score of two is the cosine of the angle between them.
TemplateFeatures onCircle(const std::vector<double> &degrees)
{
    TemplateFeatures set;
    set.benchmark = "circle";
    set.dim = 2;
    for (const double angle : degrees) {
        set.features.push_back(static_cast<float>(std::cos(angle * M_PI / 180)));
        set.features.push_back(static_cast<float>(std::sin(angle * M_PI / 180)));
        set.dScores.push_back(0.5F);
        set.ids.push_back(std::ssize(set.ids));
        set.subjects.push_back(-1);
        set.begin.push_back(std::ssize(set.dScores));
    }
    return set;
}

std::unique_ptr<LiveThreshold> liveOn(const TemplateFeatures &set, const TemplatePairs &pairs, const LiveOptions &options)
{
    Progress progress;
    return std::make_unique<LiveThreshold>(std::make_shared<const TemplateFeatures>(set), std::make_shared<const TemplatePairs>(pairs), options, progress);
}

Method ddl(double t)
{
    Method method;
    method.options.keep.threshold = t;
    return method;
}

/// The made pairs dealt to three splits, one behind the other; every seventh pair is in two of them.
struct Splits {
    MadeTemplates made;
    std::vector<TemplatePairs> each;
    TemplatePairs all;
    LiveOptions options;
};
Splits splits(std::uint64_t seed)
{
    Splits result;
    MadeTemplatesOptions of;
    of.seed = seed;
    result.made = madeTemplates(of);
    result.each.resize(3);
    const auto add = [&](TemplatePairs &to, std::size_t i) {
        to.a.push_back(result.made.pairs.a[i]);
        to.b.push_back(result.made.pairs.b[i]);
        to.genuine.push_back(result.made.pairs.genuine[i]);
    };
    for (std::size_t i = 0; i < static_cast<std::size_t>(result.made.pairs.size()); ++i) {
        add(result.each[i % 3], i);
        if (i % 7 == 0)
            add(result.each[(i + 1) % 3], i);
    }
    for (const TemplatePairs &one : result.each) {
        result.options.splitBegins.push_back(result.all.size());
        result.all.a.insert(result.all.a.end(), one.a.begin(), one.a.end());
        result.all.b.insert(result.all.b.end(), one.b.begin(), one.b.end());
        result.all.genuine.insert(result.all.genuine.end(), one.genuine.begin(), one.genuine.end());
    }
    result.options.fars = {1e-2, 1e-1, 0.5};
    return result;
}

} // namespace

/// The live threshold where a benchmark has several splits, and the intervals that follow an exact value.
class TestLiveSplits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Split 1: genuine cosines cos 10 and cos 40, impostors cos 20 and cos 90. Split 2: genuine cos 10 and cos 40, impostors cos 50 and cos 90.
    /// At FAR 0 the one accepts half of its genuine pairs and the other all: mean .75, deviation .25.
    void byHand()
    {
        const TemplateFeatures set = onCircle({0, 10, 40, 20, 90, 50});
        TemplatePairs pairs;
        const auto add = [&](std::uint32_t b, bool genuine) {
            pairs.a.push_back(0);
            pairs.b.push_back(b);
            pairs.genuine.push_back(genuine ? 1 : 0);
        };
        add(1, true);
        add(2, true);
        add(3, false);
        add(4, false);
        add(1, true);
        add(2, true);
        add(5, false);
        add(4, false);
        LiveOptions options;
        options.fars = {0.0, 0.5};
        options.splitBegins = {0, 4};
        const auto live = liveOn(set, pairs, options);
        Progress progress;
        const LiveExact exact = live->exact(0.15, progress);
        QCOMPARE(exact.splits, std::int64_t{2});
        QCOMPARE(exact.strict[0].tar, 0.75);
        QCOMPARE(exact.strictDeviation[0], 0.25);
        QCOMPARE(exact.strict[0].genuineAccepted, std::int64_t{3});
        QCOMPARE(exact.strict[0].genuines, std::int64_t{4});
        QCOMPARE(exact.strict[1].tar, 1.0);
        QCOMPARE(exact.strictDeviation[1], 0.0);
        QCOMPARE(exact.strict[1].impostorsAccepted, std::int64_t{2});
        QCOMPARE(exact.rocFar.front(), 0.0);
        QCOMPARE(exact.rocTar.front(), 0.75);
        QCOMPARE(exact.rocTar.back(), 1.0);
        QCOMPARE(exact.rocFar.back(), 1.0);
        double sum = 0;
        for (const double share : exact.genuineHistogram)
            sum += share;
        QVERIFY(std::abs(sum - 1) < 1e-12);
        // The pair of templates 0 and 2 is in both splits: it is listed once.
        QCOMPARE(exact.hardestGenuine.size(), std::size_t{2});
        const LiveEstimate estimate = live->estimate(0.15);
        QVERIFY(estimate.complete);
        QCOMPARE(estimate.points[0].tar, 0.75);
        QCOMPARE(estimate.points[0].deviation, 0.25);
        QVERIFY(estimate.points[0].resolved);
    }

    /// Against the rows of a benchmark: every split evaluated by itself and put together.
    void equalsTheMeanOfRuns()
    {
        for (const std::uint64_t seed : {3U, 4U}) {
            const Splits data = splits(seed);
            const auto live = liveOn(data.made.set, data.all, data.options);
            Progress progress;
            VerificationOptions options;
            options.fars = data.options.fars;
            options.resamples = 0;
            options.e0s.clear();
            for (const double t : {0.15, 0.6, 0.0, 0.93}) {
                std::vector<EvaluationRun> runs;
                for (const TemplatePairs &pairs : data.each)
                    runs.push_back(evaluateVerification(data.made.set, pairs, ddl(t), options, progress));
                const EvaluationRun rows = overSplits(runs, {"1", "2", "3"});
                const LiveEstimate estimate = live->estimate(t);
                const LiveExact exact = live->exact(t, progress);
                QCOMPARE(exact.genuine, rows.genuine);
                QCOMPARE(exact.impostor, rows.impostor);
                QVERIFY(std::abs(exact.eer.value - rows.eer.value) < 0.01);
                for (std::size_t k = 0; k < options.fars.size(); ++k) {
                    // Prefix sums and aggregate() differ in the last bits of a score, which may part two that are all but equal.
                    const double slip = 2.5 / static_cast<double>(data.each[0].genuineCount());
                    QVERIFY2(std::abs(exact.strict[k].tar - rows.strict[k].tar) <= slip, qPrintable(QString::number(exact.strict[k].tar)));
                    QVERIFY(std::abs(exact.strictDeviation[k] - rows.strictDeviation[k]) <= slip);
                    QVERIFY(std::abs(exact.insightface[k].tar - rows.insightface[k].tar) <= slip);
                    QCOMPARE(exact.strict[k].impostors, rows.strict[k].impostors);
                    // An estimate leaves no pair out.
                    QCOMPARE(estimate.points[k].tar, exact.strict[k].tar);
                    QCOMPARE(estimate.points[k].deviation, exact.strictDeviation[k]);
                    QCOMPARE(estimate.points[k].low, estimate.points[k].high);
                }
                QVERIFY(std::is_sorted(exact.rocFar.begin(), exact.rocFar.end()) && std::is_sorted(exact.rocTar.begin(), exact.rocTar.end()));
            }
        }
    }

    /// Every point of the trade-off is the mean that exact() gives there, with its deviation, and a recommendation says so.
    void tradeoffOverSplits()
    {
        const Splits data = splits(5);
        const auto live = liveOn(data.made.set, data.all, data.options);
        Progress progress;
        TradeoffOptions options;
        options.methods = {linearRule({})};
        options.fars = data.options.fars;
        options.points = 5;
        const Tradeoff curve = tradeoff(*live, options, {}, progress);
        QVERIFY2(curve.intervals.find("3 splits") != std::string::npos, curve.intervals.c_str());
        int compared = 0;
        for (const TradeoffPoint &point : curve.points) {
            QVERIFY(point.intervals.empty());
            QCOMPARE(point.deviation.size(), options.fars.size());
            if (point.method == TradeoffPoint::noMethod)
                continue;
            const LiveExact exact = live->exact(point.threshold, progress);
            for (std::size_t k = 0; k < options.fars.size(); ++k) {
                QCOMPARE(point.tar[k], exact.strict[k].tar);
                QCOMPARE(point.deviation[k], exact.strictDeviation[k]);
            }
            ++compared;
        }
        QVERIFY(compared >= 3);
        Wish wish;
        wish.far = 1e-1;
        wish.unit = Wish::Unit::KeptShare;
        const auto found = recommend(curve, wish);
        QVERIFY(found.has_value());
        QVERIFY2(found->sentence.find("over the splits") != std::string::npos, found->sentence.c_str());
        // As csv: a row a point and target.
        const std::string csv = tradeoffCsv(curve);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ssize(curve.points) * 3 + 1);
        QVERIFY(csv.rfind("benchmark,method,mark,threshold,k,kept,kept_share,mac_per_face,flop_per_face,far,tar,low,high,deviation,realised_far\n", 0) == 0);
    }

    /// The background's intervals are those of the exact pass in one go, and those of a row.
    void intervalsAfterTheExactValue()
    {
        MadeTemplatesOptions of;
        of.seed = 7;
        of.nearlyEqual = 0;
        const MadeTemplates made = madeTemplates(of);
        LiveOptions options;
        options.fars = {1e-2, 1e-1};
        const auto live = liveOn(made.set, made.pairs, options);
        Progress progress;
        const LiveExact at = live->exact(0.3, progress);
        QVERIFY(at.intervals.empty() && at.noIntervals.empty());
        const LiveExact with = live->intervals(0.3, 100, progress);
        QCOMPARE(with.intervals.size(), std::size_t{2});
        QVERIFY(with.subjects > 10);
        QCOMPARE(with.strict[1].tar, at.strict[1].tar);
        QCOMPARE(live->lastExact()->intervals.size(), std::size_t{2});
        const LiveExact once = liveOn(made.set, made.pairs, options)->exact(0.3, 100, progress);
        VerificationOptions row;
        row.fars = options.fars;
        row.resamples = 100;
        row.e0s.clear();
        const EvaluationRun run = evaluateVerification(made.set, made.pairs, ddl(0.3), row, progress);
        for (std::size_t k = 0; k < 2; ++k) {
            QCOMPARE(with.intervals[k].low, once.intervals[k].low);
            QCOMPARE(with.intervals[k].high, once.intervals[k].high);
            QVERIFY(std::abs(with.intervals[k].low - run.intervals[k].low) < 0.01 && std::abs(with.intervals[k].high - run.intervals[k].high) < 0.01);
            QVERIFY(with.intervals[k].low <= at.strict[k].tar && at.strict[k].tar <= with.intervals[k].high);
        }
        // At another threshold they are computed from the beginning.
        const LiveExact elsewhere = live->intervals(0.7, 100, progress);
        QCOMPARE(elsewhere.threshold, 0.7);
        QCOMPARE(elsewhere.kept, live->keptCount(0.7));
        QCOMPARE(elsewhere.intervals.size(), std::size_t{2});
        // Where nobody is known there are none, and it is said why; and over splits the deviation stands for them.
        MadeTemplates unknown = made;
        std::fill(unknown.set.subjects.begin(), unknown.set.subjects.end(), -1);
        const LiveExact none = liveOn(unknown.set, unknown.pairs, options)->intervals(0.15, 100, progress);
        QVERIFY(none.intervals.empty() && !none.noIntervals.empty());
        const Splits data = splits(8);
        QVERIFY(liveOn(data.made.set, data.all, data.options)->intervals(0.15, 100, progress).noIntervals.find("3 splits") != std::string::npos);
    }

    /// A cancelled bootstrap leaves the exact value as it was, ends at once, and can be asked for again.
    void cancelledIntervals()
    {
        MadeTemplatesOptions of;
        of.templates = 1500;
        of.subjects = 400;
        of.most = 3;
        of.dim = 8;
        of.seed = 9;
        const MadeTemplates made = madeTemplates(of);
        const auto live = liveOn(made.set, made.pairs, {});
        Progress progress;
        const LiveExact before = live->exact(0.4, progress);
        Progress other;
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(40));
            other.cancel();
        });
        QElapsedTimer timer;
        timer.start();
        bool cancelled = false;
        try {
            for (int resamples = 5000;; ++resamples)
                live->intervals(0.4, resamples, other);
        } catch (const Cancelled &) {
            cancelled = true;
        }
        const qint64 elapsed = timer.elapsed();
        canceller.join();
        QVERIFY(cancelled);
        QVERIFY2(elapsed < 1000, qPrintable(QString::number(elapsed)));
        QVERIFY(live->lastExact()->intervals.empty());
        QCOMPARE(live->lastExact()->strict[3].tar, before.strict[3].tar);
        QCOMPARE(live->intervals(0.4, 20, progress).intervals.size(), std::size_t{6});
    }

    void refuses()
    {
        Splits data = splits(6);
        data.options.splitBegins = {0, 10, 5};
        QVERIFY_EXCEPTION_THROWN(liveOn(data.made.set, data.all, data.options), Error);
        data.options.splitBegins = {3, 10};
        QVERIFY_EXCEPTION_THROWN(liveOn(data.made.set, data.all, data.options), Error);
        data.options.splitBegins = {0, data.all.size() + 1};
        QVERIFY_EXCEPTION_THROWN(liveOn(data.made.set, data.all, data.options), Error);
        data.options.splitBegins = {0, data.all.size()}; // the second one is empty
        QVERIFY_EXCEPTION_THROWN(liveOn(data.made.set, data.all, data.options), Error);
    }
};

DSCOPE_TEST(TestLiveSplits)
#include "tst_livesplits.moc"
