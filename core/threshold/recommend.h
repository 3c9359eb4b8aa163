// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/tradeoff.h"

#include <optional>
#include <string>

namespace dscope {

/// What the user wants of a threshold.
struct Wish {
    enum class Kind {
        Cheapest, ///< the cheapest point whose TAR is within `within` of the best TAR on the curve
        Best      ///< the best TAR within `budget`
    };
    enum class Unit { Mac, Flop, KeptShare };
    Kind kind = Kind::Cheapest;
    double far = 1e-4;     ///< target at which TAR is read; one of the curve's
    double within = 0.005; ///< of TAR: half a percentage point
    double budget = 0;     ///< a face, in `unit`
    Unit unit = Unit::Mac;
    std::optional<std::size_t> method; ///< only this one; empty: all
};

/// A point of the curve that fulfils the wish, and the sentence that explains it.
struct Recommendation {
    TradeoffPoint point;
    TradeoffPoint best; ///< the best TAR at that target among all points looked at, whatever it costs
    double tar = 0;     ///< of `point` at the target
    double low = 0;     ///< its interval; equal to `tar` where there is none
    double high = 0;
    double bestTar = 0;
    bool sure = false;    ///< Cheapest only: even the lower end of the interval lies within `within` of the best
    std::string sentence; ///< in full, with interval, cost and how the interval was made
};

/// The recommendation for a wish, from the points of a curve alone; empty when no point fulfils it (a budget below the cheapest point).
/// Of equal ones the cheaper, then the one with the higher TAR, then the first on the curve. Costs are those of the curve's prices.
/// @throws Error when the curve has no points, its targets do not include the wish's, or the wish is about MAC or FLOP and there are no prices
std::optional<Recommendation> recommend(const Tradeoff &curve, const Wish &wish);

} // namespace dscope
