// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/metrics/retrieval.h"

#include <cstddef>
#include <span>

namespace dscope {

/// The distance of two rows: |a - b|^2 from the differences, or 1 - a.b / (|a||b|) (1 where a side is all zeros), summed in double and rounded to float32.
float trackDistance(std::span<const float> a, std::span<const float> b, RetrievalDistance distance);

/// Its parts, summed in an order that the length alone decides about.
double squaredDistance(const float *a, const float *b, std::size_t dim);
double product(const float *a, const float *b, std::size_t dim);
float cosineDistance(double dot, double lengthA, double lengthB);

} // namespace dscope
