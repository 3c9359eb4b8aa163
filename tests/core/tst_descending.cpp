// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metrics/descending.h"
#include "core/metrics/statistics.h"
#include "core/metrics/verification.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace dscope;

class TestDescending : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sortsStably()
    {
        Random random(4);
        std::vector<float> values;
        for (int i = 0; i < 20000; ++i)
            values.push_back(static_cast<float>(std::round(random.normal() * 200) / 100)); // many ties
        for (const float extreme : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max(),
                                    std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::denorm_min(), 0.0F, -0.0F, 0.0F})
            values.push_back(extreme);
        Progress progress;
        const Descending sorted = descending(values, progress);
        std::vector<std::uint32_t> expected(values.size());
        std::iota(expected.begin(), expected.end(), 0U);
        std::stable_sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
        QCOMPARE(sorted.order, expected);
        for (std::size_t i = 0; i < values.size(); ++i)
            QVERIFY(sorted.values[i] == values[expected[i]]);
    }

    /// One kind alone: what is left of the order of all.
    void sortsOneKind()
    {
        Random random(9);
        std::vector<float> values;
        std::vector<std::uint8_t> kinds;
        for (int i = 0; i < 3000; ++i) {
            values.push_back(static_cast<float>(std::round(random.normal() * 40) / 40));
            kinds.push_back(random.chance(0.3) ? 1 : 0);
        }
        Progress progress;
        const Descending all = descending(values, progress);
        const DescendingPairs apart = descendingPairs(values, kinds, progress);
        for (const bool kind : {false, true}) {
            const Descending &some = kind ? apart.genuine : apart.impostor;
            std::vector<std::uint32_t> expected;
            for (const std::uint32_t place : all.order)
                if ((kinds[place] != 0) == kind)
                    expected.push_back(place);
            QCOMPARE(some.order, expected);
            for (std::size_t i = 0; i < expected.size(); ++i)
                QVERIFY(some.values[i] == values[expected[i]]);
        }
        QCOMPARE(descendingQuantile(all.values, 0.01), quantile(std::vector<double>(values.begin(), values.end()), 0.01));
        kinds.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, descending(values, kinds, true, progress));
    }

    void rocOfSortedScores()
    {
        Random random(6);
        std::vector<float> scores;
        std::vector<std::uint8_t> genuine;
        for (int i = 0; i < 5000; ++i) {
            genuine.push_back(random.chance(0.1) ? 1 : 0);
            scores.push_back(static_cast<float>(std::round((random.normal() + genuine.back()) * 50) / 50));
        }
        Progress progress;
        const Roc fast = fullRoc(descending(scores, progress), genuine, progress);
        const Roc plain = fullRoc(std::span<const float>(scores), genuine);
        QCOMPARE(fast.vertices.size(), plain.vertices.size());
        QCOMPARE(fast.impostors, plain.impostors);
        for (std::size_t i = 0; i < plain.vertices.size(); ++i) {
            QCOMPARE(fast.vertices[i].fp, plain.vertices[i].fp);
            QCOMPARE(fast.vertices[i].tp, plain.vertices[i].tp);
            QCOMPARE(fast.vertices[i].threshold, plain.vertices[i].threshold);
        }
        genuine.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, fullRoc(descending(scores, progress), genuine, progress));
    }

    void refuses()
    {
        Progress progress;
        QVERIFY(descending({}, progress).order.empty());
        QVERIFY_THROWS_EXCEPTION(Error, descending(std::vector<float>{1, NAN}, progress));
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, descending(std::vector<float>{1, 2}, progress));
    }
};

DSCOPE_TEST(TestDescending)
#include "tst_descending.moc"
