#pragma once

#include "core/aggregation/aggregate.h"
#include "core/base/task.h"
#include "core/evaluation/templates.h"

#include <string>
#include <vector>

namespace dscope {

/// How the templates of a set become vectors: one row of a comparison.
struct Method {
    std::string title;        ///< as it stands in a table; empty: made from what follows
    AggregateOptions options; ///< method, threshold, k, re-scale range, media order
};

/// The title of a method: its own, or one made from its options ("DDL, t = 0.15, media first").
std::string titleOf(const Method &method);

/// Every template as a unit vector, float32, row-major [T, dim]. The row of a template without a face is all 0; it is to score lowest
/// against everything (see scorePairs).
/// @throws Error when the method asks for what the set does not have, Cancelled
std::vector<float> represent(const TemplateFeatures &set, const Method &method, Task &task);

/// What scores a pair one side of which could not be enrolled: below every cosine.
inline constexpr float notEnrolled = -2;

/// Dot products of pairs of templates, [pairs]; notEnrolled where a side has no face. @param unit of represent()
std::vector<float> scorePairs(const TemplateFeatures &set, std::span<const float> unit, const TemplatePairs &pairs, Task &task);

} // namespace dscope
