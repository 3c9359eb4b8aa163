// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/discard.h"
#include "core/metrics/verification.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestDiscard : public QObject {
    Q_OBJECT

    using Values = std::vector<double>;

private Q_SLOTS:
    /// Scores 1..5, e0 0.5: threshold 3. Pair qualities 1, 1, 2, 3, 3: errors are the scores 1 (quality 2) and 2 (quality 1).
    void byHand()
    {
        const Values similarity{4, 2, 1, 3, 5};
        const Values quality{1, 9, 9, 1, 2, 2, 3, 4, 7, 3};
        const DiscardCurve curve = errorVersusDiscard(similarity, quality, 0.5);
        QCOMPARE(curve.threshold, 3.0);
        const Values discard{0, 0.4, 0.6, 1};
        const Values fnmr{2.0 / 5, 1.0 / 3, 0, 0};
        QCOMPARE(curve.discard.size(), std::size_t{4});
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(std::abs(curve.discard[i] - discard[i]) < 1e-12);
            QVERIFY(std::abs(curve.fnmr[i] - fnmr[i]) < 1e-12);
        }
        // Steps 0.4 x 0.4 + 0.2 / 3, less the triangle 0.5^2 / 2.
        QVERIFY(std::abs(partialArea(curve, 1) - (0.16 + 0.2 / 3 - 0.125)) < 1e-12);
        // Up to 0.5: 0.16 + 0.1 / 3 - 0.125; up to 0.2: 0.08 - (0.5 x 0.2 - 0.02).
        QVERIFY(std::abs(partialArea(curve, 0.5) - (0.16 + 0.1 / 3 - 0.125)) < 1e-12);
        QVERIFY(std::abs(partialArea(curve, 0.2)) < 1e-12);
        QCOMPARE(partialArea(curve, 0), 0.0);
        QVERIFY_THROWS_EXCEPTION(Error, partialArea(curve, 1.1));
    }

    void qualityThatKnowsScoresBest()
    {
        // Quality equal to the score: the curve falls as fast as it can; quality that runs against it rises.
        Values similarity;
        Values good;
        Values bad;
        for (int i = 0; i < 100; ++i) {
            similarity.push_back(i);
            good.insert(good.end(), {1.0 * i, 1000.0});
            bad.insert(bad.end(), {1000.0, -1.0 * i});
        }
        const DiscardCurve best = errorVersusDiscard(similarity, good, 0.1);
        const DiscardCurve worst = errorVersusDiscard(similarity, bad, 0.1);
        QVERIFY(best.fnmr[10] == 0);
        QVERIFY(worst.fnmr[89] > 0.9);
        QVERIFY(partialArea(best, 0.3) < 0.002);
        QVERIFY(partialArea(worst, 0.3) > partialArea(best, 0.3));
    }

    void recomputed()
    {
        Random random(1);
        Values similarity;
        Values quality;
        std::vector<std::uint8_t> genuine;
        for (int i = 0; i < 2000; ++i) {
            const double q = random.uniform();
            genuine.push_back(i % 2 == 0 ? 1 : 0);
            similarity.push_back(random.normal() + (genuine.back() ? 1 + 4 * q : 0.0));
            quality.insert(quality.end(), {q, 1 + q});
        }
        Progress progress;
        const Values fmrs{0.1, 0.01};
        const std::vector<RecomputedCurve> curves = recomputedErrorVersusDiscard(similarity, genuine, quality, fmrs, progress);
        QCOMPARE(curves.size(), std::size_t{2});
        for (const RecomputedCurve &curve : curves) {
            QCOMPARE(curve.points.size(), std::size_t{20});
            QVERIFY(std::abs(curve.points.back().discard - 0.95) < 1e-12);
            QCOMPARE(curve.points[10].mated + curve.points[10].nonMated, std::int64_t{1000});
            QVERIFY(curve.points[10].fnmr < curve.points[0].fnmr);
            double area = 0;
            for (std::size_t i = 0; i < 19; ++i)
                area += 0.05 * (curve.points[i].fnmr + curve.points[i + 1].fnmr) / 2;
            QVERIFY(std::abs(area - curve.area) < 1e-12);
        }
        const Roc all = fullRoc(std::span<const double>(similarity), genuine);
        QCOMPARE(curves[1].points[0].fnmr, 1 - tarAtFar(all, 0.01, FarRule::Strict).tar);
        QVERIFY(curves[1].points[0].fnmr > curves[0].points[0].fnmr);
    }

    void recomputedKeepsEqualQualitiesTogether()
    {
        const Values similarity{1, 2, 3, 4};
        const Values quality(8, 0.5);
        Progress progress;
        const auto curves = recomputedErrorVersusDiscard(similarity, std::vector<std::uint8_t>{1, 0, 1, 0}, quality, Values{0.5}, progress);
        for (const RecomputedPoint &point : curves[0].points) {
            QCOMPARE(point.realised, 0.0);
            QCOMPARE(point.mated, std::int64_t{2});
        }
        // One kind runs out: the curve ends there.
        const Values falling{1, 1, 2, 2, 3, 3, 4, 4};
        const auto ends = recomputedErrorVersusDiscard(similarity, std::vector<std::uint8_t>{0, 0, 1, 1}, falling, Values{0.5}, progress);
        QVERIFY(!std::isnan(ends[0].points[0].fnmr));
        QVERIFY(std::isnan(ends[0].points[19].fnmr));
        QVERIFY(std::isfinite(ends[0].area));
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, errorVersusDiscard(Values{}, Values{}, 0.1));
        QVERIFY_THROWS_EXCEPTION(Error, errorVersusDiscard(Values{1, 2}, Values{1, 2}, 0.1));
        QVERIFY_THROWS_EXCEPTION(Error, errorVersusDiscard(Values{1, NAN}, Values{1, 2, 3, 4}, 0.1));
        QVERIFY_THROWS_EXCEPTION(Error, errorVersusDiscard(Values{1, 2}, Values{1, 2, 3, 4}, 1.5));
    }
};

DSCOPE_TEST(TestDiscard)
#include "tst_discard.moc"
