// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/splitscores.h"

#include "core/metrics/statistics.h"
#include "core/threshold/exactpass.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

void deal(std::span<const float> scores, std::span<const std::uint16_t> of, std::vector<std::vector<float>> &out, Progress &progress)
{
    for (std::vector<float> &one : out)
        one.clear();
    constexpr std::size_t look = 1 << 20;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (i % look == 0)
            progress.throwIfCancelled();
        out[of[i]].push_back(scores[i]);
    }
    for (std::vector<float> &one : out)
        sortScores(one, progress);
}

} // namespace

SplitScores::SplitScores(const PreparedSet &prepared)
    : m_prepared(prepared), m_genuine(static_cast<std::size_t>(prepared.splits)), m_impostor(static_cast<std::size_t>(prepared.splits))
{
}

void SplitScores::take(std::span<const float> genuine, std::span<const float> impostor, Progress &progress)
{
    deal(genuine, m_prepared.genuineSplit, m_genuine, progress);
    deal(impostor, m_prepared.impostorSplit, m_impostor, progress);
}

std::vector<FarPoint> SplitScores::tarAtFar(std::span<const double> targets, FarRule rule, std::vector<double> &deviation) const
{
    std::vector<FarPoint> means;
    std::vector<std::vector<double>> tars(targets.size());
    const auto splits = static_cast<double>(count());
    for (std::size_t s = 0; s < count(); ++s) {
        const std::vector<FarPoint> points = roc(s).tarAtFar(targets, rule);
        if (means.empty()) {
            means = points;
            for (FarPoint &mean : means) {
                mean.realisedFar = mean.threshold = 0;
                mean.impostorsAccepted = mean.genuineAccepted = mean.impostors = mean.genuines = 0;
            }
        }
        for (std::size_t k = 0; k < points.size(); ++k) {
            tars[k].push_back(points[k].tar);
            means[k].realisedFar += points[k].realisedFar / splits;
            means[k].threshold += points[k].threshold / splits;
            means[k].impostorsAccepted += points[k].impostorsAccepted;
            means[k].genuineAccepted += points[k].genuineAccepted;
            means[k].impostors += points[k].impostors;
            means[k].genuines += points[k].genuines;
        }
    }
    deviation.clear();
    for (std::size_t k = 0; k < targets.size(); ++k) {
        means[k].tar = mean(tars[k]);
        deviation.push_back(populationDeviation(tars[k]));
    }
    return means;
}

Eer SplitScores::equalErrorRate() const
{
    Eer all{};
    const auto splits = static_cast<double>(count());
    for (std::size_t s = 0; s < count(); ++s) {
        const Eer one = roc(s).equalErrorRate();
        all.value += one.value / splits;
        all.far += one.far / splits;
        all.frr += one.frr / splits;
        all.threshold += one.threshold / splits;
    }
    return all;
}

void SplitScores::meanRoc(std::size_t points, std::vector<double> &far, std::vector<double> &tar) const
{
    far.assign(1, 0);
    std::size_t most = 1;
    for (const std::vector<float> &one : m_impostor)
        most = std::max(most, one.size());
    const double low = std::log(1.0 / static_cast<double>(most));
    const std::size_t grid = std::max<std::size_t>(2, points) - 1;
    for (std::size_t i = 0; i < grid; ++i)
        far.push_back(std::min(1.0, std::exp(low * (1 - static_cast<double>(i) / static_cast<double>(grid - 1))) * (1 + 1e-12)));
    std::vector<double> deviation;
    tar.clear();
    for (const FarPoint &point : tarAtFar(far, FarRule::Strict, deviation))
        tar.push_back(point.tar);
}

std::vector<double> SplitScores::histogram(bool genuine, std::size_t bins) const
{
    std::vector<double> means(bins, 0);
    for (const std::vector<float> &one : genuine ? m_genuine : m_impostor) {
        const std::vector<double> shares = histogramOf(one, bins);
        for (std::size_t b = 0; b < bins; ++b)
            means[b] += shares[b] / static_cast<double>(count());
    }
    return means;
}

} // namespace dscope
