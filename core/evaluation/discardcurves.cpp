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
constexpr std::size_t s_block = std::size_t{1} << 18; // pairs between two looks at the task
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

/// What recomputedErrorVersusDiscard() gives, for millions of pairs: pairs are put in order once by quality and once by score, and each step walks
/// only the impostor pairs above the threshold.
std::vector<RecomputedCurve> recomputedCurves(std::span<const float> scores, std::span<const std::uint8_t> genuine, std::span<const float> quality,
                                              std::span<const double> fmrs, Task &task)
{
    const std::size_t n = scores.size();
    std::vector<RecomputedCurve> curves;
    for (const double fmr : fmrs)
        curves.push_back({fmr, {}, 0});
    // step[i]: the first step at which pair i is gone. Equal qualities stay together.
    std::vector<std::uint8_t> gone(n, static_cast<std::uint8_t>(s_steps));
    std::vector<std::size_t> first(s_steps, 0);
    std::vector<std::int64_t> left[2] = {std::vector<std::int64_t>(s_steps, 0), std::vector<std::int64_t>(s_steps, 0)};
    {
        const Descending byQuality = descending(quality, task); // the last ones go first
        for (std::size_t step = 0; step < s_steps; ++step) {
            std::size_t cut = n * step / s_steps;
            while (cut > 0 && byQuality.values[n - cut] == byQuality.values[n - 1 - cut])
                --cut;
            first[step] = cut;
        }
        std::size_t step = 0;
        for (std::size_t rank = 0; rank < n; ++rank) {
            if (rank % s_block == 0)
                task.throwIfCancelled();
            while (step < s_steps && rank >= first[step])
                ++step;
            gone[byQuality.order[n - 1 - rank]] = static_cast<std::uint8_t>(step);
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            task.throwIfCancelled();
        for (std::size_t step = 0; step < gone[i]; ++step)
            ++left[genuine[i] != 0 ? 1 : 0][step];
    }
    const Descending sorted = descending(scores, task);
    std::vector<float> mated;
    std::vector<std::uint8_t> matedGone;
    std::vector<float> others;
    std::vector<std::uint8_t> othersGone;
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            task.throwIfCancelled();
        const std::size_t at = sorted.order[i];
        (genuine[at] != 0 ? mated : others).push_back(sorted.values[i]);
        (genuine[at] != 0 ? matedGone : othersGone).push_back(gone[at]);
    }
    for (std::size_t step = 0; step < s_steps; ++step)
        for (RecomputedCurve &curve : curves) {
            task.throwIfCancelled();
            RecomputedPoint point;
            point.discard = static_cast<double>(step) * 0.05;
            point.realised = static_cast<double>(first[step]) / static_cast<double>(n);
            point.mated = left[1][step];
            point.nonMated = left[0][step];
            point.fnmr = point.threshold = std::numeric_limits<double>::quiet_NaN();
            if (point.mated > 0 && point.nonMated > 0) {
                // The strict rule: the score of the first impostor pair that breaks the target is not accepted any more.
                std::int64_t accepted = 0;
                std::size_t i = 0;
                float limit = -std::numeric_limits<float>::infinity();
                bool limited = false;
                while (i < others.size() && !limited) {
                    const float score = others[i];
                    std::int64_t here = 0;
                    for (; i < others.size() && others[i] == score; ++i)
                        here += othersGone[i] > step ? 1 : 0;
                    accepted += here;
                    if (here > 0 && static_cast<double>(accepted) / static_cast<double>(point.nonMated) > curve.fmr)
                        limit = score, limited = true;
                }
                std::int64_t right = 0;
                double lowest = std::numeric_limits<double>::infinity();
                for (std::size_t g = 0; g < mated.size() && (!limited || mated[g] > limit); ++g)
                    if (matedGone[g] > step) {
                        ++right;
                        lowest = static_cast<double>(mated[g]);
                    }
                for (std::size_t o = 0; o < i && (!limited || others[o] > limit); ++o)
                    if (othersGone[o] > step)
                        lowest = std::min(lowest, static_cast<double>(others[o]));
                point.fnmr = 1.0 - static_cast<double>(right) / static_cast<double>(point.mated);
                point.threshold = lowest;
            }
            curve.points.push_back(point);
        }
    for (RecomputedCurve &curve : curves)
        for (std::size_t i = 0; i + 1 < curve.points.size() && !std::isnan(curve.points[i + 1].fnmr); ++i)
            curve.area += (curve.points[i].fnmr + curve.points[i + 1].fnmr) / 2 * (curve.points[i + 1].discard - curve.points[i].discard);
    return curves;
}

} // namespace

void evaluateDiscard(const TemplateFeatures &set, const TemplatePairs &pairs, std::span<const float> scores, const VerificationOptions &options,
                     EvaluationRun &run, Task &task)
{
    task.stage("Error versus discard");
    const std::vector<float> qualities = templateQualities(set, options.quality);
    run.discard.clear();
    run.discardAreas.clear();
    run.discardQuality = name(options.quality);
    run.discardLimit = options.discardLimit;
    std::vector<double> similarity;
    std::vector<double> quality;
    std::vector<float> pairQuality(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (i % s_block == 0)
            task.throwIfCancelled();
        pairQuality[i] = std::min(qualities[pairs.a[i]], qualities[pairs.b[i]]);
        if (pairs.genuine[i] == 0)
            continue;
        similarity.push_back(static_cast<double>(scores[i]));
        quality.push_back(static_cast<double>(qualities[pairs.a[i]]));
        quality.push_back(static_cast<double>(qualities[pairs.b[i]]));
    }
    for (const double e0 : options.e0s) {
        task.throwIfCancelled();
        const DiscardCurve curve = errorVersusDiscard(similarity, quality, e0);
        run.discardAreas.push_back(partialArea(curve, options.discardLimit));
        run.discard.push_back(thinned(curve));
    }
    run.recomputed = recomputedCurves(scores, pairs.genuine, pairQuality, options.discardFmrs, task);
}

} // namespace dscope
