// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/statistics.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestPersonpairs : public QObject {
    Q_OBJECT

    struct Data {
        std::vector<float> scores;
        std::vector<std::int32_t> a;
        std::vector<std::int32_t> b;
    };

    static Data make(std::int32_t persons, std::int32_t each)
    {
        Random random(11);
        Data data;
        for (std::int32_t i = 0; i < persons * each; ++i)
            for (std::int32_t j = 0; j < i; ++j) {
                const bool genuine = i / each == j / each;
                data.a.push_back(i / each);
                data.b.push_back(j / each);
                data.scores.push_back(static_cast<float>(std::round(50 * (random.normal() + (genuine ? 2 : 0))) / 50)); // with ties
            }
        return data;
    }

private Q_SLOTS:
    void onesGiveThePlainMeasures()
    {
        const Data data = make(12, 4);
        std::vector<std::uint8_t> genuine;
        for (std::size_t i = 0; i < data.a.size(); ++i)
            genuine.push_back(data.a[i] == data.b[i] ? 1 : 0);
        const PersonPairs pairs(data.scores, data.a, data.b, 12);
        QCOMPARE(pairs.genuineCount(), std::int64_t{12 * 6});
        QCOMPARE(pairs.impostorCount(), std::int64_t{48 * 47 / 2 - 72});
        const std::vector<std::int32_t> ones(12, 1);
        const Roc plain = fullRoc(std::span<const float>(data.scores), genuine);
        const Roc weighted = pairs.roc(ones);
        QCOMPARE(weighted.vertices.size(), plain.vertices.size());
        for (std::size_t i = 0; i < plain.vertices.size(); ++i) {
            QCOMPARE(weighted.vertices[i].fp, plain.vertices[i].fp);
            QCOMPARE(weighted.vertices[i].tp, plain.vertices[i].tp);
            QCOMPARE(weighted.vertices[i].threshold, plain.vertices[i].threshold);
        }
        for (const double target : {0.0, 0.001, 0.01, 0.1, 0.5, 1.0})
            QCOMPARE(pairs.tarAtFar(target, ones), tarAtFar(plain, target, FarRule::Strict).tar);
    }

    /// A resample equals the pairs written out as often as they weigh.
    void weightsRepeatPairs()
    {
        const Data data = make(8, 3);
        const PersonPairs pairs(data.scores, data.a, data.b, 8);
        Random random(5);
        for (int round = 0; round < 20; ++round) {
            std::vector<std::int32_t> m(8, 0);
            for (int i = 0; i < 8; ++i)
                ++m[random.below(8)];
            std::vector<double> genuine;
            std::vector<double> impostor;
            for (std::size_t i = 0; i < data.scores.size(); ++i) {
                const std::int32_t ma = m[static_cast<std::size_t>(data.a[i])];
                const std::int32_t mb = m[static_cast<std::size_t>(data.b[i])];
                const bool same = data.a[i] == data.b[i];
                for (std::int32_t copy = 0; copy < (same ? ma : ma * mb); ++copy)
                    (same ? genuine : impostor).push_back(static_cast<double>(data.scores[i]));
            }
            const Roc roc = fullRoc(genuine, impostor);
            for (const double target : {0.0, 0.01, 0.05, 0.3}) {
                const FarPoint expected = tarAtFar(roc, target, FarRule::Strict);
                QCOMPARE(pairs.tarAtFar(target, m), expected.tar);
                const FarPoint walked = tarAtFar(pairs.roc(m), target, FarRule::Strict);
                QCOMPARE(walked.tar, expected.tar);
                QCOMPARE(walked.impostorsAccepted, expected.impostorsAccepted);
            }
            QCOMPARE(equalErrorRate(pairs.roc(m)).value, equalErrorRate(roc).value);
        }
    }

    void onePersonHasNoImpostors()
    {
        const Data data = make(3, 2);
        const PersonPairs pairs(data.scores, data.a, data.b, 3);
        const std::vector<std::int32_t> m{3, 0, 0};
        QVERIFY(std::isnan(pairs.tarAtFar(0.1, m)));
        QVERIFY_THROWS_EXCEPTION(Error, pairs.roc(m));
        QVERIFY_THROWS_EXCEPTION(Error, pairs.tarAtFar(0.1, std::vector<std::int32_t>{1, 1}));
    }

    void bootstrapSurroundsTheEstimate()
    {
        const Data data = make(30, 4);
        const PersonPairs pairs(data.scores, data.a, data.b, 30);
        Random random(6);
        Progress progress;
        const Interval interval = bootstrap(
            30, 400, 0.95, random, [&](std::span<const std::int32_t> m) { return pairs.tarAtFar(0.05, m); }, progress);
        const double estimate = pairs.tarAtFar(0.05, std::vector<std::int32_t>(30, 1));
        QVERIFY(interval.low < estimate && estimate < interval.high);
        QVERIFY(interval.high - interval.low < 0.5);
        QCOMPARE(interval.resamples, std::int64_t{400});
    }

    void refuses()
    {
        const std::vector<float> scores{1, 2};
        QVERIFY_THROWS_EXCEPTION(Error, PersonPairs(scores, std::vector<std::int32_t>{0}, std::vector<std::int32_t>{0, 1}, 2));
        QVERIFY_THROWS_EXCEPTION(Error, PersonPairs(scores, std::vector<std::int32_t>{0, 1}, std::vector<std::int32_t>{0, 2}, 2));
        QVERIFY_THROWS_EXCEPTION(Error, PersonPairs(std::vector<float>{1, NAN}, std::vector<std::int32_t>{0, 1}, std::vector<std::int32_t>{0, 0}, 2));
    }
};

DSCOPE_TEST(TestPersonpairs)
#include "tst_personpairs.moc"
