// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/retrievalfigures.h"

#include "core/base/error.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace dscope {

namespace {
constexpr std::uint64_t s_stream = 0x72657431; // "ret1": apart from whatever else is drawn with this seed
}

QueryOutcome outcomeOf(std::int64_t pid, std::int64_t matches, std::span<const std::int64_t> ranks, RetrievalProtocol protocol)
{
    QueryOutcome outcome;
    outcome.pid = pid;
    outcome.matches = matches;
    std::int64_t hits = 0;
    double sum = 0;
    for (const std::int64_t r : ranks) {
        const double before = r == 1 ? 1.0 : static_cast<double>(hits) / static_cast<double>(r - 1);
        ++hits;
        const double precision = static_cast<double>(hits) / static_cast<double>(r);
        sum += protocol == RetrievalProtocol::Official ? (precision + before) / 2 : precision;
    }
    outcome.first = ranks.empty() ? 0 : ranks.front();
    outcome.ap = hits == 0 ? 0 : sum / static_cast<double>(matches);
    return outcome;
}

bool isCounted(const QueryOutcome &outcome, RetrievalProtocol protocol)
{
    return protocol == RetrievalProtocol::Official || outcome.matches > 0;
}

Retrieval summarise(std::span<const QueryOutcome> outcomes, RetrievalProtocol protocol, std::int64_t ranks)
{
    Retrieval result;
    std::vector<std::int64_t> firsts(static_cast<std::size_t>(std::max<std::int64_t>(0, ranks)), 0);
    double sum = 0;
    for (const QueryOutcome &outcome : outcomes) {
        result.unmatched += outcome.matches == 0 ? 1 : 0;
        if (!isCounted(outcome, protocol))
            continue;
        ++result.queries;
        sum += outcome.ap;
        if (outcome.first > 0 && outcome.first <= ranks)
            ++firsts[static_cast<std::size_t>(outcome.first - 1)];
    }
    if (result.queries == 0)
        throw Error("No query has a match in the gallery, so there is nothing to average.");
    result.map = sum / static_cast<double>(result.queries);
    std::int64_t hits = 0;
    for (const std::int64_t first : firsts) {
        hits += first;
        result.cmc.push_back(static_cast<double>(hits) / static_cast<double>(result.queries));
    }
    return result;
}

RetrievalFigures figuresOf(const RankedQueries &ranked, RetrievalDistance distance, const RetrievalFiguresOptions &options, Progress &progress)
{
    RetrievalFigures figures;
    figures.protocol = ranked.protocol;
    figures.distance = distance;
    figures.gallery = ranked.gallery;
    figures.ranks = options.ranks;
    std::int64_t longest = options.curve;
    for (const std::int64_t rank : options.ranks) {
        if (rank < 1)
            throw Error("Ranks of a CMC count from 1.");
        longest = std::max(longest, rank);
    }
    const Retrieval all = summarise(ranked.outcomes, ranked.protocol, longest);
    figures.queries = all.queries;
    figures.unmatched = all.unmatched;
    figures.map = all.map;
    for (const std::int64_t rank : options.ranks)
        figures.cmc.push_back(all.cmc[static_cast<std::size_t>(rank - 1)]);
    figures.curve.assign(all.cmc.begin(), all.cmc.begin() + std::clamp<std::int64_t>(options.curve, 0, std::max<std::int64_t>(1, ranked.gallery)));
    if (options.resamples <= 0)
        return figures;

    // A person's sums: AP, hits at each rank, queries.
    const std::size_t width = options.ranks.size() + 1;
    std::vector<std::vector<double>> sums;
    std::vector<std::int64_t> queries;
    std::unordered_map<std::int64_t, std::size_t> people;
    for (const QueryOutcome &outcome : ranked.outcomes) {
        if (!isCounted(outcome, ranked.protocol))
            continue;
        const auto [found, added] = people.emplace(outcome.pid, people.size());
        if (added) {
            sums.emplace_back(width, 0.0);
            queries.push_back(0);
        }
        std::vector<double> &own = sums[found->second];
        own[0] += outcome.ap;
        for (std::size_t k = 0; k < options.ranks.size(); ++k)
            own[k + 1] += outcome.first > 0 && outcome.first <= options.ranks[k] ? 1 : 0;
        ++queries[found->second];
    }
    Random random(options.seed, s_stream);
    std::vector<Interval> intervals = bootstrap(
        std::ssize(sums), options.resamples, 0.95, random, width,
        [&](std::span<const std::int32_t> multiplicity, std::span<double> values) {
            std::fill(values.begin(), values.end(), 0.0);
            double drawn = 0;
            for (std::size_t p = 0; p < sums.size(); ++p) {
                const auto times = static_cast<double>(multiplicity[p]);
                drawn += times * static_cast<double>(queries[p]);
                for (std::size_t k = 0; k < width; ++k)
                    values[k] += times * sums[p][k];
            }
            for (double &value : values)
                value /= drawn;
        },
        progress);
    figures.mapInterval = intervals.front();
    figures.cmcIntervals.assign(intervals.begin() + 1, intervals.end());
    return figures;
}

} // namespace dscope
