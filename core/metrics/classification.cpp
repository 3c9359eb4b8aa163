// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/classification.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace dscope {

namespace {

constexpr std::uint64_t s_classStream = 0x636C6131; // "cla1": apart from whatever else is drawn with this seed
constexpr std::int64_t s_few = 5;                   // of top-5

/// A labelled group's hits, means over the draws.
struct Hits {
    std::int32_t label = 0;
    double top1 = 0;
    double top5 = 0;
};

bool isFirst(const Prediction &one)
{
    return one.rank == 1;
}

bool isAmongFive(const Prediction &one)
{
    return one.rank >= 1 && one.rank <= s_few;
}

/// The labelled groups in order. @throws Error where draws do not fit each other
std::vector<Hits> hitsOf(std::span<const Prediction> predictions, std::int64_t draws)
{
    if (draws < 1 || std::ssize(predictions) % draws != 0)
        throw Error("There are " + std::to_string(predictions.size()) + " predictions, which are not " + std::to_string(draws) + " draws of the same groups.");
    const auto groups = static_cast<std::size_t>(std::ssize(predictions) / draws);
    std::vector<Hits> hits;
    for (std::size_t g = 0; g < groups; ++g) {
        Hits one{predictions[g].label};
        for (std::size_t d = 0; d < static_cast<std::size_t>(draws); ++d) {
            const Prediction &drawn = predictions[d * groups + g];
            if (drawn.label != one.label)
                throw Error("Group " + std::to_string(g) + " has another label in another draw.");
            one.top1 += isFirst(drawn) ? 1 : 0;
            one.top5 += isAmongFive(drawn) ? 1 : 0;
        }
        one.top1 /= static_cast<double>(draws);
        one.top5 /= static_cast<double>(draws);
        if (one.label >= 0)
            hits.push_back(one);
    }
    return hits;
}

struct Shares {
    double top1 = 0;
    double top5 = 0;
    double meanClass = 0;
    std::vector<double> perClass;

    double mean() const { return (top1 + top5) / 2; }
};

/// @param times how often each group counts; empty: once
Shares sharesOfHits(std::span<const Hits> hits, std::int64_t classes, std::span<const std::int32_t> times = {})
{
    Shares shares;
    std::vector<double> right(static_cast<std::size_t>(classes), 0.0);
    std::vector<double> all(right.size(), 0.0);
    double count = 0;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const double weight = times.empty() ? 1 : times[i];
        shares.top1 += weight * hits[i].top1;
        shares.top5 += weight * hits[i].top5;
        right[static_cast<std::size_t>(hits[i].label)] += weight * hits[i].top1;
        all[static_cast<std::size_t>(hits[i].label)] += weight;
        count += weight;
    }
    shares.top1 /= count;
    shares.top5 /= count;
    std::int64_t known = 0;
    for (std::size_t c = 0; c < right.size(); ++c) {
        shares.perClass.push_back(all[c] > 0 ? right[c] / all[c] : std::numeric_limits<double>::quiet_NaN());
        if (all[c] > 0) {
            shares.meanClass += shares.perClass.back();
            ++known;
        }
    }
    shares.meanClass /= static_cast<double>(known);
    return shares;
}

void addDeviations(ClassificationFigures &figures)
{
    if (figures.draws == 1)
        return;
    const std::size_t groups = figures.predictions.size() / static_cast<std::size_t>(figures.draws);
    std::vector<double> top1;
    std::vector<double> mean;
    std::vector<double> meanClass;
    for (std::size_t d = 0; d < static_cast<std::size_t>(figures.draws); ++d) {
        const Shares one = sharesOfHits(hitsOf(std::span(figures.predictions).subspan(d * groups, groups), 1), figures.classes);
        top1.push_back(one.top1);
        mean.push_back(one.mean());
        meanClass.push_back(one.meanClass);
    }
    figures.top1Deviation = populationDeviation(top1);
    figures.meanDeviation = populationDeviation(mean);
    figures.meanClassDeviation = populationDeviation(meanClass);
}

void checkClasses(std::span<const Prediction> predictions, std::int64_t classes)
{
    for (const Prediction &one : predictions)
        for (const std::int32_t named : {one.label, one.top})
            if (named < -1 || named >= classes)
                throw Error("A prediction names class " + std::to_string(named) + "; there are " + std::to_string(classes) + ".");
}

} // namespace

Prediction predicted(std::span<const float> scores, std::int32_t label)
{
    Prediction one;
    one.label = label;
    if (scores.empty())
        return one;
    if (label >= std::ssize(scores))
        throw Error("The true class is number " + std::to_string(label) + ", but there are scores of " + std::to_string(scores.size()) + " classes.");
    if (!std::all_of(scores.begin(), scores.end(), [](float score) { return std::isfinite(score); }))
        throw Error("A class score is not a finite number.");
    one.top = static_cast<std::int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    if (label < 0)
        return one;
    const auto own = static_cast<std::size_t>(label);
    one.rank = 1;
    for (std::size_t c = 0; c < scores.size(); ++c)
        one.rank += scores[c] > scores[own] || (scores[c] == scores[own] && c < own) ? 1 : 0;
    return one;
}

ClassificationFigures classificationFigures(std::vector<Prediction> predictions, std::int64_t classes, const ClassificationOptions &options, Progress &progress,
                                            std::int64_t draws)
{
    checkClasses(predictions, classes);
    ClassificationFigures figures;
    figures.classes = classes;
    figures.draws = draws;
    figures.seed = options.seed;
    figures.predictions = std::move(predictions);
    const std::vector<Hits> hits = hitsOf(figures.predictions, draws);
    if (hits.empty())
        throw Error("No group has a known class, so that there is nothing to count.");
    figures.groups = std::ssize(hits);
    Shares shares = sharesOfHits(hits, classes);
    figures.top1 = shares.top1;
    figures.top5 = shares.top5;
    figures.meanClass = shares.meanClass;
    figures.perClass = std::move(shares.perClass);
    addDeviations(figures);
    figures.confusion.assign(static_cast<std::size_t>(classes * (classes + 1)), 0);
    for (const Prediction &one : figures.predictions)
        if (one.label >= 0)
            ++figures.confusion[static_cast<std::size_t>(one.label * (classes + 1) + (one.top < 0 ? classes : one.top))];
    if (options.resamples <= 0)
        return figures;
    Random random(options.seed, s_classStream);
    const std::vector<Interval> intervals = bootstrap(
        figures.groups, options.resamples, 0.95, random, 3,
        [&](std::span<const std::int32_t> multiplicity, std::span<double> values) {
            const Shares drawn = sharesOfHits(hits, classes, multiplicity);
            values[0] = drawn.top1;
            values[1] = drawn.mean();
            values[2] = drawn.meanClass;
        },
        progress);
    figures.top1Interval = intervals[0];
    figures.meanInterval = intervals[1];
    figures.meanClassInterval = intervals[2];
    return figures;
}

ClassificationGain classificationGain(const ClassificationFigures &figures, const ClassificationFigures &reference, const ClassificationOptions &options,
                                      Progress &progress)
{
    const std::vector<Hits> own = hitsOf(figures.predictions, figures.draws);
    const std::vector<Hits> other = hitsOf(reference.predictions, reference.draws);
    if (own.empty() || !std::equal(own.begin(), own.end(), other.begin(), other.end(), [](const Hits &a, const Hits &b) { return a.label == b.label; }))
        throw Error("Two methods can be compared on the same groups alone.");
    ClassificationGain gain{figures.top1 - reference.top1, figures.mean() - reference.mean()};
    if (options.resamples <= 0)
        return gain;
    Random random(options.seed, s_classStream);
    const std::vector<Interval> intervals = bootstrap(
        std::ssize(own), options.resamples, 0.95, random, 2,
        [&](std::span<const std::int32_t> multiplicity, std::span<double> values) {
            values[0] = values[1] = 0;
            for (std::size_t i = 0; i < own.size(); ++i) {
                const double top1 = own[i].top1 - other[i].top1;
                const double top5 = own[i].top5 - other[i].top5;
                values[0] += multiplicity[i] * top1;
                values[1] += multiplicity[i] * (top1 + top5) / 2;
            }
            for (double &value : values)
                value /= static_cast<double>(own.size());
        },
        progress);
    gain.top1Interval = intervals[0];
    gain.meanInterval = intervals[1];
    return gain;
}

} // namespace dscope
