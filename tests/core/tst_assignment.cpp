// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/assignment.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace dscope;

namespace {

constexpr double kNo = notTogether;

struct Total {
    std::size_t pairs = 0;
    double cost = 0;
};

Total totalOf(const std::vector<double> &costs, std::size_t columns, const std::vector<std::size_t> &assigned)
{
    Total total;
    for (std::size_t r = 0; r < assigned.size(); ++r)
        if (assigned[r] != unassigned) {
            ++total.pairs;
            total.cost += costs[r * columns + assigned[r]];
        }
    return total;
}

/// By trying all orders of the columns; there are at least as many as rows.
Total byTrying(const std::vector<double> &costs, std::size_t rows, std::size_t columns)
{
    std::vector<std::size_t> order(columns);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Total best;
    do {
        Total total;
        for (std::size_t r = 0; r < rows; ++r)
            if (std::isfinite(costs[r * columns + order[r]])) {
                ++total.pairs;
                total.cost += costs[r * columns + order[r]];
            }
        if (total.pairs > best.pairs || (total.pairs == best.pairs && total.cost < best.cost))
            best = total;
    } while (std::next_permutation(order.begin(), order.end()));
    return best;
}

} // namespace

/// The optimal assignment.
class TestAssignment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand()
    {
        // Greedily 1 + 9 + 8; best is 2 + 4 + 3.
        QCOMPARE(assign(std::vector<double>{1, 2, 9, 4, 9, 9, 3, 9, 3}, 3, 3), (std::vector<std::size_t>{1, 0, 2}));
        // Fewer columns than rows: somebody gets none.
        QCOMPARE(assign(std::vector<double>{5, 1, 2}, 3, 1), (std::vector<std::size_t>{unassigned, 0, unassigned}));
        QCOMPARE(assign(std::vector<double>{5, 1, 2}, 1, 3), (std::vector<std::size_t>{1}));
        // As many pairs as can be, though one pair alone were cheaper.
        QCOMPARE(assign(std::vector<double>{0, 100, 100, kNo}, 2, 2), (std::vector<std::size_t>{1, 0}));
        QCOMPARE(assign(std::vector<double>{kNo, kNo, 3, kNo}, 2, 2), (std::vector<std::size_t>{unassigned, 0}));
        QCOMPARE(assign(std::vector<double>{-1, -5, -4, -2}, 2, 2), (std::vector<std::size_t>{1, 0}));
        QVERIFY(assign({}, 0, 0).empty());
        QCOMPARE(assign({}, 2, 0), std::vector<std::size_t>(2, unassigned));
        QVERIFY(assign({}, 0, 3).empty());
    }

    void againstTrying()
    {
        Random random(1);
        for (int round = 0; round < 400; ++round) {
            const auto rows = static_cast<std::size_t>(1 + random.uniform() * 4);
            const std::size_t columns = rows + static_cast<std::size_t>(random.uniform() * 3);
            std::vector<double> costs(rows * columns);
            for (double &cost : costs)
                cost = random.uniform() < 0.3 ? kNo : std::floor(20 * random.uniform()) - 6;
            const std::vector<std::size_t> assigned = assign(costs, rows, columns);
            const Total total = totalOf(costs, columns, assigned);
            const Total best = byTrying(costs, rows, columns);
            QCOMPARE(total.pairs, best.pairs);
            QCOMPARE(total.cost, best.cost);
            std::vector<double> turned(costs.size());
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < columns; ++c)
                    turned[c * rows + r] = costs[r * columns + c];
            const Total other = totalOf(turned, rows, assign(turned, columns, rows));
            QCOMPARE(other.pairs, best.pairs);
            QCOMPARE(other.cost, best.cost);
        }
    }

    void refused()
    {
        QVERIFY_THROWS_EXCEPTION(Error, assign(std::vector<double>{1, 2, 3}, 2, 2));
        QVERIFY_THROWS_EXCEPTION(Error, assign(std::vector<double>{std::nan("")}, 1, 1));
        QVERIFY_THROWS_EXCEPTION(Error, assign(std::vector<double>{-kNo}, 1, 1));
        QVERIFY_THROWS_EXCEPTION(Error, assign(std::vector<double>{1e12}, 1, 1));
    }
};

DSCOPE_TEST(TestAssignment)
#include "tst_assignment.moc"
