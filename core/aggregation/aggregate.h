// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/selection.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// How the features of a group become one (section 3.4 of the paper).
enum class Aggregator {
    Average,      ///< mean of all; ignores t
    Max,          ///< element-wise maximum of all; ignores t
    Top1,         ///< the first element of the largest D; ignores t
    TopK,         ///< plain mean of the k elements of largest D (earlier ones first on ties); ignores t
    Ddl,          ///< Eq. 7-11: elements with D > t, weighed by D re-scaled to 0..1 over the kept ones
    DdlNoRescale, ///< Eq. 7-8 with D itself as the weight
    DdlPlus       ///< Eq. 7-8 with ddlPlusWeight(D) as the weight; not of the paper
};
/// average, max, top1, topk, ddl, ddl-no-rescale, ddl+
std::string name(Aggregator method);
/// The inverse of name(). @throws UsageError that lists the names
Aggregator aggregator(const std::string &name);

/// What counts as an element when the group's pictures carry media ids (IJB templates).
enum class MediaOrder {
    Images,    ///< pictures are weighed directly; media ids play no part
    MediaFirst ///< the kept pictures of a media are averaged first; the media's D is the mean of its kept pictures' D
};
/// "images" or "media-first"
std::string name(MediaOrder order);
/// The inverse of name(). @throws UsageError
MediaOrder mediaOrder(const std::string &name);

struct AggregateOptions {
    Aggregator method = Aggregator::Ddl;
    Selection keep;                 ///< of the DDL methods: Eq. 7, or what stands in its place
    std::int64_t k = 5;             ///< of TopK, which takes the best of whatever is weighed (pictures, or media); above 0
    bool rescaleOverWhole = false;  ///< max and min of Eq. 10-11 over the whole group instead of the kept elements
    bool normaliseFeatures = false; ///< L2-normalise every feature first
    MediaOrder order = MediaOrder::Images;
    double plusMiddle = 0.4; ///< of DdlPlus: the D whose weight is one half; between 0 and 1
    double plusPower = 6;    ///< of DdlPlus: how steep; above 0
};

/// A group's representation. It is never L2-normalised here.
struct Aggregate {
    std::vector<double> feature;    ///< [dim]
    std::vector<std::int64_t> kept; ///< pictures that took part, zero-based, in input order
    std::vector<double> weights;    ///< one a kept picture, sum 1: feature = sum of weight * feature; empty for Max
    bool fallback = false;          ///< nothing passed t: the first element of the largest D alone was kept
};

/// Eq. 7-11 by the rules of protocols.md, section 0: one kept element, equal scores or weights that sum to 0 give uniform weights, so that
/// nothing is ever divided by 0.
/// @param features row-major [n, dim] @param dScores [n] @param media [n] ids, any integers; needed for MediaOrder::MediaFirst only
/// @throws Error if the group is empty, sizes do not fit, a D-score is not finite, k is not above 0, or the constants of DDL+ are out of range
Aggregate aggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options,
                    std::span<const std::int64_t> media = {});

/// Eq. 7 alone: the elements above t, or the first of the largest D with `fallback` set when nothing passes.
std::vector<std::int64_t> keptElements(std::span<const float> dScores, double threshold, bool &fallback);

/// The `count` elements of largest D, at least one, in input order; of equal ones the earlier.
std::vector<std::int64_t> bestElements(std::span<const float> dScores, std::int64_t count);

/// The elements of a group that are kept, in input order. @param dScores in any order
/// @param fallback set where nothing passed t, so that the first of the largest D alone is kept
std::vector<std::int64_t> chosenElements(std::span<const float> dScores, const Selection &keep, bool &fallback);

/// The weight of DDL+ before it is divided by the sum, a fixed function of D alone:
///
///     g(D) = 1 / (1 + (m / (1 - m) * (1 - D) / D)^k),   m = middle, k = power
///
/// 0 for D <= 0, one half at m, 1 for D >= 1. As D is the sigmoid of the standardised raw D-score z (Eq. 4), that is the logistic function of
/// k (z - z_m): docs/ddl-plus.md derives it.
double ddlPlusWeight(double d, double middle, double power);

/// Weights of elements by Eq. 9-11, normalised to sum 1 (Eq. 8): (D - low) / (high - low), uniform where they would sum to 0.
std::vector<double> rescaledWeights(std::span<const double> dScores, double low, double high);

} // namespace dscope
