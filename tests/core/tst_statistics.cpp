// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/metrics/statistics.h"
#include "tests/support/support.h"

#include <cmath>
#include <numeric>

using namespace dscope;

class TestStatistics : public QObject {
    Q_OBJECT

    using Values = std::vector<double>;

private Q_SLOTS:
    void meanAndDeviation()
    {
        QCOMPARE(mean(Values{1, 2, 6}), 3.0);
        QCOMPARE(populationDeviation(Values{2, 4, 4, 4, 5, 5, 7, 9}), 2.0);
        QCOMPARE(populationDeviation(Values{5}), 0.0);
        QVERIFY_THROWS_EXCEPTION(Error, mean(Values{}));
        QVERIFY_THROWS_EXCEPTION(Error, populationDeviation(Values{}));
        // Squares of 32 in all: over 7, over 8.
        QVERIFY(std::abs(standardError(Values{2, 4, 4, 4, 5, 5, 7, 9}) - std::sqrt(32.0 / 7 / 8)) < 1e-12);
        QVERIFY_THROWS_EXCEPTION(Error, standardError(Values{5}));
    }

    void quantiles()
    {
        const Values values{40, 10, 30, 20};
        QCOMPARE(quantile(values, 0), 10.0);
        QCOMPARE(quantile(values, 1), 40.0);
        QCOMPARE(quantile(values, 0.5), 25.0);
        QCOMPARE(quantile(values, 0.25), 17.5);
        QCOMPARE(quantile(Values{7}, 0.3), 7.0);
        QVERIFY_THROWS_EXCEPTION(Error, quantile(Values{}, 0.5));
        QVERIFY_THROWS_EXCEPTION(Error, quantile(values, 1.01));
        QVERIFY_THROWS_EXCEPTION(Error, quantile(values, std::nan("")));
    }

    void ranks()
    {
        QCOMPARE(averageRanks(Values{30, 10, 20, 10}), (Values{4, 1.5, 3, 1.5}));
        QCOMPARE(averageRanks(Values{5, 5, 5}), (Values{2, 2, 2}));
        QVERIFY(averageRanks(Values{}).empty());
        QVERIFY_THROWS_EXCEPTION(Error, averageRanks(Values{1, std::nan("")}));
    }

    void correlations()
    {
        QVERIFY(std::abs(pearson(Values{1, 2, 3}, Values{2, 4, 6}) - 1) < 1e-12);
        QVERIFY(std::abs(pearson(Values{1, 2, 3, 4}, Values{1, 3, 2, 4}) - 0.8) < 1e-12);
        // Monotone but not linear.
        QVERIFY(std::abs(spearman(Values{1, 2, 3, 4}, Values{-1, -10, -100, -1000}) + 1) < 1e-12);
        QVERIFY(pearson(Values{1, 2, 3, 4}, Values{-1, -10, -100, -1000}) > -0.9);
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
        QVERIFY(std::abs(spearman(Values{1, 2, 2, 3}, Values{1, 2, 3, 4}) - 4.5 / std::sqrt(22.5)) < 1e-12);
        QVERIFY(std::isnan(pearson(Values{1, 1}, Values{1, 2})));
        QVERIFY(std::isnan(spearman(Values{1, 2}, Values{3, 3})));
        QVERIFY_THROWS_EXCEPTION(Error, pearson(Values{1}, Values{1}));
        QVERIFY_THROWS_EXCEPTION(Error, pearson(Values{1, 2}, Values{1, 2, 3}));
    }

    /// The mean of 0..99: deviation of its bootstrap distribution is 28.866 / 10, so 95 % lie within 1.96 times that.
    void bootstrapOfAMean()
    {
        Random random(1);
        Progress progress;
        std::int64_t drawn = 0;
        const Interval interval = bootstrap(
            100, 4000, 0.95, random,
            [&](std::span<const std::int32_t> m) {
                drawn = std::accumulate(m.begin(), m.end(), std::int64_t{0});
                double sum = 0;
                for (std::size_t i = 0; i < m.size(); ++i)
                    sum += static_cast<double>(i) * m[i];
                return sum / 100;
            },
            progress);
        QCOMPARE(drawn, std::int64_t{100});
        QVERIFY2(std::abs(interval.low - (49.5 - 5.658)) < 0.35, qPrintable(QString::number(interval.low)));
        QVERIFY2(std::abs(interval.high - (49.5 + 5.658)) < 0.35, qPrintable(QString::number(interval.high)));
        QCOMPARE(interval.resamples, std::int64_t{4000});
        QCOMPARE(interval.undefined, std::int64_t{0});
    }

    void bootstrapLeavesTheUndefinedOut()
    {
        Random random(2);
        Progress progress;
        const Interval interval = bootstrap(
            2, 200, 0.9, random, [](std::span<const std::int32_t> m) { return m[0] == 0 ? std::nan("") : 1.0 * m[0]; }, progress);
        QVERIFY(interval.undefined > 20 && interval.undefined < 80);
        QCOMPARE(interval.resamples + interval.undefined, std::int64_t{200});
        QCOMPARE(interval.low, 1.0);
        QCOMPARE(interval.high, 2.0);
        QVERIFY_THROWS_EXCEPTION(Error,
                                 bootstrap(
                                     2, 5, 0.9, random, [](std::span<const std::int32_t>) { return std::nan(""); }, progress));
        QVERIFY_THROWS_EXCEPTION(Error,
                                 bootstrap(
                                     0, 5, 0.9, random, [](std::span<const std::int32_t>) { return 1.0; }, progress));
    }

    void severalShareTheirResamples()
    {
        Random random(3);
        Progress progress;
        const std::vector<Interval> intervals = bootstrap(
            20, 300, 0.95, random, 2,
            [](std::span<const std::int32_t> m, std::span<double> values) {
                values[0] = m[0];
                values[1] = m[0] + 5.0;
            },
            progress);
        QCOMPARE(intervals.size(), std::size_t{2});
        QCOMPARE(intervals[1].low, intervals[0].low + 5);
        QCOMPARE(intervals[1].high, intervals[0].high + 5);
    }

    void bootstrapCancels()
    {
        Random random(4);
        Progress progress;
        int calls = 0;
        QVERIFY_THROWS_EXCEPTION(Cancelled,
                                 bootstrap(
                                     5, 1000, 0.9, random,
                                     [&](std::span<const std::int32_t>) {
                                         if (++calls == 3)
                                             progress.cancel();
                                         return 1.0;
                                     },
                                     progress));
        QCOMPARE(calls, 3);
    }
};

DSCOPE_TEST(TestStatistics)
#include "tst_statistics.moc"
