// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/analysis/analysis.h"
#include "core/analysis/keep.h"
#include "core/evaluation/method.h"

#include <array>
#include <optional>
#include <string>

namespace dscope {

/// The ways to weigh kept faces, as they are offered.
inline constexpr std::array weightChoices{Aggregator::Ddl, Aggregator::DdlNoRescale, Aggregator::DdlPlus, Aggregator::Average};

/// The DDNet's rule (`dscope tune-rule`), if it makes weights of D-scores: DDL in its forms, or the average. Nothing for another one, which would need scores that are not there or name a
/// file, and for one of a later version.
std::optional<Method> ruleOf(const UsedModel &ddnet);

/// The weights that are usual for this DDNet: those of its rule (`dscope tune-rule`), where that is one of the four; else Ddl, the paper's.
/// A rule in two stages counts by its first word: what an analysis shows are D-scores of the one stage.
Aggregator usualWeights(const UsedModel &ddnet);

/// What aggregate() is to do for a choice: its weights, threshold or number, and for DdlPlus the constants of the DDNet's rule, where that is one of DDL+.
/// (aggregate()'s average is of all faces; that of a Keep, which Sweep has, of those kept.)
AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet);

/// The inverse of name() for those four. @throws UsageError that lists them
Aggregator weightsNamed(const std::string &text);

/// In words: "DDL (paper)", "DDL without re-scale", "DDL+", "average of the kept".
std::string weightsTitle(Aggregator weights);

} // namespace dscope
