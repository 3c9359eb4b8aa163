// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/livethreshold.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dscope {

/// What a point of the trade-off curve is, beside a place on a curve.
enum class TradeoffMark {
    None,
    Top1,    ///< the best face of each template alone
    Average, ///< every face, plain mean, no DDNet needed
    PaperT   ///< DDL at t = 0.15
};
/// "", "top-1", "average", "t = 0.15"
std::string name(TradeoffMark mark);

/// One method at one threshold (or one K), exact over all pairs.
struct TradeoffPoint : KeptFigures {
    static constexpr std::size_t noMethod = ~std::size_t{0};

    std::size_t method = noMethod; ///< its place in Tradeoff::titles; noMethod for a marked point
    std::string title;             ///< of the method, or of the mark
    TradeoffMark mark = TradeoffMark::None;
    double threshold = 0;            ///< of Eq. 7; -infinity: all kept, infinity: the best of each template. NaN where t plays no part
    std::int64_t best = 0;           ///< K of a point of top-K; 0 for others
    bool ddnet = true;               ///< false: nothing needs DDNet (average), so only the base costs
    LiveCost cost;                   ///< a face, with Tradeoff::prices
    std::vector<double> tar;         ///< strict rule, one per target
    std::vector<double> realisedFar; ///< one per target
    std::vector<Interval> intervals; ///< of `tar`, bootstrap over subjects; empty where subjects are not known
    std::vector<double> deviation;   ///< of `tar` over the splits, population; empty with one split, else `tar` is their mean
};

struct TradeoffOptions {
    std::vector<LinearRule> methods; ///< empty: standardMethods(). One that a threshold moves is swept over t, a top-K over K
    std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    int points = 33; ///< a method, at most: thresholds at even kept shares, from one face a template to all
    LivePrices prices;
    int resamples = 200; ///< of the bootstrap over subjects; 0: no intervals
    double level = 0.95;
    std::uint64_t seed = 1; ///< of the bootstrap; all points share its resamples, so that differences are paired
    Device device;
};
/// DDL, DDL without re-scale, the mean of the kept, and top-K.
std::vector<LinearRule> standardMethods();

/// A curve as far as it has got.
struct Tradeoff {
    std::string benchmark;
    std::vector<std::string> titles; ///< of the methods
    std::vector<double> fars;
    std::vector<TradeoffPoint> points; ///< by method, then by kept share ascending; marked ones last
    LivePrices prices;
    double breakEvenShare = 0; ///< with the prices; 0 without
    std::string intervals;     ///< how they were made, or why there are none, in one sentence
    bool complete = false;
};

/// The whole trade-off, TAR at the chosen FARs against MAC, FLOP and kept share, for several methods. Marked points come first, then every
/// method's ends, then each curve's halves, quarters and so on: after a few points the picture is there, the rest fills in.
/// @param onPoint called after each point, from the calling thread, with the curve so far and the place of the new point in it; may be empty
/// @throws Error when a target is no FAR or a method asks for features that are normalised otherwise than `live` has them; Cancelled within
/// 200 ms: what had been found until then has been handed to onPoint
Tradeoff tradeoff(const LiveThreshold &live, const TradeoffOptions &options, const std::function<void(const Tradeoff &curve, std::size_t place)> &onPoint,
                  Progress &progress);

/// The same points with other prices: costs are redone, nothing else.
void reprice(Tradeoff &curve, const LivePrices &prices);

/// One row a point and FAR target: benchmark, method, mark, threshold (infinite: all or only the best kept; empty: none), K, kept faces and their share,
/// MAC and FLOP per face, target, TAR, interval, deviation over splits, realised FAR.
std::string tradeoffCsv(const Tradeoff &curve);

} // namespace dscope
