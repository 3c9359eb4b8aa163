// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/livegroups.h"

#include "core/base/parallel.h"
#include "core/metrics/verification.h"
#include "core/scores/secondlook.h"
#include "core/threshold/labelledpairs.h"
#include "core/threshold/pairplan.h"
#include "core/threshold/sweepplan.h"
#include "core/threshold/templateprefixes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace dscope {

namespace {

constexpr std::int64_t s_piece = 128; ///< groups that a thread takes at a time

double lengthOf(std::span<const double> values)
{
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// A vector as one of unit length; zeros where it has none.
template<typename Value>
void putUnit(std::span<const double> vector, double length, std::span<Value> out)
{
    std::transform(vector.begin(), vector.end(), out.begin(), [length](double value) { return static_cast<Value>(length > 0 ? value / length : 0); });
}

} // namespace

struct LiveGroups::Pairs {
    PairPlan genuine;
    PairPlan impostor;

    Pairs(const TemplateFeatures &set, const TemplatePairs &pairs, Progress &progress)
        : genuine(pairs.a, pairs.b, set.templates(), set.dim, progress, pairs.genuine, true),
          impostor(pairs.a, pairs.b, set.templates(), set.dim, progress, pairs.genuine, false)
    {
    }
};

LiveGroups::LiveGroups(std::shared_ptr<const TemplateFeatures> set, LiveGroupsOptions options) : m_options(std::move(options))
{
    Progress quiet;
    m_prefixes = std::make_shared<const TemplatePrefixes>(set, false, quiet);
    const auto dim = static_cast<std::size_t>(set->dim);
    for (std::int64_t t = 0; t < set->templates(); ++t)
        m_groups += set->size(t) > 0 ? 1 : 0;
    if (dim == 0)
        return;
    const LinearRule mean = meanOfKept();
    const TemplatePrefixes::Sums &sums = m_prefixes->prepare(mean, quiet);
    std::vector<double> average(static_cast<std::size_t>(set->templates()) * dim);
    std::int64_t rightOfAll = 0;
    for (std::int64_t t = 0; t < set->templates(); ++t)
        if (set->size(t) > 0) {
            const std::span<double> row = std::span(average).subspan(static_cast<std::size_t>(t) * dim, dim);
            m_prefixes->mean(t, set->size(t), mean, sums, row);
            rightOfAll += right(t, row) ? 1 : 0;
            putUnit<double>(row, lengthOf(row), row);
        }
    if (m_options.classification) {
        m_classified = std::count_if(set->subjects.begin(), set->subjects.end(), [](std::int32_t subject) { return subject >= 0; });
        if (m_classified > 0)
            m_averageAccuracy = static_cast<double>(rightOfAll) / static_cast<double>(m_classified);
    } else if (const TemplatePairs pairs = labelledPairs(*set); pairs.size() > 0) {
        m_pairs = std::make_shared<const Pairs>(*set, pairs, quiet);
        m_averageAccuracy = accuracyOf({average.begin(), average.end()});
    }
    m_average = std::make_shared<const std::vector<double>>(std::move(average));
}

LiveGroupsPoint LiveGroups::at(const Keep &keep) const
{
    LiveGroupsPoint point;
    point.keep = keep;
    point.keptShare = 0;
    if (m_groups == 0)
        return point;
    const TemplateFeatures &set = m_prefixes->set();
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(set.templates()));
    static_cast<KeptFigures &>(point) = m_prefixes->keptCounts(keep, counts);
    const bool twice = keep.weights.secondLook && looksTwice();
    LivePrices prices = m_options.prices;
    if (twice) {
        prices.base.mac += m_options.look.mac;
        prices.base.flop += m_options.look.flop;
    }
    point.cost = costOf(prices, point.keptShare);
    point.ms = m_options.ddnetMs > 0 && m_options.baseMs > 0 ? m_options.ddnetMs + point.keptShare * m_options.baseMs : 0;
    if (!m_average)
        return point;

    Progress quiet;
    const LinearRule rule = m_options.rule(keep.weighed({keep.weights.by, twice}));
    const TemplatePrefixes::Sums &sums = m_prefixes->prepare(rule, quiet);
    const auto dim = static_cast<std::size_t>(set.dim);
    std::vector<float> units(m_pairs ? counts.size() * dim : 0);
    std::vector<double> cosines(counts.size(), 0.0);
    std::vector<unsigned char> hits(counts.size(), 0);
    parallelFor(set.templates(), s_piece, quiet, [&](std::int64_t from, std::int64_t to) {
        std::vector<double> feature(dim);
        for (auto t = static_cast<std::size_t>(from); t < static_cast<std::size_t>(to); ++t) {
            if (counts[t] == 0)
                continue;
            m_prefixes->mean(static_cast<std::int64_t>(t), counts[t], rule, sums, feature);
            hits[t] = right(static_cast<std::int64_t>(t), feature) ? 1 : 0;
            const double length = lengthOf(feature);
            const double product = std::inner_product(feature.begin(), feature.end(), m_average->begin() + static_cast<std::ptrdiff_t>(t * dim), 0.0);
            cosines[t] = length > 0 ? std::clamp(product / length, -1.0, 1.0) : 0;
            if (m_pairs)
                putUnit<float>(feature, length, std::span(units).subspan(t * dim, dim));
        }
    });
    point.cosine = std::accumulate(cosines.begin(), cosines.end(), 0.0) / static_cast<double>(m_groups);
    if (m_pairs)
        point.accuracy = accuracyOf(units);
    if (m_classified > 0)
        point.accuracy = static_cast<double>(std::count(hits.begin(), hits.end(), 1)) / static_cast<double>(m_classified);
    return point;
}

bool LiveGroups::right(std::int64_t group, std::span<const double> scores) const
{
    if (!m_options.classification)
        return false;
    return std::max_element(scores.begin(), scores.end()) - scores.begin() == m_prefixes->set().subjects[static_cast<std::size_t>(group)];
}

double LiveGroups::accuracyOf(const std::vector<float> &units) const
{
    Progress quiet;
    std::vector<float> genuine(static_cast<std::size_t>(m_pairs->genuine.size()));
    std::vector<float> impostor(static_cast<std::size_t>(m_pairs->impostor.size()));
    m_pairs->genuine.score(units, {}, genuine, quiet);
    m_pairs->impostor.score(units, {}, impostor, quiet);
    return bestBalancedAccuracy(genuine, impostor);
}

std::vector<LiveGroupsPoint> LiveGroups::curve(int count, Progress &progress, const Weights &weights) const
{
    std::vector<LiveGroupsPoint> points;
    if (m_groups == 0 || count < 1)
        return points;
    const std::vector<double> thresholds = sweptThresholds(*m_prefixes, meanOfKept(), static_cast<std::size_t>(count));
    for (auto t = thresholds.rbegin(); t != thresholds.rend(); ++t) {
        progress.throwIfCancelled();
        points.push_back(at(Keep(*t).weighed(weights)));
    }
    return points;
}

Worth LiveGroups::worthOf(const LiveGroupsPoint &point) const
{
    Worth worth;
    if (hasPrices() && m_options.withBase)
        worth.costRatio = point.cost.macPerFace / static_cast<double>(m_options.prices.base.mac);
    worth.accuracy = point.accuracy;
    worth.averageAccuracy = m_averageAccuracy;
    return worth;
}

const KeptShares &LiveGroups::shares() const
{
    static const KeptShares none;
    return m_prefixes ? m_prefixes->shares() : none;
}

std::int64_t LiveGroups::pairs() const
{
    return m_pairs ? m_pairs->genuine.size() + m_pairs->impostor.size() : 0;
}

std::int64_t LiveGroups::genuinePairs() const
{
    return m_pairs ? m_pairs->genuine.size() : 0;
}

bool LiveGroups::hasEmbeddings() const
{
    return m_prefixes && m_prefixes->set().dim > 0;
}

bool LiveGroups::looksTwice() const
{
    return m_prefixes && m_prefixes->set().quality.contains(secondLookName);
}

} // namespace dscope
