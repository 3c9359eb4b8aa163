// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"

#include "core/aggregation/enough.h"
#include "core/base/error.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace dscope {

namespace {

constexpr Words<Aggregator, 7> s_aggregators{"no way to aggregate",
                                             {{Aggregator::Ddl, "ddl"},
                                              {Aggregator::DdlNoRescale, "ddl-no-rescale"},
                                              {Aggregator::DdlPlus, "ddl+"},
                                              {Aggregator::Average, "average"},
                                              {Aggregator::Max, "max"},
                                              {Aggregator::Top1, "top1"},
                                              {Aggregator::TopK, "topk"}}};
constexpr Words<MediaOrder, 2> s_mediaOrders{"no order of media", {{MediaOrder::Images, "images"}, {MediaOrder::MediaFirst, "media-first"}}};

/// What is weighed: one picture, or a media's kept pictures.
struct Unit {
    std::vector<std::int64_t> members;
    double score = 0;
};

/// Pictures to units in the order of each one's first picture; a unit's score is the mean of its members'.
std::vector<Unit> unitsOf(const std::vector<std::int64_t> &pictures, std::span<const float> dScores, std::span<const std::int64_t> media, MediaOrder order)
{
    std::vector<Unit> units;
    std::map<std::int64_t, std::size_t> places;
    for (const std::int64_t picture : pictures) {
        const auto i = static_cast<std::size_t>(picture);
        std::size_t place = units.size();
        if (order == MediaOrder::MediaFirst)
            place = places.emplace(media[i], units.size()).first->second;
        if (place == units.size())
            units.emplace_back();
        units[place].members.push_back(picture);
        units[place].score += static_cast<double>(dScores[i]);
    }
    for (Unit &unit : units)
        unit.score /= static_cast<double>(unit.members.size());
    return units;
}

std::vector<double> normalisedToOne(std::vector<double> weights)
{
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double &weight : weights)
        weight = sum == 0 ? 1.0 / static_cast<double>(weights.size()) : weight / sum;
    return weights;
}

/// The k units of largest score, earlier ones first on ties, put back into input order.
std::vector<Unit> best(const std::vector<Unit> &units, std::int64_t k)
{
    std::vector<std::size_t> order(units.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return units[a].score > units[b].score; });
    order.resize(static_cast<std::size_t>(std::min<std::int64_t>(k, static_cast<std::int64_t>(order.size()))));
    std::sort(order.begin(), order.end());
    std::vector<Unit> chosen;
    for (const std::size_t i : order)
        chosen.push_back(units[i]);
    return chosen;
}

void check(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options,
           std::span<const std::int64_t> media)
{
    if (dScores.empty())
        throw Error("A group without elements has no representation.");
    if (dim <= 0 || features.size() != dScores.size() * static_cast<std::size_t>(dim))
        throw Error("A group needs one feature of " + std::to_string(dim) + " values for each of its " + std::to_string(dScores.size())
                    + " D-scores; there are " + std::to_string(features.size()) + " values.");
    if (options.order == MediaOrder::MediaFirst && media.size() != dScores.size())
        throw Error("Averaging inside each media first needs a media id for each of the " + std::to_string(dScores.size()) + " pictures; there are "
                    + std::to_string(media.size()) + ".");
    if (options.method == Aggregator::TopK && options.k <= 0)
        throw Error("Top-K needs a K above 0.");
    if (options.method == Aggregator::DdlPlus && !(options.plusMiddle > 0 && options.plusMiddle < 1 && options.plusPower > 0 && options.plusPower <= 1000))
        throw Error("DDL+ needs a middle between 0 and 1 and a power above 0 and at most 1000.");
    for (std::size_t i = 0; i < dScores.size(); ++i)
        if (!std::isfinite(dScores[i]))
            throw Error("The D-score of element " + std::to_string(i) + " is not a finite number.");
}

/// Features as doubles, scaled to unit length where asked.
class Rows {
public:
    Rows(std::span<const float> features, std::int64_t dim, bool normalise)
        : m_features(features), m_dim(static_cast<std::size_t>(dim)), m_normalise(normalise), m_row(m_dim)
    {
    }

    const std::vector<double> &at(std::int64_t i)
    {
        const float *feature = m_features.data() + static_cast<std::size_t>(i) * m_dim;
        std::copy(feature, feature + m_dim, m_row.begin());
        if (m_normalise) {
            const double length = std::sqrt(std::inner_product(m_row.begin(), m_row.end(), m_row.begin(), 0.0));
            for (double &value : m_row)
                value = length > 0 ? value / length : value;
        }
        return m_row;
    }

private:
    std::span<const float> m_features;
    std::size_t m_dim;
    bool m_normalise;
    std::vector<double> m_row;
};

} // namespace

std::string name(Aggregator method)
{
    return s_aggregators.wordOf(method);
}

Aggregator aggregator(const std::string &name)
{
    return s_aggregators.fromWord(name);
}

std::string name(MediaOrder order)
{
    return s_mediaOrders.wordOf(order);
}

MediaOrder mediaOrder(const std::string &name)
{
    return s_mediaOrders.fromWord(name);
}

std::vector<std::int64_t> keptElements(std::span<const float> dScores, double threshold, bool &fallback)
{
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < dScores.size(); ++i)
        if (static_cast<double>(dScores[i]) > threshold)
            kept.push_back(static_cast<std::int64_t>(i));
    fallback = kept.empty() && !dScores.empty();
    if (fallback)
        kept.push_back(std::max_element(dScores.begin(), dScores.end()) - dScores.begin());
    return kept;
}

std::vector<std::int64_t> bestElements(std::span<const float> dScores, std::int64_t count)
{
    std::vector<std::int64_t> order(dScores.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return dScores[static_cast<std::size_t>(a)] > dScores[static_cast<std::size_t>(b)]; });
    order.resize(std::min(order.size(), static_cast<std::size_t>(std::max<std::int64_t>(1, count))));
    std::sort(order.begin(), order.end());
    return order;
}

std::vector<std::int64_t> chosenElements(std::span<const float> dScores, const Selection &keep, bool &fallback)
{
    fallback = false;
    switch (keep.mode) {
    case Selection::Mode::TopK: return bestElements(dScores, keep.k);
    case Selection::Mode::Enough: return enoughElements(dScores, keep.enough);
    case Selection::Mode::All: return bestElements(dScores, std::ssize(dScores));
    case Selection::Mode::Threshold: break;
    }
    return keptElements(dScores, keep.threshold, fallback);
}

double ddlPlusWeight(double d, double middle, double power)
{
    if (d <= 0)
        return 0;
    if (d >= 1)
        return 1;
    return 1 / (1 + std::pow(middle / (1 - middle) * ((1 - d) / d), power));
}

std::vector<double> rescaledWeights(std::span<const double> dScores, double low, double high)
{
    std::vector<double> weights(dScores.size(), 0.0);
    if (high > low)
        for (std::size_t i = 0; i < dScores.size(); ++i)
            weights[i] = (dScores[i] - low) / (high - low);
    return normalisedToOne(std::move(weights));
}

Aggregate aggregate(std::span<const float> features, std::int64_t dim, std::span<const float> dScores, const AggregateOptions &options,
                    std::span<const std::int64_t> media)
{
    check(features, dim, dScores, options, media);
    const bool filtered = options.method == Aggregator::Ddl || options.method == Aggregator::DdlNoRescale || options.method == Aggregator::DdlPlus;
    std::vector<std::int64_t> all(dScores.size());
    std::iota(all.begin(), all.end(), std::int64_t{0});

    Aggregate result;
    std::vector<std::int64_t> chosen = all;
    if (filtered)
        chosen = chosenElements(dScores, options.keep, result.fallback);
    std::vector<Unit> units = unitsOf(chosen, dScores, media, options.order);
    if (options.method == Aggregator::Top1 || options.method == Aggregator::TopK)
        units = best(units, options.method == Aggregator::Top1 ? 1 : options.k);

    std::vector<double> scores;
    for (const Unit &unit : units)
        scores.push_back(unit.score);
    std::vector<double> weights(units.size(), 1.0 / static_cast<double>(units.size()));
    if (options.method == Aggregator::DdlNoRescale) {
        weights = normalisedToOne(scores);
    } else if (options.method == Aggregator::DdlPlus) {
        for (std::size_t u = 0; u < units.size(); ++u)
            weights[u] = ddlPlusWeight(scores[u], options.plusMiddle, options.plusPower);
        weights = normalisedToOne(std::move(weights));
    } else if (options.method == Aggregator::Ddl) {
        std::vector<double> range = scores;
        if (options.rescaleOverWhole) {
            range.clear();
            for (const Unit &unit : unitsOf(all, dScores, media, options.order))
                range.push_back(unit.score);
        }
        const auto [low, high] = std::minmax_element(range.begin(), range.end());
        weights = rescaledWeights(scores, *low, *high);
    }

    // (picture, weight) in input order: a media's weight is shared evenly by its pictures.
    std::vector<std::pair<std::int64_t, double>> parts;
    for (std::size_t u = 0; u < units.size(); ++u)
        for (const std::int64_t member : units[u].members)
            parts.emplace_back(member, weights[u] / static_cast<double>(units[u].members.size()));
    std::sort(parts.begin(), parts.end());
    for (const auto &[picture, weight] : parts)
        result.kept.push_back(picture);

    const auto width = static_cast<std::size_t>(dim);
    Rows rows(features, dim, options.normaliseFeatures);
    if (options.method == Aggregator::Max) {
        result.feature.assign(width, -std::numeric_limits<double>::infinity());
        std::vector<double> middle(width);
        for (const Unit &unit : units) {
            std::fill(middle.begin(), middle.end(), 0.0);
            for (const std::int64_t member : unit.members) {
                const std::vector<double> &row = rows.at(member);
                for (std::size_t d = 0; d < width; ++d)
                    middle[d] += row[d] / static_cast<double>(unit.members.size());
            }
            for (std::size_t d = 0; d < width; ++d)
                result.feature[d] = std::max(result.feature[d], middle[d]);
        }
        return result;
    }
    result.feature.assign(width, 0.0);
    for (const auto &[picture, weight] : parts) {
        result.weights.push_back(weight);
        const std::vector<double> &row = rows.at(picture);
        for (std::size_t d = 0; d < width; ++d)
            result.feature[d] += weight * row[d];
    }
    return result;
}

} // namespace dscope
