// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sets/templates.h"

#include <cstdint>

namespace dscope {

/// The pairs of a set that comes without a benchmark's: every two templates whose subjects are known and that have a face, while there are at most `most`.
/// Above that a fixed stratified sample of as many: up to half of them genuine pairs (all of them if there are no more; otherwise each equally likely), the
/// rest impostors, drawn with a fixed seed, so that no figure shakes from one call to the next. Genuine pairs come first. None where one of the two kinds is
/// missing.
TemplatePairs labelledPairs(const TemplateFeatures &set, std::int64_t most = 200'000);

} // namespace dscope
