// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/aggregation/enough.h"
#include "core/aggregation/twostage.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/support/support.h"

#include <algorithm>
#include <array>
#include <functional>

using namespace dscope;

using Indices = std::vector<std::int64_t>;

/// Until enough: the best of each group until their D-scores sum to a number.
class TestEnough : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// 0.75 + 0.5 = 1.25; the third is kept while those before it sum to less than what is enough, strictly.
    void byHand()
    {
        const std::array descending{0.75F, 0.5F, 0.25F, 0.125F};
        QCOMPARE(enoughOf(descending, 0.001), std::int64_t{1});
        QCOMPARE(enoughOf(descending, 0.75), std::int64_t{1});
        QCOMPARE(enoughOf(descending, 0.7501), std::int64_t{2});
        QCOMPARE(enoughOf(descending, 1.25), std::int64_t{2});
        QCOMPARE(enoughOf(descending, 1.5), std::int64_t{3});
        QCOMPARE(enoughOf(descending, 1.5001), std::int64_t{4});
        QCOMPARE(enoughOf(descending, 100), std::int64_t{4});
        QCOMPARE(enoughOf({}, 1), std::int64_t{0});
        // A group without any good is kept whole: nothing below 0 takes away from the sum.
        const std::array poor{0.F, -0.5F, -1.F};
        QCOMPARE(enoughOf(poor, 0.1), std::int64_t{3});

        const std::array given{0.25F, 0.75F, 0.125F, 0.5F};
        QCOMPARE(enoughElements(given, 1), (Indices{1, 3}));
        QCOMPARE(enoughElements(given, 1.3), (Indices{0, 1, 3}));
        const std::array equal{0.5F, 0.5F, 0.5F}; // the earlier of equal ones
        QCOMPARE(enoughElements(equal, 0.6), (Indices{0, 1}));
        QVERIFY(enoughElements({}, 1).empty());
    }

    /// Sums before: -1, .75, 1.25, 1.5 and -1, .5. Sorted: -1, -1, .5, .75, 1.25, 1.5.
    void shares()
    {
        std::vector<double> sums;
        appendSumsBefore(sums, std::array{0.75F, 0.5F, 0.25F, 0.125F});
        QCOMPARE(sums, (std::vector<double>{-1, 0.75, 1.25, 1.5}));
        appendSumsBefore(sums, std::array{0.5F, 0.5F});
        std::sort(sums.begin(), sums.end());
        QCOMPARE(enoughForShare(sums, 0), 0.5); // one of each group is always kept
        QCOMPARE(enoughForShare(sums, 2.0 / 6), 0.5);
        QCOMPARE(enoughForShare(sums, 0.5), 0.75);
        QCOMPARE(enoughForShare(sums, 0.51), 1.25);
        QCOMPARE(enoughForShare(sums, 5.0 / 6), 1.5);
        QCOMPARE(enoughForShare(sums, 1), 2.5);
        QVERIFY_THROWS_EXCEPTION(Error, enoughForShare({}, 0.5));
    }

    /// What enoughForShare() finds keeps the share, and no more than equal sums add.
    void sharesOfRandomGroups()
    {
        Random random(3);
        std::vector<std::vector<float>> groups(40);
        std::vector<double> sums;
        std::size_t all = 0;
        for (std::vector<float> &group : groups) {
            group.resize(1 + random.below(30));
            for (float &score : group)
                score = static_cast<float>(random.uniform());
            std::sort(group.begin(), group.end(), std::greater<>());
            appendSumsBefore(sums, group);
            all += group.size();
        }
        std::sort(sums.begin(), sums.end());
        for (int percent = 10; percent <= 100; ++percent) {
            const double enough = enoughForShare(sums, percent / 100.0);
            std::int64_t kept = 0;
            for (const std::vector<float> &group : groups)
                kept += enoughOf(group, enough);
            QCOMPARE(kept, static_cast<std::int64_t>((static_cast<std::size_t>(percent) * all + 99) / 100));
        }
    }

    /// aggregate() takes it instead of Eq. 7: D of .75, .5, .25 with weights D: the first two, 3/5 and 2/5.
    void aggregates()
    {
        AggregateOptions options;
        options.method = Aggregator::DdlNoRescale;
        options.keep.threshold = 0.6; // has no part
        options.keep.setEnough(1);
        const std::array features{1.F, 0.F, 0.F, 1.F, 5.F, 5.F};
        const std::array scores{0.75F, 0.5F, 0.25F};
        const Aggregate made = aggregate(features, 2, scores, options);
        QCOMPARE(made.kept, (Indices{0, 1}));
        QCOMPARE(made.feature, (std::vector<double>{0.6, 0.4}));
        QVERIFY(!made.fallback);
        options.keep.setBest(1); // takes its place
        QCOMPARE(aggregate(features, 2, scores, options).kept, (Indices{0}));

        // In two stages: D keeps, the second score weighs, and is not summed itself.
        options.keep.setEnough(1);
        const std::array second{0.1F, 0.3F, 0.9F};
        const Aggregate two = aggregateTwoStage(features, 2, scores, second, options);
        QCOMPARE(two.kept, (Indices{0, 1}));
        QVERIFY(std::abs(two.feature[0] - 0.25) < 1e-7 && std::abs(two.feature[1] - 0.75) < 1e-7);
    }
};

DSCOPE_TEST(TestEnough)
#include "tst_enough.moc"
