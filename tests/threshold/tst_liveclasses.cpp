// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madeclasses.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/evaluation/classificationrun.h"
#include "core/threshold/liveclasses.h"
#include "core/threshold/templateprefixes.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace dscope;
using namespace dscope::test;

namespace {

VerificationOptions plain()
{
    VerificationOptions options;
    options.resamples = 0;
    options.ddnetCost = {10, 20};
    options.baseCost = {100, 210};
    return options;
}

} // namespace

/// The live threshold of a classification.
class TestLiveClasses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheRuns_data()
    {
        QTest::addColumn<QString>("method");
        for (const char *method : {"average", "ddl", "ddl:t=0.5", "ddl:t=0.97", "ddl:best=1", "ddl:best=3", "ddl:best=100", "ddl:enough=2", "ddl+:best=4",
                                   "ddl-no-rescale:t=0.3", "top-k:3", "top-1"})
            QTest::newRow(method) << method;
    }
    /// By prefix sums as clip by clip.
    void agreesWithTheRuns()
    {
        QFETCH(QString, method);
        const auto set = std::make_shared<const TemplateFeatures>(madeClasses());
        Progress progress;
        const LiveClasses live(set, progress);
        const Method whole = methodNamed(method.toStdString());
        const LinearRule rule = linearRule(whole);
        std::vector<std::int32_t> predictions;
        const LiveClassesPoint point = live.at(rule, rule.keep, progress, &predictions);
        const EvaluationRun run = evaluateClassification(*set, whole, plain(), progress);
        const ClassificationFigures &figures = *run.classification;
        QCOMPARE(point.videos, figures.groups);
        QCOMPARE(point.top1, figures.top1);
        QCOMPARE(point.top5, figures.top5);
        QCOMPARE(point.keptShare, run.keptShare);
        for (std::size_t t = 0; t < predictions.size(); ++t)
            QCOMPARE(predictions[t], figures.predictions[t].top);
    }

    void curvesAgreeWithTheRuns()
    {
        const TemplateFeatures set = madeClasses();
        ClipCurveOptions options;
        options.ks = {9, 1, 3, 3, 400};
        options.seeds = 4;
        options.prices = {"made", {10, 20}, {100, 210}};
        Progress progress;
        std::size_t told = 0;
        const std::vector<ClipCurve> curves = clipCurves(
            set, options, [&](const std::vector<ClipCurve> &some) { told = some.size(); }, progress);
        QCOMPARE(curves.size(), std::size_t{5});
        QCOMPARE(told, std::size_t{5});
        const std::vector<std::string> methods{"ddl:best=3", "top-k:3", "uniform-k:3", "random-k:3,seeds=4", "top-k:3,quality=motion"};
        for (std::size_t c = 0; c < curves.size(); ++c) {
            QCOMPARE(curves[c].points.size(), std::size_t{4}); // 1, 3, 9, and all of the longest video instead of 400
            QVERIFY(curves[c].points.back().k < 20);
            const ClipCurve::Point &point = curves[c].points[1];
            QCOMPARE(point.k, 3);
            const EvaluationRun run = evaluateClassification(set, methodNamed(methods[c]), plain(), progress);
            QVERIFY(std::abs(point.top1 - run.classification->top1) < 1e-12);
            QVERIFY(std::abs(point.top5 - run.classification->top5) < 1e-12);
            QVERIFY(std::abs(point.top1Deviation - run.classification->top1Deviation) < 1e-12);
            QVERIFY(std::abs(point.cost.macPerFace - run.macPerFace) < 1e-9);
            QVERIFY(std::abs(point.keptPerVideo - perGroup(run, run.keptShare)) < 1e-9);
        }
        // With every clip kept, what is fused alike is the plain mean.
        const double dense = evaluateClassification(set, methodNamed("average"), plain(), progress).classification->top1;
        for (const std::size_t c : {1, 2, 3, 4})
            QVERIFY(std::abs(curves[c].points.back().top1 - dense) < 1e-12);
        QVERIFY(clipCurvesCsv(curves, 10).find("uniform K,3,") != std::string::npos);
        ClipCurveOptions unpriced = options;
        unpriced.prices = {};
        unpriced.ks = {1};
        const std::string unknown = clipCurvesCsv(clipCurves(set, unpriced, {}, progress), 10);
        QVERIFY2(unknown.find(",,\r\n") != std::string::npos, unknown.c_str()); // a cost that is not known is none, not 0
        TemplateFeatures still = set;
        still.quality.clear();
        QCOMPARE(clipCurves(still, options, {}, progress).size(), std::size_t{4});
    }

    /// A run as a file has the seed of its intervals, and gains are drawn with it.
    void gainsByTheirSeed()
    {
        const TemplateFeatures set = madeClasses(140);
        Progress progress;
        VerificationOptions options = plain();
        options.resamples = 60;
        const auto tableOf = [&](std::uint64_t seed) {
            options.seed = seed;
            std::vector<EvaluationRun> runs;
            for (const char *method : {"average", "ddl:best=3"})
                runs.push_back(evaluationFromJson(toJson(evaluateClassification(set, methodNamed(method), options, progress))));
            for (const EvaluationRun &run : runs)
                if (run.classification->seed != seed || run.classification->predictions.size() != 140)
                    return std::string("the file says something else");
            const std::string table = classificationTable({&runs[0], &runs[1]});
            return table.substr(table.find("Gained over"));
        };
        const std::string seven = tableOf(7);
        QVERIFY2(seven.find("DDL, best 3") != std::string::npos, seven.c_str());
        QCOMPARE(tableOf(7), seven);
        QVERIFY(tableOf(8) != seven);
    }

    void refuses()
    {
        Progress progress;
        TemplateFeatures unknown = madeClasses();
        unknown.subjects.assign(unknown.subjects.size(), -1);
        QVERIFY_THROWS_EXCEPTION(Error, LiveClasses(std::make_shared<const TemplateFeatures>(unknown), progress));
        TemplateFeatures bare = madeClasses();
        bare.dim = 0;
        bare.features.clear();
        QVERIFY_THROWS_EXCEPTION(Error, LiveClasses(std::make_shared<const TemplateFeatures>(bare), progress));
        ClipCurveOptions none;
        none.ks = {0, 3};
        QVERIFY_THROWS_EXCEPTION(Error, clipCurves(madeClasses(), none, {}, progress));
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, clipCurves(madeClasses(), {}, {}, progress));
    }
};

DSCOPE_TEST(TestLiveClasses)
#include "tst_liveclasses.moc"
