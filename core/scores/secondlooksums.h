// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/scores/secondlook.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace dscope {

/// A linear rule on embeddings: what SecondLook is made of.
struct SecondLookRule {
    std::vector<double> weights; ///< [2 dim + 2]
    double bias = 0;
};

/// Sums over pictures from which the ridge regression of a second look follows in closed form, whatever the ridge: memory grows with the embedding's
/// length alone, pictures come block by block.
///
/// Of every picture x = (f, |f_j|, ln|f|, |f|); with x standardised on the pictures added (mean 0, population deviation 1) and y what is taught, less its
/// mean, the weights are (X'X + ridge I)^-1 X'y. They are solved for in double by Cholesky, and the standardising is put into the rule. A value that varies by
/// nothing but rounding (deviation at most 1e-6 of the mean length, of ln|f| at most 1e-6) takes no part: where the base normalises its embeddings their
/// length says nothing.
///
/// Every sum runs over the pictures in the order in which they were added, so the result has the same bits however they were cut into blocks, and
/// however many threads there are.
class SecondLookSums {
public:
    /// @param shift [2 dim + 2], taken off every x before sums are made, so that they do not cancel: about the mean, the same for sums that shall be joined.
    /// See usualShift() @throws Error for a length that no second look has
    SecondLookSums(std::int64_t dim, std::vector<double> shift);

    /// Whether a picture can take part: its embedding is finite and has a length, its D-score lies in 0 ... 1.
    static bool usable(std::span<const float> embedding, double dScore);
    /// The x of an embedding that is usable(). @param out [2 dim + 2]
    static void expand(std::span<const float> embedding, std::span<double> out);
    /// The mean x of the first 1,024 rows at most. @param embeddings row-major, all usable
    static std::vector<double> usualShift(std::span<const float> embeddings, std::int64_t dim);

    /// Adds pictures, all usable(). @param embeddings row-major [n, dim] @param dScores [n]
    void add(std::span<const float> embeddings, std::span<const double> dScores);
    /// Adds what others have added. @throws Error where their dim or shift is another
    void add(const SecondLookSums &others);
    std::int64_t count() const { return m_count; }

    /// The rules for both targets at one ridge: (for SecondTarget::DScore, for SecondTarget::Logit). D is bounded to .001 ... .999 first.
    /// @param ridge above 0 @throws Error without two pictures, Cancelled
    std::pair<SecondLookRule, SecondLookRule> solve(double ridge, Progress &progress) const;

private:
    double at(std::size_t i, std::size_t j) const { return m_products[std::min(i, j) * m_width + std::max(i, j)]; }

    std::size_t m_values = 0; ///< 2 dim + 2
    std::size_t m_width = 0;  ///< values, D, logit and 1, filled up with zeros to whole tiles
    std::int64_t m_dim = 0;
    std::int64_t m_count = 0;
    std::vector<double> m_shift;
    std::vector<double> m_products; ///< [width, width], the upper triangle of the sum of z z', z = (x - shift, D, logit, 1)
};

} // namespace dscope
