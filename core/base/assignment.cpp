// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/assignment.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr double kMost = 1e9;

/// Costs in which every pair is allowed, the shorter side as rows.
class Solver {
public:
    /// @param forbidden stands for notTogether: more than any other pairs of a whole assignment could save
    Solver(std::span<const double> costs, std::size_t rows, std::size_t columns, double forbidden)
        : m_costs(costs), m_columnsGiven(columns), m_turned(rows > columns), m_rows(std::min(rows, columns)), m_columns(std::max(rows, columns)),
          m_forbidden(forbidden), m_rowPrice(m_rows + 1, 0), m_columnPrice(m_columns + 1, 0), m_rowOf(m_columns + 1, 0)
    {
    }

    /// @return for every column (from 1) its row (from 1), or 0
    const std::vector<std::size_t> &solve()
    {
        for (std::size_t row = 1; row <= m_rows; ++row)
            augment(row);
        return m_rowOf;
    }
    bool turned() const { return m_turned; }

private:
    double cost(std::size_t row, std::size_t column) const
    {
        const double value = m_turned ? m_costs[(column - 1) * m_columnsGiven + row - 1] : m_costs[(row - 1) * m_columnsGiven + column - 1];
        return std::isinf(value) ? m_forbidden : value;
    }

    /// Finds a place for one more row: the shortest path, in costs less prices, from it to a free column.
    void augment(std::size_t row)
    {
        std::vector<double> least(m_columns + 1, notTogether);
        std::vector<std::size_t> before(m_columns + 1, 0);
        std::vector<bool> done(m_columns + 1, false);
        m_rowOf[0] = row; // column 0 is where the path begins
        std::size_t column = 0;
        while (m_rowOf[column] != 0) {
            done[column] = true;
            const std::size_t at = m_rowOf[column];
            double step = notTogether;
            std::size_t next = 0;
            for (std::size_t j = 1; j <= m_columns; ++j) {
                if (done[j])
                    continue;
                const double reduced = cost(at, j) - m_rowPrice[at] - m_columnPrice[j];
                if (reduced < least[j]) {
                    least[j] = reduced;
                    before[j] = column;
                }
                if (least[j] < step) {
                    step = least[j];
                    next = j;
                }
            }
            for (std::size_t j = 0; j <= m_columns; ++j) {
                if (done[j]) {
                    m_rowPrice[m_rowOf[j]] += step;
                    m_columnPrice[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            column = next;
        }
        while (column != 0) {
            m_rowOf[column] = m_rowOf[before[column]];
            column = before[column];
        }
    }

    std::span<const double> m_costs;
    std::size_t m_columnsGiven;
    bool m_turned;
    std::size_t m_rows;
    std::size_t m_columns;
    double m_forbidden;
    std::vector<double> m_rowPrice;
    std::vector<double> m_columnPrice;
    std::vector<std::size_t> m_rowOf;
};

} // namespace

std::vector<std::size_t> assign(std::span<const double> costs, std::size_t rows, std::size_t columns)
{
    if (costs.size() != rows * columns)
        throw Error("An assignment of " + std::to_string(rows) + " to " + std::to_string(columns) + " needs as many costs as pairs, but has "
                    + std::to_string(costs.size()) + ".");
    double largest = 0;
    for (const double cost : costs) {
        if (std::isnan(cost) || cost == -notTogether || (std::isfinite(cost) && std::abs(cost) > kMost))
            throw Error("A cost of an assignment is no number, or too large.");
        if (std::isfinite(cost))
            largest = std::max(largest, std::abs(cost));
    }
    std::vector<std::size_t> result(rows, unassigned);
    if (rows == 0 || columns == 0)
        return result;
    Solver solver(costs, rows, columns, (2 * largest + 1) * static_cast<double>(std::min(rows, columns) + 1));
    const std::vector<std::size_t> &rowOf = solver.solve();
    for (std::size_t j = 1; j < rowOf.size(); ++j) {
        if (rowOf[j] == 0)
            continue;
        const std::size_t row = solver.turned() ? j - 1 : rowOf[j] - 1;
        const std::size_t column = solver.turned() ? rowOf[j] - 1 : j - 1;
        if (std::isfinite(costs[row * columns + column]))
            result[row] = column;
    }
    return result;
}

} // namespace dscope
