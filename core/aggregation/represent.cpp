// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/represent.h"

#include "core/aggregation/nan.h"
#include "core/aggregation/twostage.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/parallel.h"
#include "core/base/products.h"
#include "core/base/random.h"
#include "core/scores/secondlook.h"
#include "core/threshold/pairplan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace dscope {

namespace {

/// What stands in for D in one template; NaN where a picture has no such score.
std::vector<float> scoresOf(const TemplateFeatures &set, std::int64_t t, const std::string &quality)
{
    const auto first = static_cast<std::size_t>(set.begin[static_cast<std::size_t>(t)]);
    const auto count = static_cast<std::size_t>(set.size(t));
    std::vector<float> scores(count);
    if (quality == "norm") {
        const auto width = static_cast<std::size_t>(set.dim);
        const std::span<const float> features = set.featuresOf(t);
        for (std::size_t i = 0; i < count; ++i)
            scores[i] = static_cast<float>(std::sqrt(squaredLength(features.subspan(i * width, width))));
        return scores;
    }
    const std::vector<float> &all = quality == "detector" ? set.detector : set.quality.at(quality);
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(first), count, scores.begin());
    return scores;
}

std::vector<std::int64_t> mediaOf(const TemplateFeatures &set, std::int64_t t)
{
    if (set.media.empty())
        return {};
    return {set.media.begin() + set.begin[static_cast<std::size_t>(t)], set.media.begin() + set.begin[static_cast<std::size_t>(t) + 1]};
}

/// aggregate() over the pictures that have a score; their plain mean where none has.
Aggregate byQuality(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    const std::vector<float> scores = scoresOf(set, t, method.quality);
    const std::vector<std::int64_t> media = mediaOf(set, t);
    const std::span<const float> features = set.featuresOf(t);
    const auto width = static_cast<std::size_t>(set.dim);
    AggregateOptions options = method.options;
    std::vector<float> scored;
    std::vector<float> rows;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> places;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!std::isfinite(scores[i]))
            continue;
        // A weight below 0 would turn the picture's feature round.
        scored.push_back(options.method == Aggregator::DdlNoRescale ? std::max(0.0F, scores[i]) : scores[i]);
        rows.insert(rows.end(), features.begin() + static_cast<std::ptrdiff_t>(i * width), features.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
        if (!media.empty())
            ids.push_back(media[i]);
        places.push_back(static_cast<std::int64_t>(i));
    }
    if (scored.empty()) {
        options.method = Aggregator::Average;
        return aggregate(features, set.dim, std::vector<float>(scores.size()), options, media);
    }
    Aggregate made = aggregate(rows, set.dim, scored, options, ids);
    for (std::int64_t &picture : made.kept)
        picture = places[static_cast<std::size_t>(picture)];
    return made;
}

/// The scores that choose: D, or the method's quality. A picture without one is never chosen before one that has it.
std::vector<float> choosingScores(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    if (method.quality.empty()) {
        const std::span<const float> d = set.dScoresOf(t);
        return {d.begin(), d.end()};
    }
    std::vector<float> scores = scoresOf(set, t, method.quality);
    for (float &score : scores)
        if (!std::isfinite(score))
            score = std::numeric_limits<float>::lowest();
    return scores;
}

Aggregate inTwoStages(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    const std::vector<float> chooses = choosingScores(set, t, method);
    const std::vector<float> weighs = method.weights.empty() ? chooses : scoresOf(set, t, method.weights);
    return aggregateTwoStage(set.featuresOf(t), set.dim, chooses, weighs, method.options, method.secondThreshold, mediaOf(set, t));
}

/// Top-K on random ranks: pictures, or media where these come first, in the order of a shuffle.
Aggregate randomly(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    const std::vector<std::int64_t> media = mediaOf(set, t);
    const auto count = static_cast<std::size_t>(set.size(t));
    std::vector<std::size_t> unitOf(count);
    std::map<std::int64_t, std::size_t> known;
    for (std::size_t i = 0; i < count; ++i)
        unitOf[i] = method.options.order == MediaOrder::MediaFirst ? known.emplace(media[i], known.size()).first->second : i;
    std::vector<float> rank(method.options.order == MediaOrder::MediaFirst ? known.size() : count);
    std::iota(rank.begin(), rank.end(), 0.0F);
    Random random(method.seed, static_cast<std::uint64_t>(set.ids[static_cast<std::size_t>(t)]));
    random.shuffle(rank);
    std::vector<float> scores(count);
    for (std::size_t i = 0; i < count; ++i)
        scores[i] = rank[unitOf[i]];
    AggregateOptions options = method.options;
    options.method = Aggregator::TopK;
    return aggregate(set.featuresOf(t), set.dim, scores, options, media);
}

/// Top-K on whether a picture stands at one of the even places: pictures, or media where these come first, in the order of the template.
Aggregate evenly(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    const std::vector<std::int64_t> media = mediaOf(set, t);
    std::vector<std::size_t> unitOf;
    std::map<std::int64_t, std::size_t> known;
    for (std::size_t i = 0; i < static_cast<std::size_t>(set.size(t)); ++i)
        unitOf.push_back(method.options.order == MediaOrder::MediaFirst ? known.emplace(media[i], known.size()).first->second : i);
    const std::size_t units = method.options.order == MediaOrder::MediaFirst ? known.size() : unitOf.size();
    std::vector<float> chosen(units, 0);
    for (const std::int64_t place : evenPlaces(static_cast<std::int64_t>(units), method.options.k))
        chosen[static_cast<std::size_t>(place)] = 1;
    std::vector<float> scores;
    for (const std::size_t unit : unitOf)
        scores.push_back(chosen[unit]);
    AggregateOptions options = method.options;
    options.method = Aggregator::TopK;
    return aggregate(set.featuresOf(t), set.dim, scores, options, media);
}

/// The network's weights apply to the unit features.
Aggregate byNan(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    Aggregate made;
    made.feature = method.nan->aggregate(set.featuresOf(t), &made.weights);
    made.kept.resize(made.weights.size());
    std::iota(made.kept.begin(), made.kept.end(), std::int64_t{0});
    return made;
}

} // namespace

void checkMethod(const TemplateFeatures &set, const Method &method)
{
    const auto refuse = [&](const std::string &what) {
        throw Error("'" + titleOf(method) + "' asks for " + what + ", which " + (set.benchmark.empty() ? std::string("the set") : set.benchmark)
                    + " does not have.");
    };
    if (method.kind == Method::Kind::Nan) {
        if (method.nan == nullptr)
            throw Error("'" + titleOf(method) + "' has no aggregation network; train one with: dscope train nan");
        if (method.nan->dim() != set.dim)
            throw Error("The aggregation network" + (method.nanFile.empty() ? std::string() : " " + method.nanFile) + " takes features of "
                        + std::to_string(method.nan->dim()) + " values; these have " + std::to_string(set.dim) + ".");
        return;
    }
    if (method.options.order == MediaOrder::MediaFirst && set.media.empty())
        refuse("media ids");
    if (method.kind == Method::Kind::RandomK || method.kind == Method::Kind::EvenK)
        return;
    for (const std::string &score : {method.quality, method.weights}) {
        if (score.empty() || score == "norm")
            continue;
        if (score == "detector") {
            if (set.detector.empty())
                refuse("detector scores");
        } else if (!set.quality.contains(score)) {
            if (score == secondLookName)
                refuse("a second look (make one with: dscope train second; name it with --second)");
            std::string known;
            for (const auto &[name, scores] : set.quality)
                known += (known.empty() ? " (there are: " : ", ") + name;
            refuse("a score called '" + score + "'" + (known.empty() ? "" : known + ")"));
        }
    }
}

void checkOneDraw(const Method &method)
{
    if (method.seeds != 1)
        throw UsageError("'" + titleOf(method) + "' is a mean over several draws (seeds=N), which a classification alone has.");
}

std::vector<std::int64_t> embeddedElements(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    bool fallback = false;
    return chosenElements(choosingScores(set, t, method), method.options.keep, fallback);
}

std::vector<std::int64_t> evenPlaces(std::int64_t size, std::int64_t count)
{
    if (size < 0 || count <= 0)
        throw Error("Even places need a K above 0.");
    std::vector<std::int64_t> places;
    if (count >= size) {
        places.resize(static_cast<std::size_t>(size));
        std::iota(places.begin(), places.end(), std::int64_t{0});
        return places;
    }
    for (std::int64_t i = 0; i < count; ++i)
        places.push_back((2 * i + 1) * size / (2 * count)); // in whole numbers: nothing is rounded
    return places;
}

Aggregate aggregateTemplate(const TemplateFeatures &set, std::int64_t t, const Method &method)
{
    checkMethod(set, method);
    switch (method.kind) {
    case Method::Kind::RandomK: return randomly(set, t, method);
    case Method::Kind::EvenK: return evenly(set, t, method);
    case Method::Kind::Nan: return byNan(set, t, method);
    case Method::Kind::Scores: break;
    }
    if (isTwoStage(method))
        return inTwoStages(set, t, method);
    if (!method.quality.empty())
        return byQuality(set, t, method);
    return aggregate(set.featuresOf(t), set.dim, set.dScoresOf(t), method.options, mediaOf(set, t));
}

std::vector<float> represent(const TemplateFeatures &set, const Method &method, Progress &progress, std::vector<std::int32_t> *kept)
{
    checkMethod(set, method);
    checkOneDraw(method);
    if (kept != nullptr)
        kept->assign(static_cast<std::size_t>(set.templates()), 0);
    const auto width = static_cast<std::size_t>(set.dim);
    std::vector<float> unit;
    growTo(unit, static_cast<std::size_t>(set.templates()) * width, progress);
    parallelFor(set.templates(), 64, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t t = from; t < to; ++t) {
            if (set.size(t) == 0)
                continue;
            const Aggregate made = aggregateTemplate(set, t, method);
            if (kept != nullptr)
                (*kept)[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(made.kept.size());
            double squares = 0;
            for (const double value : made.feature)
                squares += value * value;
            const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
            for (std::size_t d = 0; d < width; ++d)
                unit[static_cast<std::size_t>(t) * width + d] = static_cast<float>(made.feature[d] * scale);
        }
    });
    return unit;
}

std::vector<float> scorePairs(const TemplateFeatures &set, std::span<const float> unit, const TemplatePairs &pairs, Progress &progress)
{
    std::vector<std::uint8_t> enrolled;
    for (std::int64_t t = 0; t < set.templates(); ++t)
        enrolled.push_back(set.size(t) > 0 ? 1 : 0);
    // Arranged so that templates stay in cache: for millions of pairs that is several times faster than one after the other.
    const PairPlan plan(pairs.a, pairs.b, set.templates(), set.dim, progress, {}, false, true);
    std::vector<float> scores;
    growTo(scores, static_cast<std::size_t>(plan.size()), progress);
    plan.scoreAsGiven(unit, enrolled, scores, progress);
    return scores;
}

} // namespace dscope
