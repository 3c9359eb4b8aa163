// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/aggregation/twostage.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/support/groupprefixes.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

/// The prefix-sum form against aggregate(), which computes each group directly.
class TestTemplatePrefixes : public QObject {
    Q_OBJECT

    static constexpr std::int64_t s_dim = 5;

    static std::vector<float> features(Random &random, std::size_t n)
    {
        std::vector<float> f;
        for (std::size_t i = 0; i < n * s_dim; ++i)
            f.push_back(static_cast<float>(3 * random.normal()));
        return f;
    }

    static double farthest(const std::vector<double> &a, const std::vector<double> &b)
    {
        double most = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            most = std::max(most, std::abs(a[i] - b[i]));
        return a.size() == b.size() ? most : 1e300;
    }

    static void agrees(const std::vector<float> &f, const std::vector<float> &d, double threshold)
    {
        for (const bool whole : {false, true})
            for (const bool unit : {false, true}) {
                AggregateOptions options;
                options.keep.threshold = threshold;
                options.rescaleOverWhole = whole;
                options.normaliseFeatures = unit;
                const test::GroupPrefixes prefix(f, s_dim, d, options);
                const Aggregate direct = aggregate(f, s_dim, d, options);
                QCOMPARE(prefix.keptCount(threshold), std::ssize(direct.kept));
                const double apart = farthest(prefix.featureAt(threshold), direct.feature);
                QVERIFY2(apart < 1e-9, qPrintable(QString::number(apart)));
            }
    }

private Q_SLOTS:
    void random()
    {
        Random random(1);
        for (const std::size_t n : {1, 2, 3, 7, 8, 9, 16, 17, 100}) {
            const std::vector<float> f = features(random, n);
            std::vector<float> d;
            for (std::size_t i = 0; i < n; ++i)
                d.push_back(static_cast<float>(random.uniform()));
            for (const double threshold : {-1.0, 0.0, 0.15, 0.5, 0.9, 0.999, 2.0})
                agrees(f, d, threshold);
            for (const float score : d)
                agrees(f, d, static_cast<double>(score));
        }
    }

    /// All scores within a few units in the last place of a float: the plain prefix form loses every digit here.
    void nearlyEqualScores()
    {
        Random random(2);
        for (const float base : {0.15f, 0.5f, 0.9999f}) {
            const std::vector<float> f = features(random, 60);
            std::vector<float> d;
            for (int i = 0; i < 60; ++i) {
                float score = base;
                for (std::uint64_t steps = random.below(4); steps > 0; --steps)
                    score = std::nextafter(score, 0.0f);
                d.push_back(score);
            }
            agrees(f, d, 0.1);
            agrees(f, d, static_cast<double>(std::nextafter(base, 0.0f)));
        }
    }

    void nearlyEqualAmongSpread()
    {
        // The top ones nearly equal, the rest far below: only differences to the largest score keep the top's weights.
        Random random(3);
        const std::vector<float> f = features(random, 40);
        std::vector<float> d;
        for (int i = 0; i < 40; ++i)
            d.push_back(i % 2 == 0 ? 0.9f - 1e-7f * static_cast<float>(random.below(5)) : static_cast<float>(0.2 * random.uniform()));
        for (const double threshold : {0.0, 0.1, 0.5, 0.8999999})
            agrees(f, d, threshold);
    }

    void manyElements()
    {
        Random random(4);
        const std::vector<float> f = features(random, 20000);
        std::vector<float> d;
        for (int i = 0; i < 20000; ++i)
            d.push_back(static_cast<float>(0.6 + 1e-4 * random.uniform()));
        for (const double threshold : {0.0, 0.60002, 0.60009, 0.6000999})
            agrees(f, d, threshold);
    }

    void equalScores()
    {
        Random random(5);
        const std::vector<float> f = features(random, 11);
        const std::vector<float> d(11, 0.4f);
        agrees(f, d, 0.3);
        agrees(f, d, 0.5);
        const test::GroupPrefixes prefix(f, s_dim, d);
        for (std::size_t i = 0; i < 11; ++i)
            QCOMPARE(prefix.order()[i], static_cast<std::uint32_t>(i));
    }

    /// The rules that weigh an element by its own D alone, beside the direct sum.
    void otherRules()
    {
        Random random(7);
        const std::vector<float> f = features(random, 37);
        for (const double spread : {1.0, 1e-6}) {
            std::vector<float> d;
            for (int i = 0; i < 37; ++i)
                d.push_back(static_cast<float>(0.5 + spread * (random.uniform() - 0.5)));
            for (const Aggregator rule : {Aggregator::DdlPlus, Aggregator::DdlNoRescale})
                for (const bool normalise : {false, true})
                    for (const double threshold : {0.0, 0.15, 0.5, 0.9, 1.0}) {
                        AggregateOptions options;
                        options.method = rule;
                        options.normaliseFeatures = normalise;
                        options.keep.threshold = threshold;
                        const test::GroupPrefixes prefix(f, s_dim, d, options);
                        QVERIFY(farthest(prefix.featureAt(threshold), aggregate(f, s_dim, d, options).feature) < 1e-12);
                    }
        }
        AggregateOptions options;
        options.method = Aggregator::DdlPlus;
        const std::vector<float> nothing(37, 0.0F); // every weight is 0: uniform
        QVERIFY(farthest(test::GroupPrefixes(f, s_dim, nothing, options).feature(37), test::GroupPrefixes(f, s_dim, nothing).meanFeature(37)) < 1e-12);
        options.method = Aggregator::Max;
        QVERIFY_THROWS_EXCEPTION(Error, test::GroupPrefixes(f, s_dim, nothing, options));
    }

    /// D keeps, a second score weighs: also where that score does not follow D at all, is nearly equal, or is very small beside that of who is not kept.
    void twoStages()
    {
        Random random(8);
        for (const std::size_t n : {1, 2, 7, 8, 9, 40}) {
            const std::vector<float> f = features(random, n);
            for (int kind = 0; kind < 4; ++kind) {
                std::vector<float> d;
                std::vector<float> second;
                for (std::size_t i = 0; i < n; ++i) {
                    d.push_back(static_cast<float>(random.uniform()));
                    const double spread = kind == 0 ? random.uniform() : kind == 1 ? 0.5 + 1e-6 * random.uniform() : kind == 2 ? 0.25 : 0;
                    second.push_back(kind < 3 ? static_cast<float>(spread) : d.back() < 0.3F ? 0.999F : static_cast<float>(0.002 + 0.004 * random.uniform()));
                }
                for (const Aggregator rule : {Aggregator::Ddl, Aggregator::DdlNoRescale, Aggregator::DdlPlus})
                    for (const bool unit : {false, true})
                        for (const double threshold : {-1.0, 0.1, 0.3, 0.5, 0.9, 2.0}) {
                            AggregateOptions options;
                            options.method = rule;
                            options.normaliseFeatures = unit;
                            options.keep.threshold = threshold;
                            const test::GroupPrefixes prefix(f, s_dim, d, options, second);
                            const Aggregate direct = aggregateTwoStage(f, s_dim, d, second, options);
                            QCOMPARE(prefix.keptCount(threshold), std::ssize(direct.kept));
                            const double apart = farthest(prefix.featureAt(threshold), direct.feature);
                            QVERIFY2(apart < 1e-8, qPrintable(QStringLiteral("%1: kind %2, n %3").arg(apart).arg(kind).arg(n)));
                        }
            }
        }
        const std::vector<float> two{0.5F, 0.25F};
        QVERIFY_THROWS_EXCEPTION(Error, test::GroupPrefixes(features(random, 2), s_dim, two, {}, std::vector<float>{0.5F}));
        QVERIFY_THROWS_EXCEPTION(Error, test::GroupPrefixes(features(random, 2), s_dim, two, {}, std::vector<float>{0.5F, std::nanf("")}));
    }

    void prefixesOfAnyLength()
    {
        Random random(6);
        const std::vector<float> f = features(random, 23);
        std::vector<float> d;
        for (int i = 0; i < 23; ++i)
            d.push_back(static_cast<float>(random.uniform()));
        const test::GroupPrefixes prefix(f, s_dim, d);
        for (std::int64_t kept = 1; kept <= 23; ++kept) {
            AggregateOptions options;
            options.method = Aggregator::TopK;
            options.k = kept;
            QVERIFY(farthest(prefix.meanFeature(kept), aggregate(f, s_dim, d, options).feature) < 1e-9);
        }
        QVERIFY(farthest(prefix.featureAt(1), prefix.feature(1)) == 0);
        QVERIFY_THROWS_EXCEPTION(Error, prefix.feature(0));
        QVERIFY_THROWS_EXCEPTION(Error, prefix.feature(24));
        QVERIFY_THROWS_EXCEPTION(Error, prefix.feature(-1));
        QVERIFY_THROWS_EXCEPTION(Error, prefix.meanFeature(0));
        QVERIFY_THROWS_EXCEPTION(Error, test::GroupPrefixes({}, 3, {}).feature(1));
        QVERIFY_THROWS_EXCEPTION(Error, test::GroupPrefixes(f, 3, d));
    }
};

DSCOPE_TEST(TestTemplatePrefixes)
#include "tst_templateprefixes.moc"
