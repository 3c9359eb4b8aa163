// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/livesample.h"

#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace dscope {

namespace {

constexpr std::int64_t s_bins = 1 << 16;
constexpr std::int64_t s_piece = 1 << 19;
constexpr double s_least = 10; ///< impostor pairs beyond a target below which nothing can be said

/// Bins over -1 ... 1, the highest scores first; never against the order of the scores.
std::size_t binOf(float score)
{
    const float place = (1.0F - score) * (static_cast<float>(s_bins) / 2);
    return static_cast<std::size_t>(std::clamp(place, 0.0F, static_cast<float>(s_bins - 1)));
}

} // namespace

double normalDeviations(double level)
{
    // The error function is inverted by halving: this is done once an estimate.
    double low = 0;
    double high = 40;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (std::erf(middle / std::sqrt(2.0)) < level ? low : high) = middle;
    }
    return low;
}

LiveSample::LiveSample(const PairPlan &plan, std::span<const float> earlier, std::span<const float> last, const LiveOptions &options, Progress &progress)
    : m_plan(plan.subset({})), m_all(plan.size())
{
    const auto n = static_cast<std::int64_t>(last.size());
    const auto pieces = static_cast<std::size_t>((n + s_piece - 1) / s_piece);
    const auto rank = [&](std::size_t i) { return earlier.empty() ? last[i] : std::max(earlier[i], last[i]); };

    std::vector<std::uint8_t> stratumOf(s_bins, 0);
    if (n > options.hardest + options.sample) {
        std::vector<std::vector<std::uint32_t>> counts(pieces);
        parallelFor(n, s_piece, progress, [&](std::int64_t from, std::int64_t to) {
            std::vector<std::uint32_t> &mine = counts[static_cast<std::size_t>(from / s_piece)];
            mine.assign(s_bins, 0);
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
                ++mine[binOf(rank(i))];
        });
        std::int64_t above = 0;
        std::int64_t limit = options.hardest;
        std::uint8_t stratum = 0;
        for (std::size_t bin = 0; bin < stratumOf.size(); ++bin) {
            std::int64_t here = 0;
            for (const std::vector<std::uint32_t> &piece : counts)
                here += piece[bin];
            // A bin is never cut: one that is larger than a stratum gets one of its own.
            if (here > 0 && above + here > limit) {
                ++stratum;
                limit = std::max(2 * std::max(above, options.hardest), above + here);
            }
            stratumOf[bin] = stratum;
            above += here;
        }
    }

    std::vector<std::vector<std::int64_t>> before(pieces, std::vector<std::int64_t>(256, 0));
    parallelFor(n, s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> &mine = before[static_cast<std::size_t>(from / s_piece)];
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
            ++mine[stratumOf[binOf(rank(i))]];
    });
    m_strata.resize(static_cast<std::size_t>(*std::max_element(stratumOf.begin(), stratumOf.end())) + 1);
    for (std::size_t h = 0; h < m_strata.size(); ++h)
        for (std::vector<std::int64_t> &piece : before)
            m_strata[h].all += std::exchange(piece[h], m_strata[h].all);

    // Each stratum gets the same; what a small one does not need goes to the others.
    std::vector<std::size_t> bySize;
    for (std::size_t h = 1; h < m_strata.size(); ++h)
        bySize.push_back(h);
    std::stable_sort(bySize.begin(), bySize.end(), [&](std::size_t x, std::size_t y) { return m_strata[x].all < m_strata[y].all; });
    std::int64_t left = options.sample;
    for (std::size_t i = 0; i < bySize.size(); ++i) {
        Stratum &stratum = m_strata[bySize[i]];
        const std::int64_t share = left / static_cast<std::int64_t>(bySize.size() - i);
        stratum.drawn = std::min(stratum.all, std::max<std::int64_t>(1, share));
        left -= stratum.drawn;
    }
    m_strata[0].drawn = m_strata[0].all;

    struct Drawn {
        std::int64_t place;
        float weight;
        std::uint8_t stratum;
    };
    std::vector<std::vector<Drawn>> drawn(pieces);
    parallelFor(n, s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        const auto piece = static_cast<std::size_t>(from / s_piece);
        struct Cell {
            std::int64_t at = 0;   // the next pair's place in its stratum
            std::int64_t end = -1; // of the cell it lies in
            std::int64_t pick = 0;
            std::int64_t size = 1;
        };
        std::vector<Cell> cells(m_strata.size());
        for (std::size_t h = 0; h < cells.size(); ++h)
            cells[h].at = before[piece][h];
        for (std::int64_t i = from; i < to; ++i) {
            const std::uint8_t h = stratumOf[binOf(rank(static_cast<std::size_t>(i)))];
            Cell &cell = cells[h];
            const Stratum &stratum = m_strata[h];
            if (stratum.drawn == stratum.all) {
                drawn[piece].push_back({i, 1.0F, h});
                continue;
            }
            if (cell.at >= cell.end) {
                // Cell c holds the places floor(c N / n) to floor((c + 1) N / n) - 1. A plan has fewer than 2^32 pairs, so 64 bits suffice.
                const auto edge = [&](std::uint64_t c) {
                    return static_cast<std::int64_t>(c * static_cast<std::uint64_t>(stratum.all) / static_cast<std::uint64_t>(stratum.drawn));
                };
                const std::uint64_t c =
                    (static_cast<std::uint64_t>(cell.at + 1) * static_cast<std::uint64_t>(stratum.drawn) - 1) / static_cast<std::uint64_t>(stratum.all);
                cell.end = edge(c + 1);
                cell.size = cell.end - edge(c);
                Random random(options.seed, (std::uint64_t{h} << 48) + c + 1);
                cell.pick = edge(c) + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(cell.size)));
            }
            if (cell.at == cell.pick)
                drawn[piece].push_back({i, static_cast<float>(cell.size), h});
            ++cell.at;
        }
    });
    std::vector<std::int64_t> places;
    for (const std::vector<Drawn> &piece : drawn)
        for (const Drawn &one : piece) {
            places.push_back(one.place);
            m_weights.push_back(one.weight);
            m_stratum.push_back(one.stratum);
        }
    progress.throwIfCancelled();
    m_plan = plan.subset(places);
}

double LiveSample::deviation(std::span<const std::int64_t> beyond) const
{
    // A stratum of which nothing was seen beyond the score may still hold something: half a pair is added to each stratum down to the first
    // such one below the last of which something was seen. The ones below hold lower ranks still.
    std::size_t last = 0;
    for (std::size_t h = 0; h < m_strata.size(); ++h)
        if (beyond[h] > 0)
            last = h;
    double variance = 0;
    for (std::size_t h = 0; h < std::min(m_strata.size(), last + 2); ++h) {
        const Stratum &stratum = m_strata[h];
        if (stratum.drawn == stratum.all)
            continue;
        const auto drawn = static_cast<double>(stratum.drawn);
        const double share = (static_cast<double>(beyond[h]) + 0.5) / (drawn + 1);
        const double weight = static_cast<double>(stratum.all) / drawn;
        variance += weight * weight * drawn * share * (1 - share) * (1 - 1 / weight);
    }
    return std::sqrt(variance);
}

std::vector<LivePoint> LiveSample::points(std::span<const float> scores, std::span<const float> genuine, std::span<const double> fars, double level) const
{
    const std::size_t n = scores.size();
    std::vector<Keyed> order(n);
    std::vector<Keyed> spare;
    for (std::size_t i = 0; i < n; ++i)
        order[i] = {descendingKey(scores[i]), static_cast<std::uint32_t>(i)};
    sortKeyed(order, spare);
    // Above the j-th of the sorted scores: the weights of all before it, and how many of each stratum they are.
    std::vector<double> weightTo(n + 1, 0);
    for (std::size_t i = 0; i < n; ++i)
        weightTo[i + 1] = weightTo[i] + static_cast<double>(m_weights[order[i].place]);
    const double all = static_cast<double>(m_all);
    const double z = normalDeviations(level);

    // The first sorted score at which more is accepted than a FAR allows, compared as the exact pass does; what is accepted lies strictly above.
    const auto limitOf = [&](double far) {
        const auto after = std::partition_point(weightTo.begin() + 1, weightTo.end(), [&](double weight) { return weight / all <= far; });
        return static_cast<std::size_t>(after - weightTo.begin()) - 1; // n: nothing does
    };
    const auto tarAbove = [&](std::size_t limit) {
        const std::int64_t accepted = limit == n ? std::ssize(genuine) : countAbove(genuine, valueOfKey(order[limit].key));
        return static_cast<double>(accepted) / static_cast<double>(genuine.size());
    };

    std::vector<LivePoint> result;
    std::vector<std::int64_t> beyond(m_strata.size());
    for (const double far : fars) {
        LivePoint point;
        point.target = far;
        const std::size_t limit = limitOf(far);
        std::size_t above = limit;
        while (above > 0 && limit < n && order[above - 1].key == order[limit].key)
            --above;
        point.score = limit == n ? -std::numeric_limits<double>::infinity() : static_cast<double>(valueOfKey(order[limit].key));
        point.tar = tarAbove(limit);
        point.realisedFar = weightTo[above] / all;
        point.beyond = static_cast<std::int64_t>(above);
        std::fill(beyond.begin(), beyond.end(), 0);
        for (std::size_t i = 0; i < limit; ++i)
            ++beyond[m_stratum[order[i].place]];
        const double uncertain = z * deviation(beyond) / all;
        point.low = uncertain > 0 ? (uncertain > far ? 0.0 : tarAbove(limitOf(far - uncertain))) : point.tar;
        point.high = uncertain > 0 ? tarAbove(limitOf(far + uncertain)) : point.tar;
        point.resolved = complete() || (static_cast<double>(limit) >= s_least && uncertain <= far / 2);
        result.push_back(point);
    }
    return result;
}

} // namespace dscope
