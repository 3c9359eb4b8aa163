// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluationset.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"

#include <algorithm>
#include <numeric>

namespace dscope {

TemplateFeatures EvaluationSet::takeFeatures()
{
    const std::shared_ptr<const TemplateFeatures> held = std::move(features);
    if (held.use_count() > 1)
        return *held;
    return std::move(*std::const_pointer_cast<TemplateFeatures>(held));
}

bool EvaluationSet::fits(const EvaluationRun &run) const
{
    return run.benchmark == features->benchmark && run.templates == features->templates() && run.faces == features->faces();
}

std::shared_ptr<const TemplatePairs> EvaluationSet::pairs(int split) const
{
    if (split >= 0 && split < splitCount())
        return {benchmark, &benchmark->splits[static_cast<std::size_t>(split)].pairs};
    if (splitCount() == 1)
        return {benchmark, &benchmark->splits.front().pairs};
    auto all = std::make_shared<TemplatePairs>();
    for (const BenchmarkSplit &one : benchmark->splits) {
        all->a.insert(all->a.end(), one.pairs.a.begin(), one.pairs.a.end());
        all->b.insert(all->b.end(), one.pairs.b.begin(), one.pairs.b.end());
        all->genuine.insert(all->genuine.end(), one.pairs.genuine.begin(), one.pairs.genuine.end());
    }
    return all;
}

std::vector<std::int64_t> EvaluationSet::splitBegins() const
{
    std::vector<std::int64_t> begins;
    std::int64_t begin = 0;
    for (const BenchmarkSplit &one : benchmark->splits) {
        begins.push_back(begin);
        begin += one.pairs.size();
    }
    return begins;
}

std::int64_t EvaluationSet::pairCount() const
{
    return std::accumulate(benchmark->splits.begin(), benchmark->splits.end(), std::int64_t{0},
                           [](std::int64_t sum, const BenchmarkSplit &split) { return sum + split.pairs.size(); });
}

void EvaluationSet::takeFaces(const std::vector<ImageItem> &pictures)
{
    landmarks.clear();
    boxes.clear();
    if (std::any_of(pictures.begin(), pictures.end(), [](const ImageItem &item) { return item.landmarks.has_value(); }))
        for (const ImageItem &item : pictures)
            landmarks.push_back(item.landmarks);
    if (std::any_of(pictures.begin(), pictures.end(), [](const ImageItem &item) { return item.box.has_value(); }))
        for (const ImageItem &item : pictures)
            boxes.push_back(item.box);
}

void EvaluationSet::check() const
{
    if (!features || !benchmark || benchmark->splits.empty())
        throw Error("There are no pairs of templates to compare.");
    features->check();
    const auto templates = static_cast<std::uint64_t>(features->templates());
    for (const BenchmarkSplit &split : benchmark->splits)
        for (const auto *places : {&split.retrieval.queries, &split.retrieval.gallery})
            if (std::any_of(places->begin(), places->end(), [templates](std::uint32_t place) { return place >= templates; }))
                throw Error("A retrieval names a tracklet that the set does not have.");
    for (const BenchmarkSplit &split : benchmark->splits)
        for (std::size_t i = 0; i < split.pairs.a.size(); ++i)
            if (split.pairs.a[i] >= templates || split.pairs.b[i] >= templates)
                throw Error("Pair " + std::to_string(i + 1) + " names a template that the set does not have.");
}

TemplateShares sharesOf(const TemplateFeatures &set, std::uint32_t place, const Method &method)
{
    TemplateShares shares;
    const auto t = static_cast<std::int64_t>(place);
    const std::span<const float> scores = set.dScoresOf(t);
    shares.dScores.assign(scores.begin(), scores.end());
    if (scores.empty())
        return shares;
    const Aggregate aggregate = aggregateTemplate(set, t, method);
    shares.fallback = aggregate.fallback;
    shares.kept = static_cast<std::int64_t>(aggregate.kept.size());
    if (aggregate.weights.empty())
        return shares;
    shares.weights.assign(scores.size(), 0.0);
    for (std::size_t i = 0; i < aggregate.kept.size(); ++i)
        shares.weights[static_cast<std::size_t>(aggregate.kept[i])] = aggregate.weights[i];
    return shares;
}

} // namespace dscope
