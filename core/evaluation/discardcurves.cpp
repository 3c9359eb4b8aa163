// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/run.h"

#include "core/base/error.h"
#include "core/metrics/descending.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dscope {

namespace {

constexpr std::size_t s_curvePoints = 1000;
constexpr std::size_t s_block = std::size_t{1} << 18; // pairs between two checks for cancellation
constexpr std::size_t s_steps = 20;
constexpr float s_noFace = -1; // below every D-score

std::vector<float> templateQualities(const TemplateFeatures &set, TemplateQuality quality)
{
    std::vector<float> qualities(static_cast<std::size_t>(set.templates()), s_noFace);
    for (std::int64_t t = 0; t < set.templates(); ++t) {
        const std::span<const float> scores = set.dScoresOf(t);
        if (scores.empty())
            continue;
        qualities[static_cast<std::size_t>(t)] = quality == TemplateQuality::BestDScore
            ? *std::max_element(scores.begin(), scores.end())
            : static_cast<float>(std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size()));
    }
    return qualities;
}

/// At most s_curvePoints: the stepwise value at every thousandth of the pairs, and both ends.
DiscardCurve thinned(const DiscardCurve &curve)
{
    if (curve.discard.size() <= s_curvePoints)
        return curve;
    DiscardCurve thin;
    thin.e0 = curve.e0;
    thin.threshold = curve.threshold;
    thin.pairs = curve.pairs;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < s_curvePoints; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(s_curvePoints - 1);
        while (at + 2 < curve.discard.size() && curve.discard[at + 1] <= share)
            ++at;
        if (!thin.discard.empty() && thin.discard.back() == curve.discard[at])
            continue;
        thin.discard.push_back(curve.discard[at]);
        thin.fnmr.push_back(curve.fnmr[at]);
    }
    thin.discard.push_back(curve.discard.back());
    thin.fnmr.push_back(curve.fnmr.back());
    return thin;
}

/// The pairs by their quality, without an array of pairs: a pair's quality is that of one of its templates, so there are at most as many as templates.
class QualityRanks {
public:
    QualityRanks(const std::vector<float> &qualities, const TemplatePairs &pairs, Progress &progress) : m_pairs(pairs), m_of(qualities.size())
    {
        std::vector<std::uint32_t> order(qualities.size());
        std::iota(order.begin(), order.end(), 0U);
        std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) { return qualities[x] < qualities[y]; });
        std::uint32_t rank = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
            rank += i > 0 && qualities[order[i]] != qualities[order[i - 1]] ? 1 : 0;
            m_of[order[i]] = rank;
        }
        m_counts[0].assign(static_cast<std::size_t>(rank) + 1, 0);
        m_counts[1] = m_counts[0];
        for (std::size_t i = 0; i < pairs.genuine.size(); ++i) {
            if (i % s_block == 0)
                progress.throwIfCancelled();
            ++m_counts[pairs.genuine[i] != 0 ? 1 : 0][of(i)];
        }
    }
    std::size_t size() const { return m_counts[0].size(); }
    /// 0 for the lowest quality; equal ones share theirs.
    std::uint32_t of(std::size_t pair) const { return std::min(m_of[m_pairs.a[pair]], m_of[m_pairs.b[pair]]); }
    std::int64_t genuine(std::size_t rank) const { return m_counts[1][rank]; }
    std::int64_t impostor(std::size_t rank) const { return m_counts[0][rank]; }

private:
    const TemplatePairs &m_pairs;
    std::vector<std::uint32_t> m_of;       ///< [T]
    std::vector<std::int64_t> m_counts[2]; ///< pairs of each rank: impostor, genuine
};

/// What errorVersusDiscard() gives.
DiscardCurve discardCurve(const Descending &genuine, const QualityRanks &ranks, double e0, Progress &progress)
{
    const std::size_t n = genuine.size();
    DiscardCurve curve;
    curve.e0 = e0;
    curve.pairs = static_cast<std::int64_t>(n);
    curve.threshold = descendingQuantile(genuine.values, e0);
    std::vector<std::int64_t> lost(ranks.size(), 0);
    std::int64_t errors = 0;
    for (std::size_t i = n; i-- > 0 && static_cast<double>(genuine.values[i]) < curve.threshold; ++errors) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        ++lost[ranks.of(genuine.order[i])];
    }
    auto left = static_cast<std::int64_t>(n);
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
        if (ranks.genuine(rank) == 0)
            continue;
        curve.discard.push_back(1.0 - static_cast<double>(left) / static_cast<double>(n));
        curve.fnmr.push_back(static_cast<double>(errors) / static_cast<double>(left));
        left -= ranks.genuine(rank);
        errors -= lost[rank];
    }
    curve.discard.push_back(1.0);
    curve.fnmr.push_back(0.0);
    return curve;
}

/// When the pairs go: at each step those of the lowest qualities, equal ones together.
struct Steps {
    std::vector<std::int64_t> first;             ///< pairs that are gone at a step
    std::vector<std::uint8_t> gone;              ///< [ranks], the first step at which a pair is gone
    std::vector<std::int64_t> genuine, impostor; ///< left at a step
};
Steps stepsOf(const QualityRanks &ranks, std::int64_t pairs)
{
    Steps steps;
    steps.genuine.assign(s_steps, 0);
    steps.impostor.assign(s_steps, 0);
    std::int64_t before = 0;
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
        const std::int64_t after = before + ranks.genuine(rank) + ranks.impostor(rank);
        // A cut that falls among these is moved in front of them.
        while (steps.first.size() < s_steps && pairs * std::ssize(steps.first) / static_cast<std::int64_t>(s_steps) < after)
            steps.first.push_back(before);
        steps.gone.push_back(static_cast<std::uint8_t>(steps.first.size()));
        for (std::size_t step = 0; step < steps.gone.back(); ++step) {
            steps.genuine[step] += ranks.genuine(rank);
            steps.impostor[step] += ranks.impostor(rank);
        }
        before = after;
    }
    return steps;
}

/// What recomputedErrorVersusDiscard() gives, for millions of pairs: each step walks only the impostor pairs above the threshold, and all steps go down the
/// genuine pairs together.
std::vector<RecomputedCurve> recomputedCurves(const DescendingPairs &sorted, const QualityRanks &ranks, std::span<const double> fmrs, Progress &progress)
{
    const std::vector<float> &mated = sorted.genuine.values;
    const std::vector<float> &others = sorted.impostor.values;
    const auto n = static_cast<std::int64_t>(mated.size() + others.size());
    const Steps steps = stepsOf(ranks, n);
    std::vector<std::uint8_t> othersGone; // as far as anybody has walked
    const auto goneAt = [&](std::size_t i) {
        while (othersGone.size() <= i)
            othersGone.push_back(steps.gone[ranks.of(sorted.impostor.order[othersGone.size()])]);
        return othersGone[i];
    };
    struct Limit {
        float score = -std::numeric_limits<float>::infinity(); ///< not accepted any more
        bool limited = false;
        std::size_t curve = 0;
        std::size_t step = 0;
        double lowest = std::numeric_limits<double>::infinity(); ///< of the impostors that are accepted
    };
    std::vector<Limit> limits;
    for (std::size_t step = 0; step < s_steps; ++step)
        for (std::size_t curve = 0; curve < fmrs.size(); ++curve) {
            if (steps.genuine[step] == 0 || steps.impostor[step] == 0)
                continue;
            // The strict rule: the score of the first impostor pair that breaks the target is not accepted any more.
            Limit limit;
            limit.curve = curve;
            limit.step = step;
            std::int64_t accepted = 0;
            std::size_t i = 0;
            while (i < others.size() && !limit.limited) {
                const float score = others[i];
                const double lowest = limit.lowest;
                std::int64_t here = 0;
                for (; i < others.size() && others[i] == score; ++i) {
                    if (i % s_block == 0)
                        progress.throwIfCancelled();
                    here += goneAt(i) > step ? 1 : 0;
                }
                accepted += here;
                if (here > 0)
                    limit.lowest = static_cast<double>(score);
                if (here > 0 && static_cast<double>(accepted) / static_cast<double>(steps.impostor[step]) > fmrs[curve]) {
                    limit.score = score;
                    limit.limited = true;
                    limit.lowest = lowest;
                }
            }
            limits.push_back(limit);
        }
    std::stable_sort(limits.begin(), limits.end(),
                     [](const Limit &x, const Limit &y) { return x.limited != y.limited ? x.limited : x.limited && x.score > y.score; });

    std::vector<RecomputedCurve> curves;
    for (const double fmr : fmrs) {
        RecomputedCurve curve{fmr, std::vector<RecomputedPoint>(s_steps), 0};
        for (std::size_t step = 0; step < s_steps; ++step) {
            RecomputedPoint &point = curve.points[step];
            point.discard = static_cast<double>(step) * 0.05;
            point.realised = static_cast<double>(steps.first[step]) / static_cast<double>(n);
            point.mated = steps.genuine[step];
            point.nonMated = steps.impostor[step];
            point.fnmr = point.threshold = std::numeric_limits<double>::quiet_NaN();
        }
        curves.push_back(std::move(curve));
    }
    // Genuine pairs above the limit so far, and the lowest score among them, by the step at which they are gone.
    std::vector<std::int64_t> right(s_steps + 1, 0);
    std::vector<double> lowest(s_steps + 1, std::numeric_limits<double>::infinity());
    std::size_t g = 0;
    for (const Limit &limit : limits) {
        for (; g < mated.size() && (!limit.limited || mated[g] > limit.score); ++g) {
            if (g % s_block == 0)
                progress.throwIfCancelled();
            const std::uint8_t gone = steps.gone[ranks.of(sorted.genuine.order[g])];
            ++right[gone];
            lowest[gone] = static_cast<double>(mated[g]);
        }
        RecomputedPoint &point = curves[limit.curve].points[limit.step];
        const std::int64_t accepted = std::accumulate(right.begin() + static_cast<std::ptrdiff_t>(limit.step) + 1, right.end(), std::int64_t{0});
        point.fnmr = 1.0 - static_cast<double>(accepted) / static_cast<double>(point.mated);
        point.threshold = std::min(limit.lowest, *std::min_element(lowest.begin() + static_cast<std::ptrdiff_t>(limit.step) + 1, lowest.end()));
    }
    for (RecomputedCurve &curve : curves)
        for (std::size_t i = 0; i + 1 < curve.points.size() && !std::isnan(curve.points[i + 1].fnmr); ++i)
            curve.area += (curve.points[i].fnmr + curve.points[i + 1].fnmr) / 2 * (curve.points[i + 1].discard - curve.points[i].discard);
    return curves;
}

} // namespace

void evaluateDiscard(const TemplateFeatures &set, const TemplatePairs &pairs, std::span<const float> scores, const VerificationOptions &options,
                     EvaluationRun &run, Progress &progress)
{
    evaluateDiscard(set, pairs, descendingPairs(scores, pairs.genuine, progress), options, run, progress);
}

void evaluateDiscard(const TemplateFeatures &set, const TemplatePairs &pairs, const DescendingPairs &sorted, const VerificationOptions &options,
                     EvaluationRun &run, Progress &progress)
{
    progress.stage("Error versus discard");
    if (sorted.genuine.size() == 0 || sorted.genuine.size() + sorted.impostor.size() != static_cast<std::size_t>(pairs.size()))
        throw Error("Error versus discard needs genuine pairs, and a score for each of the " + std::to_string(pairs.size()) + " pairs.");
    const QualityRanks ranks(templateQualities(set, options.quality), pairs, progress);
    run.discard.clear();
    run.discardAreas.clear();
    run.discardQuality = name(options.quality);
    run.discardLimit = options.discardLimit;
    for (const double e0 : options.e0s) {
        const DiscardCurve curve = discardCurve(sorted.genuine, ranks, e0, progress);
        run.discardAreas.push_back(partialArea(curve, options.discardLimit));
        run.discard.push_back(thinned(curve));
    }
    run.recomputed = recomputedCurves(sorted, ranks, options.discardFmrs, progress);
}

} // namespace dscope
