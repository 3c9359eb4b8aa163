// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "tests/support/support.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

using namespace dscope;

class TestRandom : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The first outputs of the published xoshiro256** from the state 1, 2, 3, 4.
    void published()
    {
        Random random;
        random.setState({1, 2, 3, 4});
        for (const std::uint64_t value : {std::uint64_t{11520}, std::uint64_t{0}, std::uint64_t{1509978240}, std::uint64_t{1215971899390074240u},
                                          std::uint64_t{1216172134540287360u}, std::uint64_t{607988272756665600u}})
            QCOMPARE(random.next(), value);
    }

    void repeatsAndResumes()
    {
        Random a(7, 3);
        Random b(7, 3);
        for (int i = 0; i < 10; ++i)
            QCOMPARE(a.next(), b.next());
        const auto state = a.state();
        const double expected = a.normal();
        b.setState(state);
        QCOMPARE(b.normal(), expected);
        QVERIFY(Random(7, 3).next() != Random(7, 4).next());
        QVERIFY(Random(7, 3).next() != Random(8, 3).next());
    }

    void uniformAndNormal()
    {
        Random random(1);
        constexpr int n = 100000;
        double sum = 0;
        double normalSum = 0;
        double normalSquares = 0;
        for (int i = 0; i < n; ++i) {
            const double u = random.uniform();
            QVERIFY(u >= 0 && u < 1);
            sum += u;
            const double x = random.normal();
            QVERIFY(std::isfinite(x));
            normalSum += x;
            normalSquares += x * x;
            const double w = random.uniform(-2, 3);
            QVERIFY(w >= -2 && w < 3);
        }
        // Five deviations of each mean.
        QVERIFY(std::abs(sum / n - 0.5) < 5 * std::sqrt(1.0 / 12 / n));
        QVERIFY(std::abs(normalSum / n) < 5 / std::sqrt(n));
        QVERIFY(std::abs(normalSquares / n - 1) < 5 * std::sqrt(2.0 / n));
    }

    void below()
    {
        Random random(2);
        std::array<int, 7> counts{};
        constexpr int n = 70000;
        for (int i = 0; i < n; ++i)
            ++counts.at(random.below(7));
        double chi = 0;
        for (const int count : counts)
            chi += (count - n / 7.0) * (count - n / 7.0) / (n / 7.0);
        QVERIFY2(chi < 27.9, qPrintable(QString::number(chi))); // 6 degrees of freedom, p = 1e-4
        for (int i = 0; i < 100; ++i)
            QCOMPARE(random.below(1), std::uint64_t{0});
    }

    void chance()
    {
        Random random(3);
        int hits = 0;
        for (int i = 0; i < 10000; ++i) {
            QVERIFY(!random.chance(0));
            QVERIFY(random.chance(1));
            hits += random.chance(0.3) ? 1 : 0;
        }
        QVERIFY(std::abs(hits - 3000) < 230); // five deviations
    }

    void shuffle()
    {
        Random random(4);
        std::array<int, 6> seen{};
        for (int i = 0; i < 6000; ++i) {
            std::vector<int> items{0, 1, 2};
            random.shuffle(items);
            const std::size_t order = items[0] * 2u + (items[1] > items[2] ? 1u : 0u);
            ++seen.at(order);
            std::sort(items.begin(), items.end());
            QCOMPARE(items, (std::vector<int>{0, 1, 2}));
        }
        for (const int count : seen)
            QVERIFY(std::abs(count - 1000) < 145); // five deviations
        std::vector<int> none;
        random.shuffle(none);
        QVERIFY(none.empty());
    }
};

DSCOPE_TEST(TestRandom)
#include "tst_random.moc"
