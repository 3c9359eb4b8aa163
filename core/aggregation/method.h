// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

class Nan;

/// How the templates of a set become vectors: one row of a comparison.
struct Method {
    /// What decides about the pictures' weights.
    enum class Kind {
        Scores,  ///< aggregate() with `options` on a score of each picture: D, or the one named in `quality`
        RandomK, ///< plain mean of options.k pictures drawn at random
        EvenK,   ///< plain mean of options.k pictures at even places in their order, see evenPlaces()
        Nan      ///< the attention of a neural aggregation network, `nan`
    };
    std::string title;        ///< as it stands in a table; empty: made from what follows
    AggregateOptions options; ///< method, threshold, k, re-scale range, media order
    Kind kind = Kind::Scores;
    /// What stands in for D: "norm" is the length of the feature, "detector" the detector's score, anything else a name in
    /// TemplateFeatures::quality. Empty: D itself. Scores below 0 weigh nothing; a picture without a score (NaN) takes no part unless no
    /// picture of the template has one, which makes the template's plain mean.
    std::string quality;
    /// What gives the weights where D chooses the pictures, which alone go through the base: aggregateTwoStage(). A name as in `quality`, usually that of the
    /// second look (secondLookName). Empty: whatever chooses.
    std::string weights;
    /// With `weights`: of the pictures chosen only those whose second score lies above take part (DDL methods).
    double secondThreshold = -std::numeric_limits<double>::infinity();
    /// Average, max, top-1 and top-k: of the pictures that D keeps (chosenElements()) alone, so that the base runs on no others.
    bool choose = false;
    std::uint64_t seed = 1; ///< of RandomK: template t is drawn by Random(seed, ids[t])
    int seeds = 1;          ///< of RandomK: how many draws a classification is averaged over, by seed, seed + 1 and so on; else 1
    static constexpr int mostSeeds = 1000;
    std::shared_ptr<const Nan> nan;
    std::string nanFile; ///< where `nan` was read, for the method's name
};

/// The title of a method: its own, or one made from its options ("DDL, t = 0.15, media first").
std::string titleOf(const Method &method);

/// The method as one word for the command line, such as "ddl:media-first,t=0.3"; methodNamed() reads it back.
std::string nameOf(const Method &method);

/// The inverse of nameOf(). What there is:
/// - average, max, top-1, top-k:K, random-k:K, uniform-k:K (at even places: evenPlaces()), ddl, ddl-no-rescale, ddl+;
/// - norm, detector, quality:NAME: all pictures, weighed by the length of the feature, the detector's score, or a named score;
/// - nan:FILE: an aggregation network by `dscope train nan`, which is read here.
/// After a colon and separated by commas (for top-k, random-k and uniform-k after K): media-first, normalise, t=T, best=K (keep the K best instead of
/// all above t), enough=E (keep the best until their scores sum to E: enoughOf()), whole (ddl: re-scale over the whole template), middle=D and power=P (the
/// constants of ddl+), quality=NAME (top-1, top-k, ddl: a named score for D; then every picture that has one is kept unless t is given), seed=S and seeds=N
/// (random-k; the latter for a classification: the mean over N draws). In two stages (aggregateTwoStage()): second (ddl, ddl-no-rescale, ddl+, top-1, top-k: D
/// chooses, by t, best or enough, and the second look weighs), weights=NAME (the same by another named score), t2=T (a threshold of that score too); t, best
/// and enough for average, max, top-1 and top-k: of the pictures that D keeps alone. Other spellings of aggregator() (top1, topk) are understood.
/// @throws UsageError that lists them, FileError for a network that cannot be read
Method methodNamed(const std::string &text);

/// Every method that needs nothing but the set: one row each of a first comparison. NAN, which has to be trained, is not among them.
std::vector<Method> usualMethods(const TemplateFeatures &set);

/// Whether the method keeps only pictures above a threshold (DDL and its relatives, and whatever has Method::choose); the others use all pictures, or K of
/// them.
bool usesThreshold(const Method &method);
/// Whether pictures are chosen by one score and then aggregated by another, or by none: aggregateTwoStage().
bool isTwoStage(const Method &method);

/// Whether the weights of one of the methods, or its choice, come from a second look.
bool asksForSecondLook(const std::vector<Method> &methods);

} // namespace dscope
