// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace dscope {

/// The cost of a pair that must not be.
constexpr double notTogether = std::numeric_limits<double>::infinity();
/// The column of a row that got none.
constexpr std::size_t unassigned = static_cast<std::size_t>(-1);

/// The optimal assignment (Hungarian algorithm, by shortest augmenting paths): no row and no column twice, as many pairs as can be, and among those the
/// least sum of costs. O(n^2 m) for the n of the shorter side. Of several optima it is always the same one.
/// @param costs row-major [rows, columns], finite or `notTogether`, magnitudes below 1e9
/// @return the column of every row, or `unassigned`
/// @throws Error if the costs are not as many as rows times columns, or one of them is NaN or too large
std::vector<std::size_t> assign(std::span<const double> costs, std::size_t rows, std::size_t columns);

} // namespace dscope
