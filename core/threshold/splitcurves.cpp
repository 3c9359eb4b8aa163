// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/splitcurves.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>

namespace dscope {

namespace {

constexpr std::size_t s_points = 400; ///< of the mean curve

/// TAR of the last vertex whose FAR does not exceed `far`; 0 left of all of them.
double strictTar(const EvaluationRun &run, double far)
{
    const auto beyond = std::upper_bound(run.rocFar.begin(), run.rocFar.end(), far);
    return beyond == run.rocFar.begin() ? 0 : run.rocTar[static_cast<std::size_t>(beyond - run.rocFar.begin()) - 1];
}

void meanRoc(const std::vector<EvaluationRun> &splits, EvaluationRun &all)
{
    std::int64_t most = 1;
    for (const EvaluationRun &run : splits) {
        if (run.rocFar.empty() || run.rocFar.size() != run.rocTar.size())
            return;
        most = std::max(most, run.impostor);
    }
    std::vector<double> fars{0};
    const double low = std::log(1 / static_cast<double>(most));
    for (std::size_t i = 0; i + 1 < s_points; ++i)
        fars.push_back(std::min(1.0, std::exp(low * (1 - static_cast<double>(i) / static_cast<double>(s_points - 2))) * (1 + 1e-12)));
    for (const double far : fars) {
        double sum = 0;
        for (const EvaluationRun &run : splits)
            sum += strictTar(run, far);
        all.rocFar.push_back(far);
        all.rocTar.push_back(sum / static_cast<double>(splits.size()));
    }
}

void meanHistogram(const std::vector<EvaluationRun> &splits, std::vector<double> EvaluationRun::*shares, EvaluationRun &all)
{
    const std::size_t bins = (splits.front().*shares).size();
    std::vector<double> means(bins, 0);
    for (const EvaluationRun &run : splits) {
        if ((run.*shares).size() != bins)
            return;
        for (std::size_t b = 0; b < bins; ++b)
            means[b] += (run.*shares)[b] / static_cast<double>(splits.size());
    }
    all.*shares = std::move(means);
}

void hardest(const std::vector<EvaluationRun> &splits, std::vector<NotablePair> EvaluationRun::*pairs, bool lowestFirst, EvaluationRun &all)
{
    std::vector<NotablePair> found;
    std::size_t most = 0;
    for (const EvaluationRun &run : splits) {
        found.insert(found.end(), (run.*pairs).begin(), (run.*pairs).end());
        most = std::max(most, (run.*pairs).size());
    }
    std::sort(found.begin(), found.end(), [lowestFirst](const NotablePair &x, const NotablePair &y) {
        if (x.score != y.score)
            return lowestFirst ? x.score < y.score : x.score > y.score;
        return x.a != y.a ? x.a < y.a : x.b < y.b;
    });
    // Splits may share pairs.
    found.erase(std::unique(found.begin(), found.end(), [](const NotablePair &x, const NotablePair &y) { return x.a == y.a && x.b == y.b; }), found.end());
    found.resize(std::min(found.size(), most));
    all.*pairs = std::move(found);
}

} // namespace

void curvesOverSplits(const std::vector<EvaluationRun> &splits, EvaluationRun &all)
{
    all.rocFar.clear();
    all.rocTar.clear();
    all.genuineHistogram.clear();
    all.impostorHistogram.clear();
    if (splits.empty())
        return;
    meanRoc(splits, all);
    meanHistogram(splits, &EvaluationRun::genuineHistogram, all);
    meanHistogram(splits, &EvaluationRun::impostorHistogram, all);
    hardest(splits, &EvaluationRun::hardestGenuine, true, all);
    hardest(splits, &EvaluationRun::hardestImpostor, false, all);
}

} // namespace dscope
