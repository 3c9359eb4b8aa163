// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/recommend.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {

namespace {

double costIn(const TradeoffPoint &point, Wish::Unit unit)
{
    switch (unit) {
    case Wish::Unit::Mac: return point.cost.macPerFace;
    case Wish::Unit::Flop: return point.cost.flopPerFace;
    case Wish::Unit::KeptShare: break;
    }
    return point.keptShare;
}

std::string percent(double share, int digits)
{
    return printed("%.*f %%", digits, 100 * share);
}

/// 229.4 M, 12.09 G
std::string operations(double count)
{
    return count >= 1e9 ? printed("%.2f G", count / 1e9) : printed("%.1f M", count / 1e6);
}

std::string costText(double cost, Wish::Unit unit)
{
    switch (unit) {
    case Wish::Unit::Mac: return operations(cost) + " MAC per face";
    case Wish::Unit::Flop: return operations(cost) + " FLOP per face";
    case Wish::Unit::KeptShare: break;
    }
    return percent(cost, 1) + " of the faces";
}

/// "DDL at t = 0.42", "top-K with K = 4", "average"
std::string placeOf(const TradeoffPoint &point)
{
    if (point.mark != TradeoffMark::None)
        return point.title;
    if (point.best > 0)
        return point.title + " with K = " + std::to_string(point.best);
    if (std::isnan(point.threshold))
        return point.title;
    if (std::isinf(point.threshold))
        return point.title + (point.threshold < 0 ? " with every face kept" : " with the best face of each template alone");
    return point.title + printed(" at t = %.4g", point.threshold);
}

} // namespace

std::optional<Recommendation> recommend(const Tradeoff &curve, const Wish &wish)
{
    const auto target = std::find(curve.fars.begin(), curve.fars.end(), wish.far);
    if (target == curve.fars.end())
        throw Error("The trade-off curve has no figures at that FAR; choose one of its targets.");
    if (curve.points.empty())
        throw Error("The trade-off curve has no points yet.");
    if (wish.unit != Wish::Unit::KeptShare && curve.prices.base.mac <= 0)
        throw Error("A recommendation in MAC or FLOP needs the cost of the base network; choose one, or the kept share as the unit.");
    const auto k = static_cast<std::size_t>(target - curve.fars.begin());

    std::vector<const TradeoffPoint *> points;
    for (const TradeoffPoint &point : curve.points)
        if (!wish.method || point.method == *wish.method)
            points.push_back(&point);
    if (points.empty())
        return std::nullopt;
    const TradeoffPoint *best = *std::max_element(points.begin(), points.end(), [&](const TradeoffPoint *a, const TradeoffPoint *b) {
        return a->tar[k] != b->tar[k] ? a->tar[k] < b->tar[k] : costIn(*a, wish.unit) > costIn(*b, wish.unit);
    });

    const TradeoffPoint *chosen = nullptr;
    for (const TradeoffPoint *point : points) {
        const double cost = costIn(*point, wish.unit);
        if (wish.kind == Wish::Kind::Cheapest ? point->tar[k] < best->tar[k] - wish.within : cost > wish.budget)
            continue;
        if (chosen == nullptr) {
            chosen = point;
            continue;
        }
        const double chosenCost = costIn(*chosen, wish.unit);
        const bool cheaper = cost < chosenCost;
        const bool better = point->tar[k] > chosen->tar[k];
        if (wish.kind == Wish::Kind::Cheapest ? cheaper || (cost == chosenCost && better) : better || (point->tar[k] == chosen->tar[k] && cheaper))
            chosen = point;
    }
    if (chosen == nullptr)
        return std::nullopt;

    Recommendation result;
    result.point = *chosen;
    result.best = *best;
    result.tar = result.low = result.high = chosen->tar[k];
    result.bestTar = best->tar[k];
    const bool interval = chosen->intervals.size() == curve.fars.size();
    if (interval) {
        result.low = chosen->intervals[k].low;
        result.high = chosen->intervals[k].high;
    }
    result.sure = wish.kind == Wish::Kind::Cheapest && interval && result.low >= result.bestTar - wish.within;

    std::string &text = result.sentence;
    text = placeOf(*chosen) + " keeps " + percent(chosen->keptShare, 1) + " of the faces and reaches TAR " + percent(result.tar, 2);
    if (interval)
        text += " (" + percent(result.low, 2) + " to " + percent(result.high, 2) + ")";
    else if (k < chosen->deviation.size())
        text += " ± " + percent(chosen->deviation[k], 2) + " over the splits";
    text += printed(" at FAR %g", wish.far);
    if (wish.kind == Wish::Kind::Cheapest) {
        text += printed(", the cheapest within %g points of the best", 100 * wish.within);
        text += chosen == best ? ", which it is itself" : ": " + percent(result.bestTar, 2) + " by " + placeOf(*best);
    } else {
        text += ", the best within " + costText(wish.budget, wish.unit);
        if (chosen != best)
            text += "; without that limit it would be " + percent(result.bestTar, 2) + " by " + placeOf(*best);
    }
    text += ".";
    if (curve.prices.base.mac > 0) {
        const Wish::Unit unit = wish.unit == Wish::Unit::Flop ? Wish::Unit::Flop : Wish::Unit::Mac;
        const double all = static_cast<double>(unit == Wish::Unit::Flop ? curve.prices.base.flop : curve.prices.base.mac);
        const double cost = costIn(*chosen, unit);
        const bool saves = cost <= all;
        text += " It costs " + costText(cost, unit) + " (" + curve.prices.title + "), " + printed("%.2f", saves ? all / cost : cost / all) + " times "
            + (saves ? "less than" : "as much as") + " the base on every face.";
    }
    if (!curve.complete)
        text += " The curve is not complete yet.";
    text += " " + curve.intervals;
    return result;
}

} // namespace dscope
