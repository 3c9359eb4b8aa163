// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/selection.h"
#include "core/evaluation/compare.h"

#include <span>
#include <string>
#include <vector>

namespace dscope {

/// The scores of all pictures of the draws, one threshold or sum for all. @param quality whose; empty: D @throws Error without pictures
KeptShares sharesOf(std::span<const ComparedSet> draws, const std::string &quality);

/// Accuracy at shares of the base's cost: what choosing pictures saves, and what a second look wins on those that were chosen. At every budget one threshold
/// keeps that share of all pictures (KeptShares), and the same templates and pairs are compared by
/// - random: the mean of as many pictures, chosen by lot; average: the mean of those that DDNet chooses;
/// - DDL and ddl+ on them;
/// - where the set has a second look's scores: DDL and ddl+ in two stages;
/// - ddl+, and where the set has a second look's scores ddl+ in two stages, where the share is not spent by one threshold but until every template has enough
///   (enoughOf()).
/// Gains are over the average of all pictures, which costs the base on all of them. Rows come budget by budget, method by method, each at all FARs; titles are
/// the same at every budget. @param budgets shares, above 0 and at most 1 @param chooser a score in TemplateFeatures::quality that takes the place of D, from 0
/// to 1; empty: D. It is part of the rows' methods, which methodNamed() does not read back then, and prices are not known
/// @throws Error as compareMethods() does, Cancelled
std::vector<ComparedRow> compareBudgets(std::span<ComparedSet> draws, const std::vector<double> &budgets, const CompareOptions &options,
                                        const std::string &part, Progress &progress, const std::string &chooser = {});

/// A table a part and FAR: a row a method, a column a budget, TAR in % with interval; below, which share of the pictures went through the base, and what
/// DDNet, base and second look cost together in % of the base on all pictures, where that is known.
std::string budgetMarkdown(const std::vector<ComparedRow> &rows, const CompareHeading &heading);

} // namespace dscope
