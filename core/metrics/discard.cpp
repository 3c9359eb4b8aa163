// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/discard.h"

#include "core/base/error.h"
#include "core/metrics/statistics.h"
#include "core/metrics/verification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

std::vector<double> pairQuality(std::span<const double> similarity, std::span<const double> quality)
{
    if (similarity.empty() || quality.size() != 2 * similarity.size())
        throw Error("Error versus discard needs two qualities for each of " + std::to_string(similarity.size()) + " pairs; there are "
                    + std::to_string(quality.size()) + ".");
    std::vector<double> smaller(similarity.size());
    for (std::size_t i = 0; i < similarity.size(); ++i) {
        if (std::isnan(similarity[i]) || std::isnan(quality[2 * i]) || std::isnan(quality[2 * i + 1]))
            throw Error("Pair " + std::to_string(i) + " has a score or quality that is not a number (NaN).");
        smaller[i] = std::min(quality[2 * i], quality[2 * i + 1]);
    }
    return smaller;
}

std::vector<std::size_t> byQuality(const std::vector<double> &quality)
{
    std::vector<std::size_t> order(quality.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return quality[a] < quality[b]; });
    return order;
}

} // namespace

DiscardCurve errorVersusDiscard(std::span<const double> similarity, std::span<const double> quality, double e0)
{
    const std::vector<double> smaller = pairQuality(similarity, quality);
    const std::vector<std::size_t> order = byQuality(smaller);
    const std::size_t n = similarity.size();
    DiscardCurve curve;
    curve.e0 = e0;
    curve.pairs = static_cast<std::int64_t>(n);
    curve.threshold = quantile(std::vector<double>(similarity.begin(), similarity.end()), e0);
    std::int64_t errors = std::count_if(similarity.begin(), similarity.end(), [&](double score) { return score < curve.threshold; });
    for (std::size_t i = 0; i < n;) {
        const auto left = static_cast<double>(n - i);
        curve.discard.push_back(1.0 - left / static_cast<double>(n));
        curve.fnmr.push_back(static_cast<double>(errors) / left);
        const double u = smaller[order[i]];
        for (; i < n && smaller[order[i]] == u; ++i)
            errors -= similarity[order[i]] < curve.threshold ? 1 : 0;
    }
    curve.discard.push_back(1.0);
    curve.fnmr.push_back(0.0);
    return curve;
}

double partialArea(const DiscardCurve &curve, double limit)
{
    if (!(limit >= 0 && limit <= 1))
        throw Error("A discard limit lies between 0 and 1.");
    double area = 0;
    for (std::size_t i = 0; i + 1 < curve.discard.size() && curve.discard[i] < limit; ++i)
        area += curve.fnmr[i] * (std::min(curve.discard[i + 1], limit) - curve.discard[i]);
    const double reach = std::min(limit, curve.e0);
    return area - (curve.e0 * reach - reach * reach / 2);
}

std::vector<RecomputedCurve> recomputedErrorVersusDiscard(std::span<const double> similarity, std::span<const std::uint8_t> genuine,
                                                          std::span<const double> quality, std::span<const double> fmrs, Progress &progress)
{
    const std::vector<double> smaller = pairQuality(similarity, quality);
    if (genuine.size() != similarity.size())
        throw Error("There are " + std::to_string(similarity.size()) + " scores but " + std::to_string(genuine.size()) + " labels.");
    const std::vector<std::size_t> order = byQuality(smaller);
    const std::size_t n = order.size();
    constexpr std::int64_t steps = 20;
    std::vector<RecomputedCurve> curves;
    for (const double fmr : fmrs)
        curves.push_back({fmr, {}, 0});
    for (std::int64_t step = 0; step < steps; ++step) {
        progress.checkpoint(step, steps);
        const double nominal = static_cast<double>(step) * 0.05;
        auto first = static_cast<std::size_t>(static_cast<std::int64_t>(n) * step / steps);
        while (first > 0 && smaller[order[first - 1]] == smaller[order[first]])
            --first;
        std::vector<double> mated;
        std::vector<double> others;
        for (std::size_t i = first; i < n; ++i)
            (genuine[order[i]] != 0 ? mated : others).push_back(similarity[order[i]]);
        RecomputedPoint point;
        point.discard = nominal;
        point.realised = static_cast<double>(first) / static_cast<double>(n);
        point.mated = static_cast<std::int64_t>(mated.size());
        point.nonMated = static_cast<std::int64_t>(others.size());
        const bool defined = !mated.empty() && !others.empty();
        const Roc roc = defined ? fullRoc(std::move(mated), std::move(others)) : Roc{};
        for (RecomputedCurve &curve : curves) {
            point.fnmr = point.threshold = std::numeric_limits<double>::quiet_NaN();
            if (defined) {
                const FarPoint at = tarAtFar(roc, curve.fmr, FarRule::Strict);
                point.fnmr = 1.0 - at.tar;
                point.threshold = at.threshold;
            }
            curve.points.push_back(point);
        }
    }
    for (RecomputedCurve &curve : curves)
        for (std::size_t i = 0; i + 1 < curve.points.size() && !std::isnan(curve.points[i + 1].fnmr); ++i)
            curve.area += (curve.points[i].fnmr + curve.points[i + 1].fnmr) / 2 * (curve.points[i + 1].discard - curve.points[i].discard);
    progress.checkpoint(steps, steps);
    return curves;
}

} // namespace dscope
