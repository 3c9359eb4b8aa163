// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madeevaluation.h"

#include <set>

namespace dscope::test {

EvaluationSetPtr madeEvaluation(const MadeTemplatesOptions &options, const std::vector<std::string> &names)
{
    MadeTemplates made = madeTemplates(options);
    auto set = std::make_shared<EvaluationSet>();
    auto benchmark = std::make_shared<Benchmark>();
    benchmark->name = made.set.benchmark;
    benchmark->synthetic = true;
    benchmark->fars = {1e-4, 1e-3, 1e-2, 1e-1};
    BenchmarkSplit split;
    std::set<std::int32_t> enrolled;
    std::vector<std::uint32_t> gallery;
    for (std::size_t t = 0; t < made.set.subjects.size(); ++t) {
        if (made.set.subjects[t] % 2 == 0 && enrolled.insert(made.set.subjects[t]).second)
            gallery.push_back(static_cast<std::uint32_t>(t));
        else
            split.search.probes.push_back(static_cast<std::uint32_t>(t));
    }
    split.search.galleries = {gallery};
    split.pairs = std::move(made.pairs);
    benchmark->splits.push_back(std::move(split));
    made.set.names = names;
    set->benchmark = std::move(benchmark);
    set->features = std::make_shared<const TemplateFeatures>(std::move(made.set));
    set->base = "made-base";
    set->ddnet = "made-ddnet";
    set->device = "cpu";
    set->baseCost = {1'000'000'000, 2'000'000'000};
    set->ddnetCost = {100'000'000, 200'000'000};
    return set;
}

EvaluationSetPtr madeRetrievalEvaluation(const MadeRetrieval &made, const std::vector<std::string> &names)
{
    auto set = std::make_shared<EvaluationSet>();
    auto benchmark = std::make_shared<Benchmark>();
    benchmark->name = made.set.benchmark;
    benchmark->task = "reid";
    benchmark->synthetic = true;
    BenchmarkSplit split;
    split.retrieval.queries = made.queries;
    split.retrieval.gallery = made.gallery;
    benchmark->splits.push_back(std::move(split));
    TemplateFeatures features = made.set;
    features.names = names;
    set->benchmark = std::move(benchmark);
    set->features = std::make_shared<const TemplateFeatures>(std::move(features));
    set->base = "made-base";
    set->ddnet = "made-ddnet";
    set->device = "cpu";
    set->baseCost = {1'000'000'000, 2'000'000'000};
    set->ddnetCost = {100'000'000, 200'000'000};
    return set;
}

EvaluationSetPtr madeClassesEvaluation(const TemplateFeatures &made)
{
    auto set = std::make_shared<EvaluationSet>();
    auto benchmark = std::make_shared<Benchmark>();
    benchmark->name = made.benchmark;
    benchmark->task = "action";
    benchmark->synthetic = true;
    benchmark->splits.emplace_back();
    set->benchmark = std::move(benchmark);
    set->features = std::make_shared<const TemplateFeatures>(made);
    set->base = "made-base";
    set->ddnet = "made-ddnet";
    set->device = "cpu";
    set->baseCost = {1'000'000'000, 2'000'000'000};
    set->ddnetCost = {100'000'000, 200'000'000};
    return set;
}

EvaluationRun evaluated(const EvaluationSet &set, const Method &method, int resamples, Progress &progress)
{
    VerificationOptions options;
    options.fars.clear(); // the benchmark's
    options.resamples = resamples;
    return evaluateMethods(set, {method}, options, progress).front();
}

} // namespace dscope::test
