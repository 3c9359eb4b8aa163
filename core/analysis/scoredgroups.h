// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/sets/templates.h"
#include "core/threshold/livegroups.h"

namespace dscope {

/// The groups of an analysis, in its order, as a set that can be evaluated: a template each, labels as subjects, the second look's scores as the quality of
/// that name. Where a face has no embedding the set has no features (dim 0).
TemplateFeatures scoredGroups(const Analysis &analysis);

/// Their live threshold, with what the networks cost and the rules of these D-scores (methodOf()).
LiveGroups liveGroups(const Analysis &analysis);

} // namespace dscope
