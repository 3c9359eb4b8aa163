// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sweep.h"

#include "core/aggregation/enough.h"
#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

namespace dscope {

namespace {

constexpr std::int64_t s_maxPairs = 200'000;
constexpr std::size_t s_bins = 8192;

// Eight running sums: the compiler may not reorder a single one, but turns eight into vector instructions.
float dot(const float *a, const float *b, std::size_t n)
{
    std::array<float, 8> sum{};
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::size_t k = 0; k < 8; ++k)
            sum[k] += a[i + k] * b[i + k];
    float total = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
    for (; i < n; ++i)
        total += a[i] * b[i];
    return total;
}

double length(std::span<const double> values)
{
    double squares = 0;
    for (const double value : values)
        squares += value * value;
    return std::sqrt(squares);
}

/// Appends `feature` over its length; zeros where that is 0.
void appendUnit(std::vector<float> &units, std::span<const double> feature, double size)
{
    for (const double value : feature)
        units.push_back(size > 0 ? static_cast<float>(value / size) : 0.F);
}

std::size_t binOf(float score)
{
    const double place = (static_cast<double>(score) + 1.0) * (s_bins / 2.0);
    return place <= 0 ? 0 : std::min(s_bins - 1, static_cast<std::size_t>(place));
}

} // namespace

double bestBalancedAccuracy(std::span<const float> scores, std::size_t genuine)
{
    if (genuine == 0 || genuine >= scores.size())
        throw Error("Verification needs genuine pairs and impostor pairs.");
    const auto genuines = static_cast<double>(genuine);
    const auto impostors = static_cast<double>(scores.size() - genuine);
    std::vector<std::array<std::int64_t, 2>> counts(s_bins);
    for (std::size_t i = 0; i < scores.size(); ++i)
        ++counts[binOf(scores[i])][i < genuine ? 1 : 0];
    const auto value = [&](std::int64_t tp, std::int64_t fp) { return (static_cast<double>(tp) / genuines + 1.0 - static_cast<double>(fp) / impostors) / 2.0; };

    // At the lower edge of a bin the counts are known exactly; inside it at best all its genuine pairs come before its impostors.
    double best = 0.5;
    std::int64_t tp = 0;
    std::int64_t fp = 0;
    for (std::size_t bin = s_bins; bin-- > 0;) {
        tp += counts[bin][1];
        fp += counts[bin][0];
        best = std::max(best, value(tp, fp));
    }
    std::vector<std::uint8_t> candidate(s_bins, 0);
    tp = fp = 0;
    for (std::size_t bin = s_bins; bin-- > 0;) {
        candidate[bin] = counts[bin][0] > 0 && counts[bin][1] > 0 && value(tp + counts[bin][1], fp) > best;
        tp += counts[bin][1];
        fp += counts[bin][0];
    }
    std::map<std::size_t, std::vector<std::pair<float, bool>>, std::greater<>> inside;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (const std::size_t bin = binOf(scores[i]); candidate[bin] != 0)
            inside[bin].emplace_back(scores[i], i < genuine);
    tp = fp = 0;
    std::size_t above = s_bins;
    for (auto &[bin, members] : inside) {
        while (above > bin + 1) {
            --above;
            tp += counts[above][1];
            fp += counts[above][0];
        }
        std::sort(members.begin(), members.end(), [](const auto &left, const auto &right) { return left.first > right.first; });
        std::int64_t insideTp = tp;
        std::int64_t insideFp = fp;
        for (std::size_t i = 0; i < members.size(); ++i) {
            ++(members[i].second ? insideTp : insideFp);
            if (i + 1 == members.size() || members[i + 1].first != members[i].first)
                best = std::max(best, value(insideTp, insideFp));
        }
    }
    return best;
}

struct Sweep::SortedGroup {
    PrefixAggregate prefix;
    std::vector<float> scores;   ///< largest first; used when there are no embeddings
    std::vector<float> second;   ///< scores of the second look, in the order of the prefix sums; empty: there are none
    std::vector<double> average; ///< plain mean of all features
    double averageLength = 0;
    std::string label;
};

struct Sweep::OtherWeights {
    std::mutex mutex;
    Weights weights; ///< of `prefixes`, where there are any
    std::shared_ptr<const std::vector<PrefixAggregate>> prefixes;
};

Sweep::Sweep(const Analysis &analysis)
    : m_others(std::make_shared<OtherWeights>()), m_ddnet(analysis.ddnet), m_second(analysis.second), m_ddnetMac(static_cast<double>(analysis.ddnet.cost.mac)),
      m_baseMac(static_cast<double>(analysis.base.cost.mac)), m_ddnetFlop(static_cast<double>(analysis.ddnet.cost.flop)),
      m_baseFlop(static_cast<double>(analysis.base.cost.flop)), m_ddnetMs(analysis.ddnet.msPerPicture), m_baseMs(analysis.base.msPerPicture),
      m_dim(analysis.dim), m_withBase(!analysis.base.name.empty())
{
    const auto complete = [&](const Group &group) { return group.embeddings.size() == group.elements.size() * static_cast<std::size_t>(m_dim); };
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups)
            if (!complete(group))
                m_dim = 0;
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups) {
            if (group.elements.empty())
                continue;
            auto sorted = std::make_shared<SortedGroup>();
            sorted->label = group.label;
            sorted->scores.reserve(group.elements.size());
            for (const Element &element : group.elements)
                sorted->scores.push_back(element.dScore);
            m_scores.insert(m_scores.end(), sorted->scores.begin(), sorted->scores.end());
            if (m_dim > 0) {
                sorted->prefix = PrefixAggregate(group.embeddings, m_dim, sorted->scores);
                sorted->average = sorted->prefix.meanFeature(sorted->prefix.size());
                sorted->averageLength = length(sorted->average);
                if (m_second.there())
                    for (const std::int64_t i : sorted->prefix.order())
                        sorted->second.push_back(group.elements[static_cast<std::size_t>(i)].second);
            }
            std::sort(sorted->scores.begin(), sorted->scores.end(), std::greater<>());
            appendSumsBefore(m_sumsBefore, sorted->scores);
            m_groups.push_back(std::move(sorted));
        }
    std::sort(m_scores.begin(), m_scores.end());
    std::sort(m_sumsBefore.begin(), m_sumsBefore.end());
    if (m_dim > 0)
        choosePairs();
    if (m_pairs > 0) {
        std::vector<float> units;
        units.reserve(m_groups.size() * static_cast<std::size_t>(m_dim));
        for (const auto &group : m_groups)
            appendUnit(units, group->average, group->averageLength);
        m_averageAccuracy = accuracyOf(units);
    }
}

void Sweep::choosePairs()
{
    std::map<std::string, std::vector<std::uint32_t>> people;
    std::vector<std::uint32_t> labelled;
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        if (!m_groups[i]->label.empty()) {
            people[m_groups[i]->label].push_back(static_cast<std::uint32_t>(i));
            labelled.push_back(static_cast<std::uint32_t>(i));
        }
    const auto pairsOf = [](std::size_t n) { return static_cast<std::int64_t>(n) * (static_cast<std::int64_t>(n) - 1) / 2; };
    const std::int64_t all = pairsOf(labelled.size());
    std::int64_t genuine = 0;
    for (const auto &person : people)
        genuine += pairsOf(person.second.size());
    if (genuine == 0 || genuine == all)
        return;

    auto pairs = std::make_shared<std::vector<Pair>>();
    Random random(20200701);
    if (genuine <= s_maxPairs / 2 || all <= s_maxPairs) {
        for (const auto &[label, groups] : people)
            for (std::size_t i = 0; i < groups.size(); ++i)
                for (std::size_t j = i + 1; j < groups.size(); ++j)
                    pairs->push_back({groups[i], groups[j]});
    } else {
        // A person is drawn with the share of the pairs that are theirs, so every genuine pair is equally likely.
        std::vector<const std::vector<std::uint32_t> *> groups;
        std::vector<std::int64_t> upTo;
        std::int64_t sum = 0;
        for (const auto &person : people)
            if (person.second.size() > 1) {
                groups.push_back(&person.second);
                upTo.push_back(sum += pairsOf(person.second.size()));
            }
        while (pairs->size() < static_cast<std::size_t>(s_maxPairs / 2)) {
            const auto drawn = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(sum)));
            const auto &chosen = *groups[static_cast<std::size_t>(std::upper_bound(upTo.begin(), upTo.end(), drawn) - upTo.begin())];
            const auto i = random.below(chosen.size());
            const auto j = (i + 1 + random.below(chosen.size() - 1)) % chosen.size();
            pairs->push_back({chosen[i], chosen[j]});
        }
    }
    m_genuine = static_cast<std::int64_t>(pairs->size());
    if (all <= s_maxPairs) {
        for (std::size_t i = 0; i < labelled.size(); ++i)
            for (std::size_t j = i + 1; j < labelled.size(); ++j)
                if (m_groups[labelled[i]]->label != m_groups[labelled[j]]->label)
                    pairs->push_back({labelled[i], labelled[j]});
    } else {
        while (pairs->size() < static_cast<std::size_t>(s_maxPairs)) {
            const auto i = labelled[random.below(labelled.size())];
            const auto j = labelled[random.below(labelled.size())];
            if (m_groups[i]->label != m_groups[j]->label)
                pairs->push_back({i, j});
        }
    }
    m_pairs = static_cast<std::int64_t>(pairs->size());
    m_pairList = std::move(pairs);
}

std::shared_ptr<const std::vector<PrefixAggregate>> Sweep::prefixesOf(const Weights &weights) const
{
    const std::lock_guard lock(m_others->mutex);
    if (!m_others->prefixes || m_others->weights != weights) {
        const AggregateOptions options = weighing(Keep().weighed(weights), m_ddnet, m_second);
        auto prefixes = std::make_shared<std::vector<PrefixAggregate>>();
        prefixes->reserve(m_groups.size());
        for (const auto &group : m_groups)
            if (weights.secondLook)
                prefixes->emplace_back(group->prefix.features(), m_dim, group->prefix.scores(), group->second, options);
            else
                prefixes->emplace_back(group->prefix.features(), m_dim, group->prefix.scores(), options);
        m_others->weights = weights;
        m_others->prefixes = std::move(prefixes);
    }
    return m_others->prefixes;
}

SweepPoint Sweep::at(const Keep &keep) const
{
    SweepPoint point;
    point.keep = keep;
    if (m_scores.empty())
        return point;
    const auto dim = static_cast<std::size_t>(m_dim);
    std::vector<float> units;
    units.reserve(m_pairs > 0 ? m_groups.size() * dim : 0);
    std::vector<double> feature(dim);
    double cosines = 0;
    const Weights weights = effectiveWeights(keep.weights, m_second);
    const bool own = m_dim > 0 && weights.by != Aggregator::Average && weights != Weights();
    const std::shared_ptr<const std::vector<PrefixAggregate>> prefixes = own ? prefixesOf(weights) : nullptr;
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const SortedGroup &group = *m_groups[g];
        const std::int64_t kept = keep.countOf(group.scores);
        const bool fallback = keep.fallsBack(group.scores);
        const std::int64_t passed = fallback ? 0 : kept;
        point.kept += kept;
        point.fallbacks += fallback ? 1 : 0;
        if (m_dim == 0)
            continue;
        if (weights.by == Aggregator::Average)
            feature = group.prefix.meanFeature(kept);
        else
            (prefixes ? (*prefixes)[g] : group.prefix).feature(passed, feature);
        const double size = length(feature);
        if (size > 0 && group.averageLength > 0) {
            double product = 0;
            for (std::size_t d = 0; d < dim; ++d)
                product += feature[d] * group.average[d];
            cosines += std::clamp(product / (size * group.averageLength), -1.0, 1.0);
        }
        if (m_pairs > 0)
            appendUnit(units, feature, size);
    }
    point.keptShare = static_cast<double>(point.kept) / static_cast<double>(m_scores.size());
    const Cost look = weights.secondLook ? m_second.cost : Cost{};
    point.mac = m_ddnetMac + point.keptShare * (m_baseMac + static_cast<double>(look.mac));
    point.flop = m_ddnetFlop + point.keptShare * (m_baseFlop + static_cast<double>(look.flop));
    point.ms = m_ddnetMs > 0 && m_baseMs > 0 ? m_ddnetMs + point.keptShare * m_baseMs : 0;
    point.cosine = cosines / static_cast<double>(m_groups.size());
    if (m_pairs > 0)
        point.accuracy = accuracyOf(units);
    return point;
}

double Sweep::accuracyOf(const std::vector<float> &units) const
{
    const auto dim = static_cast<std::size_t>(m_dim);
    std::vector<float> scores;
    scores.reserve(m_pairList->size());
    for (const Pair &pair : *m_pairList)
        scores.push_back(dot(units.data() + pair.first * dim, units.data() + pair.second * dim, dim));
    return bestBalancedAccuracy(scores, static_cast<std::size_t>(m_genuine));
}

Worth Sweep::worthOf(const SweepPoint &point) const
{
    Worth worth;
    if (hasPrices() && m_withBase)
        worth.costRatio = point.mac / m_baseMac;
    worth.accuracy = point.accuracy;
    worth.averageAccuracy = m_averageAccuracy;
    return worth;
}

std::vector<SweepPoint> Sweep::curve(int count, Progress &progress, const Weights &weights) const
{
    std::vector<SweepPoint> points;
    if (m_scores.empty() || count < 1)
        return points;
    const double n = static_cast<double>(m_scores.size());
    double last = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < count; ++i) {
        progress.throwIfCancelled();
        const double share = count == 1 ? 1.0 : 1.0 - static_cast<double>(i) / (count - 1) * (1.0 - 1.0 / n);
        const double threshold = thresholdForShare(share);
        // Few faces have few quantiles: each is drawn once.
        if (threshold > last)
            points.push_back(at(Keep(threshold).weighed(weights)));
        last = std::max(last, threshold);
    }
    return points;
}

double Sweep::thresholdForShare(double share) const
{
    if (m_scores.empty())
        return 0;
    const double n = static_cast<double>(m_scores.size());
    // A share such as 3/10 must not ask for a fourth face because it is not exact in binary.
    const double wanted = std::clamp(std::ceil(share * n - 1e-9), 0.0, n);
    if (wanted < 1)
        return static_cast<double>(m_scores.back());
    // Kept is D > t strictly, so t lies just below the worst face that is to stay.
    const double worst = static_cast<double>(m_scores[m_scores.size() - static_cast<std::size_t>(wanted)]);
    return std::nextafter(worst, -std::numeric_limits<double>::infinity());
}

double Sweep::enoughForShare(double share) const
{
    return m_sumsBefore.empty() ? 0 : dscope::enoughForShare(m_sumsBefore, share);
}

double Sweep::percentile(double dScore) const
{
    if (m_scores.empty())
        return 0;
    const auto below =
        std::partition_point(m_scores.begin(), m_scores.end(), [dScore](float score) { return static_cast<double>(score) < dScore; }) - m_scores.begin();
    return static_cast<double>(below) / static_cast<double>(m_scores.size());
}

double Sweep::breakEvenShare() const
{
    return m_baseMac > 0 ? 1.0 - m_ddnetMac / m_baseMac : 0.0;
}

} // namespace dscope
