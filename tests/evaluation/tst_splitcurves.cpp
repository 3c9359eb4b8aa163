// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/evaluation/run.h"
#include "core/metrics/statistics.h"
#include "core/threshold/splitcurves.h"
#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;

/// Runs over several splits (IJB-A has ten) put together: means, deviations, curves and lists.
class TestSplitCurves : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitsAreAveraged()
    {
        Progress progress;
        VerificationOptions options;
        options.fars = {0.01, 0.1};
        std::vector<EvaluationRun> runs;
        for (std::uint64_t seed = 20; seed < 23; ++seed) {
            const MadeTemplates data = madeTemplates({.templates = 40, .dim = 8, .subjects = 10, .seed = seed});
            runs.push_back(evaluateVerification(data.set, data.pairs, {}, options, progress));
        }
        const EvaluationRun all = overSplits(runs, {"1", "2", "3"});
        for (std::size_t i = 0; i < 2; ++i) {
            const std::vector<double> tars{runs[0].strict[i].tar, runs[1].strict[i].tar, runs[2].strict[i].tar};
            QCOMPARE(all.strict[i].tar, mean(tars));
            QCOMPARE(all.strictDeviation[i], populationDeviation(tars));
            QCOMPARE(all.strict[i].impostors, runs[0].strict[i].impostors + runs[1].strict[i].impostors + runs[2].strict[i].impostors);
        }
        QCOMPARE(all.genuine, runs[0].genuine + runs[1].genuine + runs[2].genuine);
        QCOMPARE(all.splits.size(), std::size_t{3});
        QVERIFY(all.intervals.empty());
        // The mean curve passes through the mean of each target, begins where nobody is let in, and ends where everybody is.
        QCOMPARE(all.rocFar.size(), std::size_t{400});
        QCOMPARE(all.rocFar.front(), 0.0);
        QCOMPARE(all.rocFar.back(), 1.0);
        QCOMPARE(all.rocTar.back(), 1.0);
        QVERIFY(std::is_sorted(all.rocFar.begin(), all.rocFar.end()) && std::is_sorted(all.rocTar.begin(), all.rocTar.end()));
        for (const FarPoint &point : all.strict) {
            const auto after = std::upper_bound(all.rocFar.begin(), all.rocFar.end(), point.target * (1 + 1e-9));
            QVERIFY(after != all.rocFar.begin());
            QVERIFY(all.rocTar[static_cast<std::size_t>(after - all.rocFar.begin()) - 1] <= point.tar + 1e-12);
            QVERIFY(after == all.rocFar.end() || all.rocTar[static_cast<std::size_t>(after - all.rocFar.begin())] >= point.tar - 1e-12);
        }
        for (const std::vector<double> EvaluationRun::*shares : {&EvaluationRun::genuineHistogram, &EvaluationRun::impostorHistogram}) {
            QCOMPARE((all.*shares).size(), (runs[0].*shares).size());
            for (const std::size_t b : {std::size_t{60}, std::size_t{100}, std::size_t{150}})
                QVERIFY(std::abs((all.*shares)[b] - ((runs[0].*shares)[b] + (runs[1].*shares)[b] + (runs[2].*shares)[b]) / 3) < 1e-12);
        }
        // Of all splits the hardest pairs, in order; the same pair of two splits once.
        QVERIFY(!all.hardestGenuine.empty() && !all.hardestImpostor.empty());
        QVERIFY(all.hardestGenuine.front().score
                == std::min({runs[0].hardestGenuine.front().score, runs[1].hardestGenuine.front().score, runs[2].hardestGenuine.front().score}));
        QVERIFY(std::is_sorted(all.hardestImpostor.begin(), all.hardestImpostor.end(),
                               [](const NotablePair &x, const NotablePair &y) { return x.score > y.score; }));
        const EvaluationRun twice = overSplits({runs[0], runs[0]}, {"1", "2"});
        QCOMPARE(twice.hardestGenuine.size(), runs[0].hardestGenuine.size());
        QVERIFY_EXCEPTION_THROWN(overSplits(runs, {"1"}), Error);
        // And back from JSON.
        QCOMPARE(toJson(evaluationFromJson(toJson(all))).dump(), toJson(all).dump());
    }

    /// By hand: two splits of ten and of five impostor pairs, each with a curve of three vertices.
    void meanRocByHand()
    {
        EvaluationRun first;
        first.impostor = 10;
        first.rocFar = {0, 0.1, 1};
        first.rocTar = {0.2, 0.6, 1};
        EvaluationRun second;
        second.impostor = 5;
        second.rocFar = {0, 0.2, 1};
        second.rocTar = {0.4, 0.8, 1};
        EvaluationRun all;
        curvesOverSplits({first, second}, all);
        const auto at = [&](double far) {
            const auto after = std::upper_bound(all.rocFar.begin(), all.rocFar.end(), far);
            return all.rocTar[static_cast<std::size_t>(after - all.rocFar.begin()) - 1];
        };
        QCOMPARE(at(0), (0.2 + 0.4) / 2);
        QCOMPARE(at(0.15), (0.6 + 0.4) / 2); // the second has let nobody in yet
        QCOMPARE(at(0.3), (0.6 + 0.8) / 2);
        QCOMPARE(at(1), 1.0);
        QVERIFY(all.rocFar[1] >= 0.1 && all.rocFar[1] < 0.1001); // one impostor pair of the larger split
        // A split without a curve (a file of an older version): none is better than a wrong one.
        second.rocFar.clear();
        second.rocTar.clear();
        curvesOverSplits({first, second}, all);
        QVERIFY(all.rocFar.empty() && all.rocTar.empty());
    }
};

DSCOPE_TEST(TestSplitCurves)
#include "tst_splitcurves.moc"
