// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/aggregation/method.h"
#include "core/analysis/analysis.h"
#include "core/threshold/keep.h"

#include <array>
#include <optional>
#include <string>

namespace dscope {

/// The ways to weigh kept faces, as they are offered; those by a second look where there is one.
inline const std::array weightChoices{Weights(Aggregator::Ddl),          Weights(Aggregator::DdlNoRescale), Weights(Aggregator::DdlPlus),
                                      Weights(Aggregator::Average),      Weights(Aggregator::Ddl, true),    Weights(Aggregator::DdlNoRescale, true),
                                      Weights(Aggregator::DdlPlus, true)};

/// The rule that `dscope tune-rule` found for D-scores, if it makes weights of them alone: DDL in its forms, or the average; in two stages where the D-scores
/// of a second look weigh. Nothing for another one, which would need scores that are not there or name a file, for one with options that would not be heeded
/// (t2, normalise, media-first, whole), and for one of a later version. Its threshold and number of pictures are not heeded: those are the user's.
std::optional<Method> ruleOf(const std::string &rule);

/// The weights that are usual for an analysis: those of its rule, where that is one of the choices; else DDL+ by the second look, or DDL (the paper's) where
/// there is none.
Weights usualWeights(const Analysis &analysis);

/// What aggregate() (or, by a second look, aggregateTwoStage()) is to do for a choice: its weights, threshold or number, and for DdlPlus the constants of the
/// rule of those D-scores, where that is one of DDL+. (aggregate()'s average is of all faces; that of a Keep of those kept, as methodOf() has it.)
AggregateOptions weighing(const Keep &keep, const UsedModel &ddnet, const UsedSecondLook &second);

/// A choice as a method of comparisons and of the live threshold.
Method methodOf(const Keep &keep, const UsedModel &ddnet, const UsedSecondLook &second);

/// What a choice comes to: where there is no second look DDNet's D-scores weigh (a choice out of a project may outlive the file).
Weights effectiveWeights(const Weights &weights, const UsedSecondLook &second);

/// "ddl+", and "ddl+:second" by a second look, as `dscope compare` has it.
std::string name(const Weights &weights);
/// The inverse, for the choices. @throws UsageError that lists them
Weights weightsNamed(const std::string &text);

/// In words: "DDL (paper)", "DDL without re-scale", "DDL+", "average of the kept", "DDL+ by the second look".
std::string weightsTitle(const Weights &weights);

} // namespace dscope
