// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/dots.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/threshold/pairdevice.h"
#include "core/threshold/pairplan.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>

using namespace dscope;
using namespace dscope::test;

namespace {

bool sameBits(float a, float b)
{
    return std::memcmp(&a, &b, sizeof a) == 0;
}

std::vector<float> noise(std::size_t count, std::uint64_t seed)
{
    Random random(seed);
    std::vector<float> values(count);
    for (float &value : values)
        value = static_cast<float>(random.normal());
    return values;
}

} // namespace

class TestPairScores : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A product does not depend on its company, its side, or where it is computed; and it is right.
    void productsAreTheSameEverywhere()
    {
        for (const std::size_t dim : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{16}, std::size_t{37}, std::size_t{512}}) {
            constexpr std::size_t n = 29;
            const std::vector<float> rows = noise(n * dim, dim);
            std::vector<const float *> pointers;
            for (std::size_t i = 0; i < n; ++i)
                pointers.push_back(rows.data() + i * dim);
            for (std::size_t a = 0; a < n; ++a) {
                std::vector<float> together(n);
                std::vector<float> apart(n);
                dotRows(pointers[a], pointers.data(), n, dim, together.data());
                const std::vector<const float *> repeated(n, pointers[a]);
                dotPairs(pointers.data(), repeated.data(), n, dim, apart.data());
                for (std::size_t b = 0; b < n; ++b) {
                    float one = 0;
                    dotRows(pointers[b], &pointers[a], 1, dim, &one);
                    QVERIFY(sameBits(together[b], one));
                    QVERIFY(sameBits(apart[b], one));
                    double exact = 0;
                    double size = 0;
                    for (std::size_t d = 0; d < dim; ++d) {
                        exact += static_cast<double>(pointers[a][d]) * static_cast<double>(pointers[b][d]);
                        size += std::abs(static_cast<double>(pointers[a][d]) * static_cast<double>(pointers[b][d]));
                    }
                    QVERIFY(std::abs(static_cast<double>(one) - exact) <= size * 1e-6);
                }
            }
        }
    }

    /// Every pair once, none made up, each with the score that scorePairs() gives it.
    void thePlanHoldsEveryPair()
    {
        for (const std::int64_t drawn : {std::int64_t{0}, std::int64_t{1}, std::int64_t{5000}, std::int64_t{80000}}) {
            MadeTemplatesOptions of;
            of.templates = drawn == 1 ? 2 : 700;
            of.dim = 40;
            of.most = 3;
            of.pairs = drawn;
            of.empty = drawn == 1 ? 0 : 0.05;
            const MadeTemplates made = madeTemplates(of);
            Progress progress;
            Method method;
            const std::vector<float> unit = represent(made.set, method, progress);
            std::vector<std::uint8_t> enrolled;
            for (std::int64_t t = 0; t < made.set.templates(); ++t)
                enrolled.push_back(made.set.size(t) > 0 ? 1 : 0);
            const std::vector<float> slow = scorePairs(made.set, unit, made.pairs, progress);

            std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::int64_t, float>> expected;
            for (std::size_t i = 0; i < slow.size(); ++i) {
                auto &[count, score] = expected[std::minmax(made.pairs.a[i], made.pairs.b[i])];
                ++count;
                score = slow[i];
            }
            const PairPlan genuine(made.pairs.a, made.pairs.b, made.set.templates(), made.set.dim, progress, made.pairs.genuine, true);
            const PairPlan impostor(made.pairs.a, made.pairs.b, made.set.templates(), made.set.dim, progress, made.pairs.genuine, false);
            QCOMPARE(genuine.size(), made.pairs.genuineCount());
            QCOMPARE(genuine.size() + impostor.size(), made.pairs.size());
            for (const PairPlan *plan : {&genuine, &impostor}) {
                std::vector<float> scores(static_cast<std::size_t>(plan->size()), 5);
                std::vector<float> byProduct(scores);
                std::vector<float> sorted(scores);
                plan->score(unit, enrolled, scores, progress);
                // What a GPU would do, on the CPU: in one piece, in many, and again with what was worked out the first time.
                for (const std::int64_t piece : {std::int64_t{0}, std::int64_t{777}}) {
                    DevicePairs device(Device{}, *plan, enrolled, piece);
                    for (int again = 0; again < 2; ++again) {
                        std::fill(byProduct.begin(), byProduct.end(), 5.0F);
                        device.score(unit, byProduct, again == 0 ? std::span<float>(sorted) : std::span<float>(), progress);
                        std::vector<float> descending = byProduct;
                        std::sort(descending.begin(), descending.end(), std::greater<>());
                        QVERIFY(sorted == descending);
                        for (std::size_t i = 0; i < scores.size(); ++i)
                            QVERIFY(std::abs(scores[i] - byProduct[i]) < 1e-6F);
                    }
                }
                for (std::int64_t i = 0; i < plan->size(); ++i) {
                    const auto [a, b] = plan->pair(i);
                    const auto found = expected.find(std::minmax(a, b));
                    QVERIFY(found != expected.end() && found->second.first > 0);
                    --found->second.first;
                    QVERIFY(sameBits(scores[static_cast<std::size_t>(i)], found->second.second));
                    QCOMPARE(byProduct[static_cast<std::size_t>(i)] == notEnrolled, scores[static_cast<std::size_t>(i)] == notEnrolled);
                    QCOMPARE(scores[static_cast<std::size_t>(i)] == notEnrolled, enrolled[a] == 0 || enrolled[b] == 0);
                }
            }
            for (const auto &[pair, found] : expected)
                QCOMPARE(found.first, std::int64_t{0});
        }
    }

    void onlyWhatChangedIsScored()
    {
        MadeTemplatesOptions of;
        of.templates = 300;
        const MadeTemplates made = madeTemplates(of);
        Progress progress;
        const PairPlan plan(made.pairs.a, made.pairs.b, made.set.templates(), made.set.dim, progress);
        std::vector<float> unit = noise(static_cast<std::size_t>(made.set.templates() * made.set.dim), 4);
        std::vector<float> scores(static_cast<std::size_t>(plan.size()));
        plan.score(unit, {}, scores, progress);
        Random random(9);
        std::vector<std::uint8_t> changed(static_cast<std::size_t>(made.set.templates()), 0);
        std::int64_t touched = 0;
        for (std::size_t t = 0; t < changed.size(); ++t)
            if (random.chance(0.1)) {
                changed[t] = 1;
                unit[t * static_cast<std::size_t>(made.set.dim)] += 1;
            }
        for (std::int64_t i = 0; i < plan.size(); ++i)
            touched += changed[plan.pair(i).first] != 0 || changed[plan.pair(i).second] != 0 ? 1 : 0;
        QCOMPARE(plan.scoreChanged(unit, {}, changed, scores, progress), touched);
        std::vector<float> anew(scores.size());
        plan.score(unit, {}, anew, progress);
        QCOMPARE(scores, anew);

        // Part of a plan keeps the order.
        std::vector<std::int64_t> places;
        for (std::int64_t i = 0; i < plan.size(); ++i)
            if (random.chance(0.03))
                places.push_back(i);
        const PairPlan part = plan.subset(places);
        QCOMPARE(part.size(), std::ssize(places));
        std::vector<float> few(places.size());
        part.score(unit, {}, few, progress);
        for (std::size_t i = 0; i < places.size(); ++i) {
            QCOMPARE(part.pair(static_cast<std::int64_t>(i)), plan.pair(places[i]));
            QVERIFY(sameBits(few[i], anew[static_cast<std::size_t>(places[i])]));
        }
    }

    void refusesWhatIsNotThere()
    {
        Progress progress;
        const std::vector<std::uint32_t> a{0, 1, 2};
        const std::vector<std::uint32_t> b{1, 2, 3};
        QVERIFY_EXCEPTION_THROWN(PairPlan(a, b, 3, 8, progress), Error);
        QVERIFY_EXCEPTION_THROWN(PairPlan(a, std::span(b).first(2), 4, 8, progress), Error);
        Progress cancelled;
        cancelled.cancel();
        QVERIFY_EXCEPTION_THROWN(PairPlan(a, b, 4, 8, cancelled), Cancelled);
    }

    void sortsLikeStdSort_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("count");
        for (const int count : {0, 1, 2, 511, 513, 5000, 1'300'000}) {
            QTest::addRow("cosines, %d", count) << 0 << count;
            QTest::addRow("few values, %d", count) << 1 << count;
            QTest::addRow("all equal, %d", count) << 2 << count;
            QTest::addRow("any bits, %d", count) << 3 << count;
            QTest::addRow("ascending, %d", count) << 4 << count;
        }
    }

    void sortsLikeStdSort()
    {
        QFETCH(int, kind);
        QFETCH(int, count);
        Random random(static_cast<std::uint64_t>(kind + 1));
        std::vector<float> scores(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < scores.size(); ++i) {
            float &score = scores[i];
            switch (kind) {
            case 0: score = static_cast<float>(0.06 * random.normal()); break;
            case 1: score = static_cast<float>(static_cast<int>(random.below(5)) - 2) * (random.chance(0.5) ? 0.0F : 0.5F); break; // -0.0 among them
            case 2: score = notEnrolled; break;
            case 3:
                do {
                    const auto bits = static_cast<std::uint32_t>(random.next());
                    std::memcpy(&score, &bits, sizeof score);
                } while (std::isnan(score));
                break;
            default: score = static_cast<float>(i) * 1e-3F;
            }
        }
        std::vector<float> expected = scores;
        std::sort(expected.begin(), expected.end(), std::greater<>());
        std::vector<Keyed> items;
        std::vector<Keyed> spare;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            items.push_back({descendingKey(scores[i]), static_cast<std::uint32_t>(i)});
            QCOMPARE(valueOfKey(items.back().key), scores[i]);
        }
        sortKeyed(items, spare);
        for (std::size_t i = 0; i < items.size(); ++i) {
            QVERIFY(scores[items[i].place] == expected[i]);
            QVERIFY(i == 0 || items[i].key != items[i - 1].key || items[i].place > items[i - 1].place);
        }
        Progress progress;
        sortScores(scores, progress);
        QVERIFY(scores == expected); // by value: -0.0 equals 0.0
        if (!scores.empty()) {
            const float some = scores[scores.size() / 3];
            QCOMPARE(countFrom(scores, some), std::count_if(scores.begin(), scores.end(), [some](float score) { return score >= some; }));
            QCOMPARE(countAbove(scores, some), std::count_if(scores.begin(), scores.end(), [some](float score) { return score > some; }));
        }
    }

    void aScoreThatIsNoNumberIsRefused()
    {
        Progress progress;
        std::vector<float> scores(1000, 0.5F);
        scores[777] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY_EXCEPTION_THROWN(sortScores(scores, progress), Error);
        const std::vector<std::uint32_t> a{0, 0};
        const std::vector<std::uint32_t> b{1, 2};
        const PairPlan plan(a, b, 3, 2, progress);
        std::vector<float> out(2);
        std::vector<float> sorted(2);
        const std::vector<float> unit{1, 0, std::numeric_limits<float>::quiet_NaN(), 0, 0, 1};
        DevicePairs device(Device{}, plan, {});
        QVERIFY_EXCEPTION_THROWN(device.score(unit, out, sorted, progress), Error);
    }
};

DSCOPE_TEST(TestPairScores)
#include "tst_pairscores.moc"
