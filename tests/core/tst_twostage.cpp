// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/twostage.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;

/// D chooses, a second score weighs.
class TestTwoStage : public QObject {
    Q_OBJECT

    static bool near(const std::vector<double> &a, const std::vector<double> &b)
    {
        bool same = a.size() == b.size();
        for (std::size_t i = 0; same && i < a.size(); ++i)
            same = std::abs(a[i] - b[i]) < 1e-12;
        return same;
    }

private Q_SLOTS:
    /// Pictures (1, 0), (0, 2), (4, 4), (0, 8); D keeps all but the third, which has the largest second score.
    void byHand()
    {
        const std::vector<float> f{1, 0, 0, 2, 4, 4, 0, 8};
        const std::vector<float> d{0.5F, 0.25F, 0.125F, 0.75F};
        const std::vector<float> second{0.75F, 0.25F, 1, 0.5F};
        AggregateOptions options;
        // Eq. 9 over the kept: (.75 - .25) / .5 = 1, 0, .5: weights 2/3, 0, 1/3.
        const Aggregate ddl = aggregateTwoStage(f, 2, d, second, options);
        QCOMPARE(ddl.kept, (std::vector<std::int64_t>{0, 1, 3}));
        QVERIFY(near(ddl.weights, {2.0 / 3, 0, 1.0 / 3}));
        QVERIFY(near(ddl.feature, {2.0 / 3, 8.0 / 3}));
        QVERIFY(!ddl.fallback);
        options.method = Aggregator::DdlNoRescale;
        QVERIFY(near(aggregateTwoStage(f, 2, d, second, options).weights, {0.5, 1.0 / 6, 1.0 / 3}));
        options.method = Aggregator::Top1; // of those that D keeps
        QCOMPARE(aggregateTwoStage(f, 2, d, second, options).kept, (std::vector<std::int64_t>{0}));
        options.method = Aggregator::TopK;
        options.k = 2;
        QCOMPARE(aggregateTwoStage(f, 2, d, second, options).kept, (std::vector<std::int64_t>{0, 3}));
        options.method = Aggregator::Average;
        QVERIFY(near(aggregateTwoStage(f, 2, d, second, options).feature, {1.0 / 3, 10.0 / 3}));
        options.keep.setBest(2); // by D
        QVERIFY(near(aggregateTwoStage(f, 2, d, second, options).feature, {0.5, 4}));
    }

    /// Against the plain way: choose, then aggregate() on what was chosen.
    void randomly()
    {
        Random random(3);
        for (int round = 0; round < 200; ++round) {
            const std::size_t n = 1 + random.below(12);
            std::vector<float> f;
            std::vector<float> d;
            std::vector<float> second;
            std::vector<std::int64_t> media;
            for (std::size_t i = 0; i < n; ++i) {
                for (int k = 0; k < 3; ++k)
                    f.push_back(static_cast<float>(random.normal()));
                d.push_back(static_cast<float>(random.uniform()));
                second.push_back(static_cast<float>(random.uniform()));
                media.push_back(static_cast<std::int64_t>(random.below(4)));
            }
            for (const Aggregator how :
                 {Aggregator::Ddl, Aggregator::DdlNoRescale, Aggregator::DdlPlus, Aggregator::Average, Aggregator::Max, Aggregator::Top1, Aggregator::TopK})
                for (const MediaOrder order : {MediaOrder::Images, MediaOrder::MediaFirst})
                    for (const double t2 : {-std::numeric_limits<double>::infinity(), 0.4}) {
                        AggregateOptions options;
                        options.method = how;
                        options.order = order;
                        options.keep.threshold = 0.5;
                        options.k = 2;
                        std::vector<std::size_t> chosen;
                        for (std::size_t i = 0; i < n; ++i)
                            if (static_cast<double>(d[i]) > 0.5)
                                chosen.push_back(i);
                        if (chosen.empty())
                            chosen.push_back(static_cast<std::size_t>(std::max_element(d.begin(), d.end()) - d.begin()));
                        std::vector<float> some;
                        std::vector<float> scores;
                        std::vector<std::int64_t> ids;
                        for (const std::size_t i : chosen) {
                            some.insert(some.end(), f.begin() + static_cast<std::ptrdiff_t>(3 * i), f.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
                            scores.push_back(second[i]);
                            ids.push_back(media[i]);
                        }
                        AggregateOptions then = options;
                        then.keep.threshold = t2;
                        const Aggregate plain = aggregate(some, 3, scores, then, ids);
                        const Aggregate made = aggregateTwoStage(f, 3, d, second, options, t2, media);
                        QVERIFY(near(made.feature, plain.feature));
                        QVERIFY(near(made.weights, plain.weights));
                        for (std::size_t i = 0; i < made.kept.size(); ++i)
                            QCOMPARE(made.kept[i], static_cast<std::int64_t>(chosen[static_cast<std::size_t>(plain.kept[i])]));
                        // With D for both scores it is aggregate() itself.
                        if (how == Aggregator::Ddl || how == Aggregator::DdlPlus || how == Aggregator::DdlNoRescale)
                            QVERIFY(near(aggregateTwoStage(f, 3, d, d, options, -1, media).feature, aggregate(f, 3, d, options, media).feature));
                    }
        }
    }

    void scoresThatAreMissing()
    {
        const float none = std::numeric_limits<float>::quiet_NaN();
        const std::vector<float> f{1, 2, 4};
        const std::vector<float> d{0.5F, 0.5F, 0.5F};
        AggregateOptions options;
        options.method = Aggregator::DdlNoRescale;
        const Aggregate some = aggregateTwoStage(f, 1, d, std::vector<float>{none, 0.5F, 0.5F}, options);
        QCOMPARE(some.kept, (std::vector<std::int64_t>{1, 2}));
        QVERIFY(near(some.feature, {3}));
        QVERIFY(near(aggregateTwoStage(f, 1, d, std::vector<float>{none, none, none}, options).feature, {7.0 / 3}));
        QVERIFY(near(aggregateTwoStage(f, 1, d, std::vector<float>{-5, 0.5F, 0.5F}, options).feature, {3}));
        // Where nothing passes either threshold the best of each stays.
        options.keep.threshold = 0.9;
        const Aggregate last = aggregateTwoStage(f, 1, std::vector<float>{0.5F, 0.6F, 0.5F}, d, options);
        QCOMPARE(last.kept, (std::vector<std::int64_t>{1}));
        QVERIFY(last.fallback);
        options.keep.threshold = 0.1;
        const Aggregate second = aggregateTwoStage(f, 1, d, std::vector<float>{0.2F, 0.3F, 0.1F}, options, 0.5);
        QCOMPARE(second.kept, (std::vector<std::int64_t>{1}));
        QVERIFY(second.fallback);
    }

    void refuses()
    {
        AggregateOptions options;
        options.rescaleOverWhole = true;
        const std::vector<float> two{0.5F, 0.25F};
        VERIFY_SAYS(refusal([&] { aggregateTwoStage(two, 1, two, two, options); }), "do not go through the base have none");
        VERIFY_SAYS(refusal([&] { aggregateTwoStage(two, 1, two, std::vector<float>{1}, {}); }), "a second score");
        VERIFY_SAYS(refusal([&] { aggregateTwoStage({}, 1, {}, {}, {}); }), "without elements");
        options = {};
        options.order = MediaOrder::MediaFirst;
        VERIFY_SAYS(refusal([&] { aggregateTwoStage(two, 1, two, two, options); }), "media id");
    }
};

DSCOPE_TEST(TestTwoStage)
#include "tst_twostage.moc"
