// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/exactpass.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/threshold/pairdevice.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace dscope {

namespace {

/// The `count` first pairs by `before`, of which the last has the score `limit`, found in one walk over the plan, a piece a thread. What could not be
/// compared is no pair to look at.
template<typename Before>
std::vector<NotablePair> hardest(const PairPlan &plan, std::span<const float> scores, float limit, std::size_t count, const Before &before)
{
    constexpr std::int64_t each = 1 << 19;
    struct Found {
        std::vector<NotablePair> inside;
        std::vector<NotablePair> equal;
    };
    std::vector<Found> pieces(static_cast<std::size_t>((plan.size() + each - 1) / each));
    Progress quiet;
    parallelFor(plan.size(), each, quiet, [&](std::int64_t from, std::int64_t to) {
        Found &found = pieces[static_cast<std::size_t>(from / each)];
        plan.forEach(from, to, [&](std::int64_t i, std::uint32_t a, std::uint32_t b) {
            const float score = scores[static_cast<std::size_t>(i)];
            if (score == notEnrolled)
                return;
            if (before(score, limit))
                found.inside.push_back({std::min(a, b), std::max(a, b), score});
            else if (score == limit && found.equal.size() < count)
                found.equal.push_back({std::min(a, b), std::max(a, b), score});
        });
    });
    std::vector<NotablePair> inside;
    std::vector<NotablePair> equal;
    for (const Found &found : pieces) {
        inside.insert(inside.end(), found.inside.begin(), found.inside.end());
        equal.insert(equal.end(), found.equal.begin(), found.equal.end());
    }
    inside.insert(inside.end(), equal.begin(), equal.end());
    inside.resize(std::min(inside.size(), count));
    std::stable_sort(inside.begin(), inside.end(), [&](const NotablePair &x, const NotablePair &y) {
        return x.score != y.score ? before(x.score, y.score) : std::tie(x.a, x.b) < std::tie(y.a, y.b);
    });
    return inside;
}

} // namespace

PreparedSet::PreparedSet(std::shared_ptr<const TemplateFeatures> features, std::shared_ptr<const TemplatePairs> compared, bool normaliseFeatures,
                         Progress &progress, std::span<const std::int64_t> splitBegins)
    : set(std::move(features)), pairs(std::move(compared)),
      prefixes((progress.stage("Arranging the templates"), set->check(), set), normaliseFeatures, progress),
      genuine((progress.stage("Arranging the pairs"), pairs->a), pairs->b, set->templates(), set->dim, progress, pairs->genuine, true, splitBegins.size() > 1),
      impostor(pairs->a, pairs->b, set->templates(), set->dim, progress, pairs->genuine, false, splitBegins.size() > 1)
{
    if (genuine.size() == 0 || impostor.size() == 0)
        throw Error("Verification needs genuine and impostor pairs; " + set->benchmark + " has " + std::to_string(genuine.size()) + " genuine and "
                    + std::to_string(impostor.size()) + " impostor ones.");
    enrolled.resize(static_cast<std::size_t>(set->templates()));
    for (std::size_t t = 0; t < enrolled.size(); ++t) {
        enrolled[t] = set->size(static_cast<std::int64_t>(t)) > 0 ? 1 : 0;
        notEnrolled += enrolled[t] == 0 ? 1 : 0;
    }
    if (notEnrolled == 0)
        enrolled.clear();
    if (splitBegins.size() < 2)
        return;
    constexpr std::size_t most = 1000;
    if (splitBegins.size() > most || splitBegins.front() != 0 || !std::is_sorted(splitBegins.begin(), splitBegins.end()) || splitBegins.back() > pairs->size())
        throw Error("The splits of " + set->benchmark + " do not lie one behind the other in its pairs, or are more than " + std::to_string(most) + ".");
    splits = std::ssize(splitBegins);
    const auto dealt = [&](const PairPlan &plan, const char *kind) {
        std::vector<std::uint16_t> of;
        std::vector<std::int64_t> count(splitBegins.size(), 0);
        for (const std::uint32_t place : plan.places()) {
            const auto after = std::upper_bound(splitBegins.begin(), splitBegins.end(), static_cast<std::int64_t>(place));
            of.push_back(static_cast<std::uint16_t>(after - splitBegins.begin() - 1));
            ++count[of.back()];
        }
        if (const auto none = std::find(count.begin(), count.end(), 0); none != count.end())
            throw Error("Split " + std::to_string(none - count.begin() + 1) + " of " + set->benchmark + " has no " + kind + " pairs.");
        return of;
    };
    genuineSplit = dealt(genuine, "genuine");
    impostorSplit = dealt(impostor, "impostor");
}

std::int64_t PreparedSet::bytes() const
{
    return prefixes.bytes() + genuine.bytes() + impostor.bytes() + static_cast<std::int64_t>(enrolled.size())
        + static_cast<std::int64_t>(sizeof(std::uint16_t) * (genuineSplit.size() + impostorSplit.size()));
}

ExactPass::ExactPass(std::shared_ptr<const PreparedSet> prepared, const Device &device)
    : m_prepared(std::move(prepared)), m_device(device), m_units(device), m_impostor(device), m_sortedImpostor(device)
{
}

ExactPass::~ExactPass() = default;

void ExactPass::score(const LinearRule &rule, double t, bool order, Progress &progress)
{
    const PreparedSet &p = *m_prepared;
    const auto templates = static_cast<std::size_t>(p.set->templates());
    m_counts.resize(templates);
    m_units.resize(templates * static_cast<std::size_t>(p.set->dim));
    m_genuine.resize(static_cast<std::size_t>(p.genuine.size()));
    m_impostor.resize(static_cast<std::size_t>(p.impostor.size()));
    m_kept = p.prefixes.keptCounts(rule.keep.at(t), m_counts);
    p.prefixes.units(m_counts, rule, m_units.values(), progress);
    p.genuine.score(units(), p.enrolled, m_genuine, progress);
    if (!m_device.isCuda())
        return p.impostor.score(units(), p.enrolled, m_impostor.values(), progress);
    if (!m_onDevice)
        m_onDevice = std::make_unique<DevicePairs>(m_device, p.impostor, p.enrolled);
    if (order)
        m_sortedImpostor.resize(m_impostor.size());
    m_onDevice->score(units(), m_impostor.values(), order ? m_sortedImpostor.values() : std::span<float>(), progress);
}

void ExactPass::run(const LinearRule &rule, double t, Progress &progress)
{
    score(rule, t, true, progress);
    m_sortedGenuine.assign(m_genuine.begin(), m_genuine.end());
    sortScores(m_sortedGenuine, progress);
    if (m_device.isCuda())
        return;
    m_sortedImpostor.resize(m_impostor.size());
    std::copy_n(m_impostor.values().begin(), m_impostor.size(), m_sortedImpostor.values().begin());
    sortScores(m_sortedImpostor.values(), progress);
}

std::vector<NotablePair> ExactPass::hardestGenuine(std::size_t count) const
{
    const auto compared = static_cast<std::size_t>(countAbove(m_sortedGenuine, notEnrolled));
    count = std::min(count, compared);
    return count == 0 ? std::vector<NotablePair>{} : hardest(m_prepared->genuine, m_genuine, m_sortedGenuine[compared - count], count, std::less<>());
}

std::vector<NotablePair> ExactPass::hardestImpostor(std::size_t count) const
{
    count = std::min(count, static_cast<std::size_t>(countAbove(sortedImpostor(), notEnrolled)));
    return count == 0 ? std::vector<NotablePair>{} : hardest(m_prepared->impostor, impostor(), sortedImpostor()[count - 1], count, std::greater<>());
}

} // namespace dscope
