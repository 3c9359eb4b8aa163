// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/verification.h"
#include "tests/support/support.h"

#include <array>
#include <cmath>
#include <limits>
#include <span>

using namespace dscope;

class TestVerification : public QObject {
    Q_OBJECT

    using Labels = std::vector<std::uint8_t>;

    static Roc rocOf(const std::vector<double> &scores, const Labels &labels) { return fullRoc(std::span<const double>(scores), labels); }

private Q_SLOTS:
    void fullRocByHand()
    {
        const Roc roc = rocOf({0.9, 0.8, 0.8, 0.5, 0.5, 0.1}, {1, 1, 0, 0, 1, 0});
        QCOMPARE(roc.genuines, std::int64_t{3});
        QCOMPARE(roc.impostors, std::int64_t{3});
        const std::vector<std::array<double, 3>> expected{{std::numeric_limits<double>::infinity(), 0, 0}, {0.9, 0, 1}, {0.8, 1, 2}, {0.5, 2, 3}, {0.1, 3, 3}};
        QCOMPARE(roc.vertices.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE(roc.vertices[i].threshold, expected[i][0]);
            QCOMPARE(static_cast<double>(roc.vertices[i].fp), expected[i][1]);
            QCOMPARE(static_cast<double>(roc.vertices[i].tp), expected[i][2]);
        }
    }

    void zerosOfBothSignsAreOneScore() { QCOMPARE(rocOf({0.0, -0.0, 1.0}, {1, 0, 1}).vertices.size(), std::size_t{3}); }

    void floatAndDoubleAgree()
    {
        Random random(1);
        std::vector<float> scores;
        Labels labels;
        for (int i = 0; i < 500; ++i) {
            labels.push_back(random.chance(0.3) ? 1 : 0);
            scores.push_back(static_cast<float>(std::round(20 * (random.normal() + labels.back())) / 20));
        }
        const Roc a = fullRoc(std::span<const float>(scores), labels);
        const Roc b = rocOf({scores.begin(), scores.end()}, labels);
        QCOMPARE(a.vertices.size(), b.vertices.size());
        for (std::size_t i = 0; i < a.vertices.size(); ++i) {
            QCOMPARE(a.vertices[i].fp, b.vertices[i].fp);
            QCOMPARE(a.vertices[i].tp, b.vertices[i].tp);
        }
    }

    /// Ten impostors 1.0, 0.9 ... 0.1 and four genuine ones.
    void strictRule()
    {
        const Roc roc = fullRoc({1.5, 0.95, 0.85, 0.15}, {1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1});
        const FarPoint zero = tarAtFar(roc, 0.05, FarRule::Strict);
        QCOMPARE(zero.tar, 0.25);
        QCOMPARE(zero.realisedFar, 0.0);
        QCOMPARE(zero.impostorsAccepted, std::int64_t{0});
        QCOMPARE(zero.threshold, 1.5);
        const FarPoint one = tarAtFar(roc, 0.1, FarRule::Strict);
        QCOMPARE(one.tar, 0.5);
        QCOMPARE(one.realisedFar, 0.1);
        QCOMPARE(one.genuineAccepted, std::int64_t{2});
        QCOMPARE(one.impostors, std::int64_t{10});
        QCOMPARE(one.genuines, std::int64_t{4});
        QCOMPARE(tarAtFar(roc, 0.2, FarRule::Strict).tar, 0.75);
        QCOMPARE(tarAtFar(roc, 1.0, FarRule::Strict).tar, 1.0);
        QCOMPARE(tarAtFar(roc, 0.0, FarRule::Strict).tar, 0.25);
        // The best impostor leads: nothing can be accepted.
        const FarPoint none = tarAtFar(fullRoc({0.5}, {0.9, 0.1}), 0.1, FarRule::Strict);
        QCOMPARE(none.tar, 0.0);
        QCOMPARE(none.threshold, std::numeric_limits<double>::infinity());
    }

    void insightFaceRuleMayOvershoot()
    {
        // Impostors in ties of two out of ten: FAR 0, 0.2, 0.4 ... Target 0.15 is closer to 0.2.
        const Roc roc = fullRoc({2, 1, 0.5}, {1, 1, 0.9, 0.9, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1});
        const FarPoint over = tarAtFar(roc, 0.15, FarRule::InsightFace);
        QCOMPARE(over.realisedFar, 0.2);
        QCOMPARE(over.impostorsAccepted, std::int64_t{2});
        QCOMPARE(tarAtFar(roc, 0.15, FarRule::Strict).realisedFar, 0.0);
        // At equal distance the larger FAR; at equal FAR the larger TAR.
        QCOMPARE(tarAtFar(fullRoc({2, 1}, {1, 1, 0.5, 0.5}), 0.25, FarRule::InsightFace).realisedFar, 0.5);
        QCOMPARE(tarAtFar(fullRoc({3, 2, 1}, {0.5, 0.4}), 0.0, FarRule::InsightFace).tar, 1.0);
    }

    void pruning()
    {
        // fp after each score: 0 1 2 3 3, tp: 1 1 1 1 2. The second of the three equal steps (1, 1) -> (2, 1) -> (3, 1) goes, and so does
        // (1, 1), whose neighbours (0, 1) and (2, 1) are as far; the ends stay.
        const Roc pruned = prunedRoc(fullRoc({0.9, 0.1}, {0.8, 0.7, 0.6}));
        std::vector<std::pair<std::int64_t, std::int64_t>> left;
        for (const RocVertex &vertex : pruned.vertices)
            left.emplace_back(vertex.fp, vertex.tp);
        QCOMPARE(left, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}, {0, 1}, {3, 1}, {3, 2}}));
        QCOMPARE(prunedRoc(fullRoc({1}, {1})).vertices.size(), std::size_t{2});
    }

    void severalTargets()
    {
        const Roc roc = fullRoc({3, 2, 1, 0}, {2.5, 1.5, 0.5, -1});
        const std::vector<double> targets{0.25, 0.5};
        for (const FarRule rule : {FarRule::Strict, FarRule::InsightFace}) {
            const std::vector<FarPoint> points = tarAtFar(roc, targets, rule);
            QCOMPARE(points.size(), std::size_t{2});
            QCOMPARE(points[0].tar, 0.5);
            QCOMPARE(points[1].tar, 0.75);
            QCOMPARE(points[0].rule, rule);
        }
    }

    void equalErrors()
    {
        // At 0.6: FAR 1/4, FRR 1/4.
        const Eer eer = equalErrorRate(fullRoc({0.9, 0.8, 0.6, 0.2}, {0.7, 0.5, 0.4, 0.1}));
        QCOMPARE(eer.value, 0.25);
        QCOMPARE(eer.threshold, 0.6);
        // One tie only: (0, 0) has |0 - 1|, (1, 1) has |1 - 0|; the highest score wins.
        const Eer tied = equalErrorRate(fullRoc({0.5}, {0.5}));
        QCOMPARE(tied.far, 0.0);
        QCOMPARE(tied.frr, 1.0);
        QCOMPARE(tied.value, 0.5);
        QCOMPARE(equalErrorRate(fullRoc({2, 3}, {0, 1})).value, 0.0);
    }

    void best()
    {
        const BestAccuracy plain = bestAccuracy(fullRoc({0.9, 0.3}, {0.5, 0.4, 0.2, 0.1}), false);
        QCOMPARE(plain.accuracy, 5.0 / 6);
        QCOMPARE(plain.threshold, 0.9);
        const BestAccuracy balanced = bestAccuracy(fullRoc({0.9, 0.3}, {0.5, 0.2, 0.2, 0.1, 0.1, 0.1}), true);
        QCOMPARE(balanced.accuracy, (1 + 1 - 1.0 / 6) / 2);
        QCOMPARE(balanced.threshold, 0.3);
        QCOMPARE(bestAccuracy(fullRoc({1}, {0}), false).accuracy, 1.0);
        QCOMPARE(bestAccuracy(fullRoc({0}, {1}), true).accuracy, 0.5);
    }

    void tenFold()
    {
        // Ten folds of two pairs, same at 1.0 and different at 2.0: the first threshold that parts them is 1.01, since same is d < t.
        std::vector<double> distances;
        Labels same;
        for (int i = 0; i < 10; ++i) {
            distances.insert(distances.end(), {1.0, 2.0});
            same.insert(same.end(), {1, 0});
        }
        TenFold result = tenFoldAccuracy(distances, same);
        QCOMPARE(result.mean, 1.0);
        QCOMPARE(result.deviation, 0.0);
        QCOMPARE(result.threshold, std::vector<double>(10, 101 * 0.01));
        // A fold whose pairs lie the other way round is judged by the others' threshold.
        same[0] = 0, same[1] = 1;
        result = tenFoldAccuracy(distances, same);
        QCOMPARE(result.accuracy.front(), 0.0);
        QCOMPARE(result.accuracy.back(), 1.0);
        QCOMPARE(result.mean, 0.9);
        QVERIFY(std::abs(result.deviation - 0.3) < 1e-12);
        // Nine folds 0.1 above the mean and one 0.9 below it: squares of 0.9 in all, over 9, over 10.
        QVERIFY(std::abs(result.error - std::sqrt(0.9 / 9 / 10)) < 1e-12);
    }

    void tenFoldEqualityIsDifferent()
    {
        // 1.0 < 100 * 0.01 is false, and 0.57 < 57 * 0.01 (0.5700000000000001) is true: thresholds are products, not sums.
        std::vector<double> distances(20, 0.57);
        Labels same(20, 1);
        distances.back() = 3.9; // an impostor, out of the way
        same.back() = 0;
        const TenFold result = tenFoldAccuracy(distances, same);
        QCOMPARE(result.threshold.front(), 57 * 0.01);
    }

    void refuses()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        QVERIFY_THROWS_EXCEPTION(Error, rocOf({1, 2}, {1}));
        QVERIFY_THROWS_EXCEPTION(Error, rocOf({1, 2}, {1, 1}));
        QVERIFY_THROWS_EXCEPTION(Error, rocOf({1, 2}, {0, 0}));
        QVERIFY_THROWS_EXCEPTION(Error, rocOf({1, nan}, {0, 1}));
        const Labels both{1, 0, 1, 0, 1, 0, 1, 0, 1};
        QVERIFY_THROWS_EXCEPTION(Error, tenFoldAccuracy(std::vector<double>(9, 1.0), both));
        Labels ten = both;
        ten.push_back(0);
        QVERIFY_THROWS_EXCEPTION(Error, tenFoldAccuracy(std::vector<double>(10, nan), ten));
        // Of pairs of one kind alone every accuracy would be 100 %.
        QVERIFY_THROWS_EXCEPTION(Error, tenFoldAccuracy(std::vector<double>(20, 1.0), Labels(20, 1)));
        QVERIFY_THROWS_EXCEPTION(Error, tenFoldAccuracy(std::vector<double>(20, 1.0), Labels(20, 0)));
        QCOMPARE(name(farRule("strict")), std::string("strict"));
        QCOMPARE(name(farRule("insightface")), std::string("insightface"));
        QVERIFY_THROWS_EXCEPTION(UsageError, farRule("loose"));
    }
};

DSCOPE_TEST(TestVerification)
#include "tst_verification.moc"
