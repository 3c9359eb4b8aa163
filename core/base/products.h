// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dscope {

/// A matrix of rows, arranged once so that many vectors can be compared with all of them quickly, in double throughout.
/// Each value is summed in the same order whatever its place, so equal rows give equal values to the last bit on one machine.
class PackedRows {
public:
    PackedRows() = default;
    /// @param rows row-major [count, dim]
    PackedRows(std::span<const double> rows, std::size_t dim);

    std::size_t count() const { return m_count; }
    std::size_t dim() const { return m_dim; }
    /// Dot product of each of `samples` (row-major [n, dim]) with every row. @param out row-major [n, count]
    void dots(std::span<const double> samples, std::span<double> out) const;
    /// Squared Euclidean distance, from the differences (no cancellation). @param out as for dots()
    void squaredDistances(std::span<const double> samples, std::span<double> out) const;

private:
    template<bool Distances>
    void run(std::span<const double> samples, std::span<double> out) const;

    std::size_t m_count = 0;
    std::size_t m_dim = 0;
    std::vector<double> m_panels; // [count / width, dim, width], the last one filled up with zeros
};

/// Dot product of two vectors of the same length.
double dot(std::span<const double> a, std::span<const double> b);
/// Of a vector of floats, added up in double.
inline double squaredLength(std::span<const float> v)
{
    double sum = 0;
    for (const float value : v)
        sum += static_cast<double>(value) * static_cast<double>(value);
    return sum;
}
/// The vector at length 1, or nothing if it has no direction.
std::vector<float> unitVector(std::span<const float> v);
/// Divides by the Euclidean length; a vector of length 0 stays as it is.
void toUnitLength(std::span<double> v);

} // namespace dscope
