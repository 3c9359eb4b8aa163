// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/support/support.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace dscope;

using Indices = std::vector<std::int64_t>;

class TestAggregate : public QObject {
    Q_OBJECT

    static AggregateOptions with(Aggregator method, double threshold = 0.15)
    {
        AggregateOptions options;
        options.method = method;
        options.keep.threshold = threshold;
        return options;
    }

    static bool same(const std::vector<double> &a, const std::vector<double> &b)
    {
        if (a.size() != b.size())
            return false;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (std::abs(a[i] - b[i]) > 1e-12)
                return false;
        return true;
    }

private Q_SLOTS:
    void names()
    {
        for (const char *word : {"ddl", "ddl-no-rescale", "average", "max", "top1", "topk", "ddl+"})
            QCOMPARE(name(aggregator(word)), std::string(word));
        for (const char *word : {"images", "media-first"})
            QCOMPARE(name(mediaOrder(word)), std::string(word));
        QVERIFY_THROWS_EXCEPTION(UsageError, aggregator("mean"));
        QVERIFY_THROWS_EXCEPTION(UsageError, mediaOrder("frames"));
        try {
            aggregator("mean");
        } catch (const UsageError &error) {
            QVERIFY2(std::string(error.what()).find("ddl-no-rescale") != std::string::npos, error.what());
        }
    }

    /// D = 0.25, 0.75, 0.5 give R = 0, 1, 0.5 and weights 0, 2/3, 1/3.
    void ddlByHand()
    {
        const std::vector<float> f{1, 10, 2, 20, 5, 50};
        const std::vector<float> d{0.25f, 0.75f, 0.5f};
        const Aggregate a = aggregate(f, 2, d, with(Aggregator::Ddl));
        QVERIFY(same(a.feature, {3, 30}));
        QVERIFY(same(a.weights, {0, 2.0 / 3, 1.0 / 3}));
        QCOMPARE(a.kept, (Indices{0, 1, 2}));
        QVERIFY(!a.fallback);
        const Aggregate n = aggregate(f, 2, d, with(Aggregator::DdlNoRescale));
        QVERIFY(same(n.weights, {0.25 / 1.5, 0.5, 0.5 / 1.5}));
        QVERIFY(same(n.feature, {0.25 / 1.5 + 1 + 2.5 / 1.5, (0.25 / 1.5 + 1 + 2.5 / 1.5) * 10}));
    }

    /// With middle 0.5 and power 2 the odds 1/3, 3 and 1 give g = 1/10, 9/10 and 1/2.
    void ddlPlusByHand()
    {
        QCOMPARE(ddlPlusWeight(0.25, 0.5, 2), 0.1);
        QCOMPARE(ddlPlusWeight(0.75, 0.5, 2), 0.9);
        QCOMPARE(ddlPlusWeight(0.4, 0.4, 6), 0.5);
        QCOMPARE(ddlPlusWeight(0, 0.4, 6), 0.0);
        QCOMPARE(ddlPlusWeight(-1, 0.4, 6), 0.0);
        QCOMPARE(ddlPlusWeight(1, 0.4, 6), 1.0);
        for (double d = 0.01; d < 1; d += 0.01)
            QVERIFY(ddlPlusWeight(d, 0.4, 6) > ddlPlusWeight(d - 0.01, 0.4, 6));
        const std::vector<float> f{10, 20, 30};
        AggregateOptions options = with(Aggregator::DdlPlus);
        options.plusMiddle = 0.5;
        options.plusPower = 2;
        const Aggregate a = aggregate(f, 1, std::vector<float>{0.25f, 0.75f, 0.5f}, options);
        QVERIFY(same(a.weights, {0.1 / 1.5, 0.6, 1.0 / 3}));
        QVERIFY(same(a.feature, {(1 + 18 + 15) / 1.5}));
        QCOMPARE(aggregate(f, 1, std::vector<float>{0.25f, 0.75f, 0.5f}, with(Aggregator::DdlPlus, 0.3)).kept, (Indices{1, 2}));
        QVERIFY(same(aggregate(f, 1, std::vector<float>{0, 0, 0}, with(Aggregator::DdlPlus, -1)).feature, {20}));
        for (const auto &[middle, power] : {std::pair(0.0, 6.0), std::pair(1.0, 6.0), std::pair(0.4, 0.0), std::pair(0.4, 1e4)}) {
            options.plusMiddle = middle;
            options.plusPower = power;
            QVERIFY_THROWS_EXCEPTION(Error, aggregate(f, 1, std::vector<float>{0.25f, 0.75f, 0.5f}, options));
        }
    }

    void thresholdIsStrictInDouble()
    {
        const std::vector<float> f{1, 2, 3};
        // 0.15f is above 0.15 as a double (0.15000000596), 0.25f is exactly 0.25.
        QCOMPARE(aggregate(f, 1, std::vector<float>{0.15f, 0.1f, 0.5f}, with(Aggregator::Ddl, 0.15)).kept, (Indices{0, 2}));
        QCOMPARE(aggregate(f, 1, std::vector<float>{0.25f, 0.1f, 0.5f}, with(Aggregator::Ddl, 0.25)).kept, (Indices{2}));
    }

    void fallbackTakesTheFirstBest()
    {
        const Aggregate a = aggregate(std::vector<float>{1, 2, 3, 4}, 1, std::vector<float>{0.05f, 0.1f, 0.1f, 0.02f}, with(Aggregator::Ddl));
        QVERIFY(a.fallback);
        QCOMPARE(a.kept, (Indices{1}));
        QVERIFY(same(a.feature, {2}));
        QVERIFY(same(a.weights, {1}));
    }

    void twoElementsEqualTop1()
    {
        const std::vector<float> f{1, 5};
        const std::vector<float> d{0.4f, 0.6f};
        QVERIFY(same(aggregate(f, 1, d, with(Aggregator::Ddl)).feature, aggregate(f, 1, d, with(Aggregator::Top1)).feature));
    }

    void uniformWhereWeightsVanish()
    {
        const std::vector<float> f{1, 2, 6};
        QVERIFY(same(aggregate(f, 1, std::vector<float>{0.5f, 0.5f, 0.5f}, with(Aggregator::Ddl)).feature, {3}));
        QVERIFY(same(aggregate(f, 1, std::vector<float>{0, 0, 0}, with(Aggregator::DdlNoRescale, -1)).feature, {3}));
        QVERIFY(same(aggregate(f, 1, std::vector<float>{0, 0, 0}, with(Aggregator::Ddl, 0.5)).feature, {1}));
        AggregateOptions whole = with(Aggregator::Ddl);
        whole.rescaleOverWhole = true;
        QVERIFY(same(aggregate(f, 1, std::vector<float>{0.5f, 0.5f, 0.5f}, whole).feature, {3}));
        QVERIFY(same(rescaledWeights(std::vector<double>{0.2, 0.2}, 0.2, 0.9), {0.5, 0.5}));
    }

    void rescaleOverTheWholeGroup()
    {
        AggregateOptions options = with(Aggregator::Ddl, 0.3);
        options.rescaleOverWhole = true;
        // Kept 0.5 and 1 of 0, 0.5, 1: weights 0.5 and 1 instead of 0 and 1.
        const Aggregate a = aggregate(std::vector<float>{100, 3, 6}, 1, std::vector<float>{0, 0.5f, 1}, options);
        QCOMPARE(a.kept, (Indices{1, 2}));
        QVERIFY(same(a.weights, {1.0 / 3, 2.0 / 3}));
        QVERIFY(same(a.feature, {5}));
    }

    void othersIgnoreTheThreshold()
    {
        const std::vector<float> f{1, -9, 4, 2, 1, -3};
        const std::vector<float> d{0.01f, 0.02f, 0.02f};
        const Aggregate average = aggregate(f, 2, d, with(Aggregator::Average));
        QVERIFY(same(average.feature, {2, -10.0 / 3}));
        QCOMPARE(average.kept, (Indices{0, 1, 2}));
        QVERIFY(!average.fallback);
        const Aggregate max = aggregate(f, 2, d, with(Aggregator::Max));
        QVERIFY(same(max.feature, {4, 2}));
        QVERIFY(max.weights.empty());
        const Aggregate top = aggregate(f, 2, d, with(Aggregator::Top1));
        QVERIFY(same(top.feature, {4, 2}));
        QCOMPARE(top.kept, (Indices{1}));
        QVERIFY(!top.fallback);
    }

    void topK()
    {
        const std::vector<float> f{1, 2, 4, 8, 16};
        const std::vector<float> d{0.1f, 0.9f, 0.5f, 0.5f, 0.5f};
        AggregateOptions options = with(Aggregator::TopK);
        options.k = 3;
        const Aggregate a = aggregate(f, 1, d, options);
        QCOMPARE(a.kept, (Indices{1, 2, 3})); // the first two of the three equal ones
        QVERIFY(same(a.feature, {14.0 / 3}));
        options.k = 1;
        QVERIFY(same(aggregate(f, 1, d, options).feature, aggregate(f, 1, d, with(Aggregator::Top1)).feature));
        options.k = 99;
        QVERIFY(same(aggregate(f, 1, d, options).feature, {31.0 / 5}));
        options.k = 0;
        QVERIFY_THROWS_EXCEPTION(Error, aggregate(f, 1, d, options));
    }

    void normalisedFeatures()
    {
        AggregateOptions options = with(Aggregator::Average);
        options.normaliseFeatures = true;
        QVERIFY(same(aggregate(std::vector<float>{3, 4, 0, 10, 0, 0}, 2, std::vector<float>{0, 0, 0}, options).feature, {0.2, 0.6}));
    }

    /// Media 7: pictures 0, 2, 3; media 5: picture 1. Picture 3 is dropped.
    void mediaFirst()
    {
        const std::vector<float> f{1, 10, 3, 1000};
        const std::vector<float> d{0.25f, 0.75f, 0.5f, 0.125f};
        const Indices media{7, 5, 7, 7};
        AggregateOptions options = with(Aggregator::Ddl);
        options.order = MediaOrder::MediaFirst;
        // Media 7 has mean feature 2 and D 0.375, media 5 has 10 and 0.75: re-scaled 0 and 1.
        const Aggregate a = aggregate(f, 1, d, options, media);
        QCOMPARE(a.kept, (Indices{0, 1, 2}));
        QVERIFY(same(a.feature, {10}));
        QVERIFY(same(a.weights, {0, 1, 0}));
        options.method = Aggregator::DdlNoRescale;
        QVERIFY(same(aggregate(f, 1, d, options, media).feature, {(0.375 * 2 + 0.75 * 10) / 1.125}));
        options.method = Aggregator::Average;
        QVERIFY(same(aggregate(f, 1, d, options, media).feature, {(1004.0 / 3 + 10) / 2}));
        options.method = Aggregator::Max;
        QVERIFY(same(aggregate(f, 1, d, options, media).feature, {1004.0 / 3}));
        options.method = Aggregator::Top1;
        QCOMPARE(aggregate(f, 1, d, options, media).kept, (Indices{1}));
        // In the default order media ids play no part.
        QVERIFY(same(aggregate(f, 1, d, with(Aggregator::Ddl), media).feature, aggregate(f, 1, d, with(Aggregator::Ddl)).feature));
        options.method = Aggregator::Ddl;
        options.keep.threshold = 0.9;
        const Aggregate fallback = aggregate(f, 1, d, options, media);
        QVERIFY(fallback.fallback);
        QCOMPARE(fallback.kept, (Indices{1}));
        QVERIFY_THROWS_EXCEPTION(Error, aggregate(f, 1, d, options));
    }

    void mediaOfOnePictureEachChangeNothing()
    {
        Random random(1);
        std::vector<float> f;
        std::vector<float> d;
        Indices media;
        for (int i = 0; i < 12; ++i) {
            d.push_back(static_cast<float>(random.uniform()));
            media.push_back(100 - i);
            for (int j = 0; j < 3; ++j)
                f.push_back(static_cast<float>(random.normal()));
        }
        for (const char *word : {"ddl", "ddl-no-rescale", "average", "max", "top1", "topk"}) {
            AggregateOptions options = with(aggregator(word), 0.3);
            const Aggregate plain = aggregate(f, 3, d, options);
            options.order = MediaOrder::MediaFirst;
            const Aggregate byMedia = aggregate(f, 3, d, options, media);
            QVERIFY2(same(plain.feature, byMedia.feature), word);
            QCOMPARE(plain.kept, byMedia.kept);
        }
    }

    void weightsExplainTheFeature()
    {
        Random random(2);
        for (int round = 0; round < 50; ++round) {
            const std::size_t n = 1 + random.below(9);
            std::vector<float> f;
            std::vector<float> d;
            Indices media;
            for (std::size_t i = 0; i < n; ++i) {
                d.push_back(static_cast<float>(random.uniform()));
                media.push_back(static_cast<std::int64_t>(random.below(3)));
                f.push_back(static_cast<float>(random.normal()));
            }
            for (const char *word : {"ddl", "ddl-no-rescale", "average", "top1", "topk"}) {
                AggregateOptions options = with(aggregator(word), random.uniform());
                options.order = round % 2 == 0 ? MediaOrder::Images : MediaOrder::MediaFirst;
                options.rescaleOverWhole = round % 3 == 0;
                const Aggregate a = aggregate(f, 1, d, options, media);
                QCOMPARE(a.weights.size(), a.kept.size());
                QVERIFY(std::abs(std::accumulate(a.weights.begin(), a.weights.end(), 0.0) - 1) < 1e-12);
                double sum = 0;
                for (std::size_t i = 0; i < a.kept.size(); ++i)
                    sum += a.weights[i] * static_cast<double>(f[static_cast<std::size_t>(a.kept[i])]);
                QVERIFY(std::abs(sum - a.feature[0]) < 1e-12);
            }
        }
    }

    void refuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, aggregate({}, 2, {}, {}));
        QVERIFY_THROWS_EXCEPTION(Error, aggregate(std::vector<float>{1, 2, 3}, 2, std::vector<float>{0.5f}, {}));
        QVERIFY_THROWS_EXCEPTION(Error, aggregate(std::vector<float>{1}, 1, std::vector<float>{std::numeric_limits<float>::quiet_NaN()}, {}));
    }
};

DSCOPE_TEST(TestAggregate)
#include "tst_aggregate.moc"
