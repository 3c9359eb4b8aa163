#pragma once

#include "core/evaluation/livethreshold.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
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

/// One method at one threshold, exact over all pairs.
struct TradeoffPoint {
    std::size_t method = 0; ///< its place in TradeoffOptions::methods
    std::string title;      ///< of the method
    TradeoffMark mark = TradeoffMark::None;
    double threshold = 0;  ///< of Eq. 7; -infinity: all kept. NaN for a method that t does not move
    std::int64_t kept = 0; ///< faces the base has to see
    double keptShare = 1;
    bool ddnet = true;       ///< false: DDNet is not needed (average), so only the base costs
    LiveCost cost;           ///< a face, with TradeoffOptions::prices
    std::vector<double> tar; ///< strict rule, one a target
    std::vector<double> realisedFar;
    std::vector<Interval> intervals; ///< of `tar`, bootstrap over subjects; empty where subjects are not known
};

struct TradeoffOptions {
    std::vector<LinearRule> methods; ///< empty: DDL, DDL without re-scale, mean of the kept, top-K for K = 2, 4, 8, ...; see standardMethods()
    std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    int points = 33; ///< thresholds a method, at even kept shares; the ends are all kept and one a template
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
    std::vector<std::string> titles; ///< of the methods
    std::vector<double> fars;
    std::vector<TradeoffPoint> points; ///< by method, then by kept share ascending
    double breakEvenShare = 0;         ///< with the prices; 0 without
    std::string intervals;             ///< how they were made, or why there are none, in one sentence
    bool complete = false;
};

/// The whole trade-off, TAR at the chosen FARs against MAC, FLOP and kept share, for several methods. Marked points come first, then every
/// method's ends, then each curve's halves, quarters and so on: after a few points the picture is there, the rest fills in.
/// @param onPoint called from the calling thread after each point with the curve so far (it may be empty)
/// @throws Error as linearRule(), Cancelled within 200 ms; what had been found until then has been handed to onPoint
Tradeoff tradeoff(const LiveThreshold &live, const TradeoffOptions &options, const std::function<void(const TradeoffPoint &)> &onPoint, Task &task);

/// The same points with other prices: costs are redone, nothing else.
void reprice(Tradeoff &curve, const LivePrices &prices);

} // namespace dscope
