// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/base/progress.h"
#include "core/sets/templates.h"

#include <span>
#include <string>
#include <vector>

namespace dscope {

/// @throws Error that says what of the set a method asks for and does not find: media ids, a score, the length of its features
void checkMethod(const TemplateFeatures &set, const Method &method);

/// @throws UsageError for a method that is a mean over several draws, where one vector of each group is needed
void checkOneDraw(const Method &method);

/// Even places in a row of `size` elements: floor((i + 1/2) size / count) for i = 0 to count - 1, the middles of `count` equal stretches; all of them where
/// there are no more than `count`. @throws Error unless size is not negative and count is above 0
std::vector<std::int64_t> evenPlaces(std::int64_t size, std::int64_t count);

/// One template by one method: its vector, not scaled, with who took part at which weight (empty for max). Pictures are counted from the
/// template's first. @throws Error as checkMethod(), or for a template without a face
Aggregate aggregateTemplate(const TemplateFeatures &set, std::int64_t t, const Method &method);

/// The pictures of a template with faces that a method in two stages (isTwoStage()) chooses: those that go through the base, whether or not they have a part in
/// its vector.
std::vector<std::int64_t> embeddedElements(const TemplateFeatures &set, std::int64_t t, const Method &method);

/// Every template as a unit vector, float32, row-major [T, dim]. The row of a template without a face is all 0; it is to score lowest
/// against everything (see scorePairs).
/// @param kept where not null: how many pictures of each template have a part in its vector, [T]
/// @throws Error when the method asks for what the set does not have, Cancelled
std::vector<float> represent(const TemplateFeatures &set, const Method &method, Progress &progress, std::vector<std::int32_t> *kept = nullptr);

/// What scores a pair one side of which could not be enrolled: below every cosine.
inline constexpr float notEnrolled = -2;

/// Dot products of pairs of templates, [pairs]; notEnrolled where a side has no face. @param unit of represent()
std::vector<float> scorePairs(const TemplateFeatures &set, std::span<const float> unit, const TemplatePairs &pairs, Progress &progress);

} // namespace dscope
