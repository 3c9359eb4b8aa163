// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/verification.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/metrics/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

namespace dscope {

namespace {

constexpr Words<FarRule, 2> s_farRules{"no FAR rule", {{FarRule::Strict, "strict"}, {FarRule::InsightFace, "insightface"}}};

constexpr std::size_t s_bins = 8192; ///< of cosines, -1 to 1

std::size_t binOf(float score)
{
    const double place = (static_cast<double>(score) + 1.0) * (s_bins / 2.0);
    return place <= 0 ? 0 : std::min(s_bins - 1, static_cast<std::size_t>(place));
}

template<typename T>
Roc mergeToRoc(std::vector<T> &genuine, std::vector<T> &impostor)
{
    if (genuine.empty() || impostor.empty())
        throw Error("Verification needs genuine and impostor pairs; there are " + std::to_string(genuine.size()) + " genuine and "
                    + std::to_string(impostor.size()) + " impostor ones.");
    const auto isNan = [](T score) { return std::isnan(score); };
    if (std::any_of(genuine.begin(), genuine.end(), isNan) || std::any_of(impostor.begin(), impostor.end(), isNan))
        throw Error("A verification score is not a number (NaN).");
    std::sort(genuine.begin(), genuine.end(), std::greater<>());
    std::sort(impostor.begin(), impostor.end(), std::greater<>());
    Roc roc;
    roc.genuines = static_cast<std::int64_t>(genuine.size());
    roc.impostors = static_cast<std::int64_t>(impostor.size());
    roc.vertices.push_back({std::numeric_limits<double>::infinity(), 0, 0});
    std::size_t g = 0;
    std::size_t i = 0;
    while (g < genuine.size() || i < impostor.size()) {
        const T score = i == impostor.size() || (g < genuine.size() && genuine[g] > impostor[i]) ? genuine[g] : impostor[i];
        while (g < genuine.size() && genuine[g] == score)
            ++g;
        while (i < impostor.size() && impostor[i] == score)
            ++i;
        roc.vertices.push_back({static_cast<double>(score), static_cast<std::int64_t>(i), static_cast<std::int64_t>(g)});
    }
    return roc;
}

template<typename T>
Roc rocOf(std::span<const T> scores, std::span<const std::uint8_t> genuine)
{
    if (scores.size() != genuine.size())
        throw Error("There are " + std::to_string(scores.size()) + " scores but " + std::to_string(genuine.size()) + " labels.");
    std::vector<T> yes;
    std::vector<T> no;
    for (std::size_t i = 0; i < scores.size(); ++i)
        (genuine[i] != 0 ? yes : no).push_back(scores[i]);
    return mergeToRoc(yes, no);
}

FarPoint pointAt(const Roc &roc, const RocVertex &vertex, double target, FarRule rule)
{
    return {target, rule, roc.tar(vertex), roc.far(vertex), vertex.threshold, vertex.fp, vertex.tp, roc.impostors, roc.genuines};
}

FarPoint strictPoint(const Roc &roc, double target)
{
    // FAR never falls along the vertices, so the last one within the target is found by bisection; (0, 0) always is.
    const auto beyond = std::partition_point(roc.vertices.begin() + 1, roc.vertices.end(), [&](const RocVertex &vertex) { return roc.far(vertex) <= target; });
    return pointAt(roc, *(beyond - 1), target, FarRule::Strict);
}

FarPoint nearestPoint(const Roc &pruned, double target)
{
    // From the end: larger FAR first, and at equal FAR the larger TAR.
    std::size_t best = pruned.vertices.size() - 1;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = pruned.vertices.size(); i-- > 0;) {
        const double away = std::abs(pruned.far(pruned.vertices[i]) - target);
        if (away < least)
            least = away, best = i;
    }
    return pointAt(pruned, pruned.vertices[best], target, FarRule::InsightFace);
}

} // namespace

Roc fullRoc(std::span<const float> scores, std::span<const std::uint8_t> genuine)
{
    return rocOf(scores, genuine);
}

Roc fullRoc(std::span<const double> scores, std::span<const std::uint8_t> genuine)
{
    return rocOf(scores, genuine);
}

Roc fullRoc(std::vector<double> genuineScores, std::vector<double> impostorScores)
{
    return mergeToRoc(genuineScores, impostorScores);
}

Roc fullRoc(const Descending &scores, std::span<const std::uint8_t> genuine, Progress &progress)
{
    const std::size_t n = scores.size();
    if (genuine.size() != n)
        throw Error("There are " + std::to_string(n) + " scores but " + std::to_string(genuine.size()) + " labels.");
    Roc roc;
    roc.vertices.reserve(n + 1);
    RocVertex vertex{std::numeric_limits<double>::infinity(), 0, 0};
    roc.vertices.push_back(vertex);
    constexpr std::size_t block = std::size_t{1} << 20;
    std::size_t check = 0;
    for (std::size_t i = 0; i < n;) {
        if (i >= check) {
            progress.throwIfCancelled();
            check = i + block;
        }
        const float score = scores.values[i];
        for (; i < n && scores.values[i] == score; ++i)
            ++(genuine[scores.order[i]] != 0 ? vertex.tp : vertex.fp);
        vertex.threshold = static_cast<double>(score);
        roc.vertices.push_back(vertex);
    }
    roc.genuines = vertex.tp;
    roc.impostors = vertex.fp;
    if (roc.genuines == 0 || roc.impostors == 0)
        throw Error("Verification needs genuine and impostor pairs; there are " + std::to_string(roc.genuines) + " genuine and " + std::to_string(roc.impostors)
                    + " impostor ones.");
    return roc;
}

std::string name(FarRule rule)
{
    return s_farRules.wordOf(rule);
}

FarRule farRule(const std::string &name)
{
    return s_farRules.fromWord(name);
}

Roc prunedRoc(const Roc &roc)
{
    Roc pruned;
    pruned.impostors = roc.impostors;
    pruned.genuines = roc.genuines;
    const std::vector<RocVertex> &v = roc.vertices;
    pruned.vertices.push_back(v.front());
    for (std::size_t i = 1; i < v.size(); ++i) {
        const bool inner = i > 1 && i + 1 < v.size();
        if (inner && v[i + 1].fp - v[i].fp == v[i].fp - v[i - 1].fp && v[i + 1].tp - v[i].tp == v[i].tp - v[i - 1].tp)
            continue;
        pruned.vertices.push_back(v[i]);
    }
    return pruned;
}

std::vector<FarPoint> tarAtFar(const Roc &roc, std::span<const double> targets, FarRule rule)
{
    std::vector<FarPoint> points;
    const Roc pruned = rule == FarRule::InsightFace ? prunedRoc(roc) : Roc{};
    for (const double target : targets)
        points.push_back(rule == FarRule::InsightFace ? nearestPoint(pruned, target) : strictPoint(roc, target));
    return points;
}

bool isResolved(const FarPoint &point)
{
    constexpr double fewest = 10;
    return point.target * static_cast<double>(point.impostors) >= fewest * (1 - 1e-9);
}

bool sameFar(double a, double b)
{
    return std::abs(a - b) <= 1e-9 * std::max(a, b);
}

FarPoint tarAtFar(const Roc &roc, double target, FarRule rule)
{
    return tarAtFar(roc, std::span<const double>(&target, 1), rule).front();
}

Eer equalErrorRate(const Roc &roc)
{
    Eer best;
    double least = std::numeric_limits<double>::infinity();
    for (const RocVertex &vertex : roc.vertices) {
        const double far = roc.far(vertex);
        const double frr = 1.0 - roc.tar(vertex);
        if (std::abs(far - frr) < least) {
            least = std::abs(far - frr);
            best = {(far + frr) / 2, far, frr, vertex.threshold};
        }
    }
    return best;
}

BestAccuracy bestAccuracy(const Roc &roc, bool balanced)
{
    BestAccuracy best{-1, 0};
    for (const RocVertex &vertex : roc.vertices) {
        const double accuracy = balanced ? (roc.tar(vertex) + 1.0 - roc.far(vertex)) / 2
                                         : static_cast<double>(vertex.tp + roc.impostors - vertex.fp) / static_cast<double>(roc.genuines + roc.impostors);
        if (accuracy > best.accuracy)
            best = {accuracy, vertex.threshold};
    }
    return best;
}

double bestBalancedAccuracy(std::span<const float> genuine, std::span<const float> impostor)
{
    if (genuine.empty() || impostor.empty())
        throw Error("Verification needs genuine pairs and impostor pairs.");
    const auto genuines = static_cast<double>(genuine.size());
    const auto impostors = static_cast<double>(impostor.size());
    std::vector<std::array<std::int64_t, 2>> counts(s_bins);
    for (const float score : impostor)
        ++counts[binOf(score)][0];
    for (const float score : genuine)
        ++counts[binOf(score)][1];
    const auto value = [&](std::int64_t tp, std::int64_t fp) { return (static_cast<double>(tp) / genuines + 1.0 - static_cast<double>(fp) / impostors) / 2.0; };

    // At the lower edge of a bin the counts are known exactly; inside it at best all its genuine pairs come before its impostors.
    double best = 0.5;
    std::int64_t tp = 0;
    std::int64_t fp = 0;
    for (std::size_t bin = s_bins; bin-- > 0;) {
        tp += counts[bin][1];
        fp += counts[bin][0];
        best = std::max(best, value(tp, fp));
    }
    std::vector<std::uint8_t> candidate(s_bins, 0);
    tp = fp = 0;
    for (std::size_t bin = s_bins; bin-- > 0;) {
        candidate[bin] = counts[bin][0] > 0 && counts[bin][1] > 0 && value(tp + counts[bin][1], fp) > best;
        tp += counts[bin][1];
        fp += counts[bin][0];
    }
    std::map<std::size_t, std::vector<std::pair<float, bool>>, std::greater<>> inside;
    for (const std::span<const float> scores : {genuine, impostor})
        for (const float score : scores)
            if (const std::size_t bin = binOf(score); candidate[bin] != 0)
                inside[bin].emplace_back(score, scores.data() == genuine.data());
    tp = fp = 0;
    std::size_t above = s_bins;
    for (auto &[bin, members] : inside) {
        while (above > bin + 1) {
            --above;
            tp += counts[above][1];
            fp += counts[above][0];
        }
        std::sort(members.begin(), members.end(), [](const auto &left, const auto &right) { return left.first > right.first; });
        std::int64_t insideTp = tp;
        std::int64_t insideFp = fp;
        for (std::size_t i = 0; i < members.size(); ++i) {
            ++(members[i].second ? insideTp : insideFp);
            if (i + 1 == members.size() || members[i + 1].first != members[i].first)
                best = std::max(best, value(insideTp, insideFp));
        }
    }
    return best;
}

TenFold tenFoldAccuracy(std::span<const double> distances, std::span<const std::uint8_t> same)
{
    constexpr std::size_t folds = 10;
    constexpr std::size_t count = 400;
    const std::size_t n = distances.size();
    if (n != same.size())
        throw Error("There are " + std::to_string(n) + " distances but " + std::to_string(same.size()) + " labels.");
    const auto genuine = std::count_if(same.begin(), same.end(), [](std::uint8_t yes) { return yes != 0; });
    if (n > 0 && (genuine == 0 || genuine == std::ssize(same)))
        throw Error("Verification needs genuine and impostor pairs; there are " + std::to_string(genuine) + " genuine and "
                    + std::to_string(std::ssize(same) - genuine) + " impostor ones.");
    if (n < folds)
        throw Error("Ten-fold accuracy needs at least ten pairs, there are " + std::to_string(n) + ".");
    std::array<double, count> thresholds;
    for (std::size_t i = 0; i < count; ++i)
        thresholds[i] = static_cast<double>(i) * 0.01;

    // right[f][i]: pairs of fold f decided rightly at threshold i.
    std::vector<std::array<std::int64_t, count>> right(folds);
    std::array<std::int64_t, folds> size{};
    std::size_t at = 0;
    for (std::size_t f = 0; f < folds; ++f) {
        right[f].fill(0);
        const std::size_t end = at + n / folds + (f < n % folds ? 1 : 0);
        size[f] = static_cast<std::int64_t>(end - at);
        for (; at < end; ++at) {
            if (std::isnan(distances[at]))
                throw Error("The distance of pair " + std::to_string(at) + " is not a number (NaN).");
            const auto first = std::upper_bound(thresholds.begin(), thresholds.end(), distances[at]) - thresholds.begin();
            for (std::size_t i = 0; i < count; ++i)
                right[f][i] += (static_cast<std::ptrdiff_t>(i) >= first) == (same[at] != 0) ? 1 : 0;
        }
    }
    TenFold result;
    for (std::size_t f = 0; f < folds; ++f) {
        std::size_t best = 0;
        std::int64_t most = -1;
        for (std::size_t i = 0; i < count; ++i) {
            std::int64_t others = 0;
            for (std::size_t other = 0; other < folds; ++other)
                others += other == f ? 0 : right[other][i];
            if (others > most)
                most = others, best = i;
        }
        result.accuracy.push_back(static_cast<double>(right[f][best]) / static_cast<double>(size[f]));
        result.threshold.push_back(thresholds[best]);
    }
    result.mean = mean(result.accuracy);
    result.deviation = populationDeviation(result.accuracy);
    result.error = standardError(result.accuracy);
    return result;
}

} // namespace dscope
