// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/analysis/analysis.h"
#include "core/analysis/keep.h"

#include <array>
#include <string>

namespace dscope {

/// The ways to weigh kept faces, as they are offered.
inline constexpr std::array s_weights{Aggregator::Ddl, Aggregator::DdlNoRescale, Aggregator::DdlPlus, Aggregator::Average};

/// The weights that are usual for this DDNet: those of its rule (`dscope tune-rule`), where that is one of the four; else Ddl, the paper's.
/// A rule in two stages counts by its first word: what an analysis shows are D-scores of the one stage.
Aggregator usualWeights(const UsedModel &ddnet);

/// What aggregate() is to do for a choice: its method, threshold or number, and for DdlPlus the constants of the DDNet's rule, where that is one of DDL+.
/// Average: of the faces kept, not of all.
AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet);

/// The inverse of name() for those four. @throws UsageError that lists them
Aggregator weightsNamed(const std::string &text);

/// In words: "DDL (paper)", "DDL without re-scale", "DDL+", "average of the kept".
std::string weightsTitle(Aggregator weights);

} // namespace dscope
