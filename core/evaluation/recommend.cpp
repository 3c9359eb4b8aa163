#include "core/evaluation/recommend.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
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
    char text[32];
    std::snprintf(text, sizeof text, "%.*f %%", digits, 100 * share);
    return text;
}

/// 229.4 M, 12.09 G
std::string operations(double count)
{
    char text[32];
    if (count >= 1e9)
        std::snprintf(text, sizeof text, "%.2f G", count / 1e9);
    else
        std::snprintf(text, sizeof text, "%.1f M", count / 1e6);
    return text;
}

std::string costText(double cost, Wish::Unit unit)
{
    switch (unit) {
    case Wish::Unit::Mac: return operations(cost) + " MAC a face";
    case Wish::Unit::Flop: return operations(cost) + " FLOP a face";
    case Wish::Unit::KeptShare: break;
    }
    return percent(cost, 1) + " of the faces";
}

/// "DDL at t = 0.42", "top-K with K = 4", "average"
std::string placeOf(const TradeoffPoint &point)
{
    if (point.mark != TradeoffMark::None)
        return point.title;
    char text[64];
    if (point.best > 0)
        std::snprintf(text, sizeof text, " with K = %lld", static_cast<long long>(point.best));
    else if (std::isnan(point.threshold))
        text[0] = '\0';
    else if (std::isinf(point.threshold))
        std::snprintf(text, sizeof text, point.threshold < 0 ? " with every face kept" : " with the best face of each template alone");
    else
        std::snprintf(text, sizeof text, " at t = %.4g", point.threshold);
    return point.title + text;
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
        throw Error("A recommendation in MAC or FLOP needs the cost of the base network; choose prices, or the kept share as the unit.");
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

    char far[32];
    std::snprintf(far, sizeof far, "%g", wish.far);
    std::string &text = result.sentence;
    text = placeOf(*chosen) + " keeps " + percent(chosen->keptShare, 1) + " of the faces and reaches TAR " + percent(result.tar, 2);
    if (interval)
        text += " (" + percent(result.low, 2) + " to " + percent(result.high, 2) + ")";
    else if (k < chosen->deviation.size())
        text += " ± " + percent(chosen->deviation[k], 2) + " over the splits";
    text += " at FAR " + std::string(far);
    if (wish.kind == Wish::Kind::Cheapest) {
        char points_[32];
        std::snprintf(points_, sizeof points_, "%g", 100 * wish.within);
        text += ", the cheapest within " + std::string(points_) + " points of the best";
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
        char times[32];
        const double cost = costIn(*chosen, unit);
        const bool saves = cost <= all;
        std::snprintf(times, sizeof times, "%.2f", saves ? all / cost : cost / all);
        text += " It costs " + costText(cost, unit) + " (" + curve.prices.title + "), " + times + " times " + (saves ? "less than" : "as much as")
            + " the base on every face.";
    }
    if (!curve.complete)
        text += " The curve is not complete yet.";
    text += " " + curve.intervals;
    return result;
}

} // namespace dscope
