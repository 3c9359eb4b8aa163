// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/rankedretrieval.h"

#include "core/base/clones.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/portion.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

namespace dscope {

namespace {

constexpr double s_rounding = 0x1p-24;      // of float32
constexpr std::int64_t s_part = 512;        // values that one product sums
constexpr std::uint32_t s_columns = 1024;   // gallery tracks a block
constexpr std::int64_t s_rows = 1024;       // queries a block, at most
constexpr std::size_t s_queries = 4096;     // in hand at a time, at most
constexpr std::size_t s_matches = 1U << 22; // likewise, of all queries in hand
constexpr std::size_t s_piece = 128;        // tracks of a block among which those near a match are looked for

DSCOPE_CLONES_WIDE void scaled(const float *from, double factor, std::size_t dim, float *to)
{
    for (std::size_t d = 0; d < dim; ++d)
        to[d] = static_cast<float>(static_cast<double>(from[d]) * factor);
}

DSCOPE_CLONES_WIDE void add(float *values, const float *more, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        values[i] += more[i];
}

/// How many values are below `low`, and how many between it and `high`, both included.
DSCOPE_CLONES_WIDE void count(const float *values, std::size_t n, float low, float high, std::int32_t &below, std::int32_t &within)
{
    std::int32_t less = 0;
    std::int32_t upTo = 0;
    for (std::size_t i = 0; i < n; ++i) {
        less += values[i] < low ? 1 : 0;
        upTo += values[i] <= high ? 1 : 0;
    }
    below = less;
    within = upTo - less;
}

/// A gallery's track that is not ignored by every query.
struct Entry {
    std::uint32_t track = 0; ///< place in the table
    std::uint32_t at = 0;    ///< place in the gallery
    bool isQuery = false;    ///< and so not in video-reid's gallery
};

/// A match with something to compare.
struct Match {
    float distance = 0;
    std::uint32_t column = 0;
    std::int64_t nearer[2] = {0, 0}; ///< tracks that are no queries, and those that are
};

/// A query in hand.
struct Query {
    std::uint32_t track = 0;
    bool enrolled = false;
    std::vector<Match> matches;                      ///< nearest first
    std::vector<std::uint32_t> own;                  ///< columns of its person by its camera, which it ignores
    std::vector<std::uint32_t> lostMatches, lostOwn; ///< the same without anything to compare, by their places among those
};

class Ranking {
public:
    Ranking(const RetrievalTable &table, RetrievalDistance distance, std::span<const RetrievalProtocol> protocols, Progress &progress)
        : m_table(table), m_dim(static_cast<std::size_t>(table.dim)), m_cosine(distance == RetrievalDistance::Cosine), m_progress(progress)
    {
        table.check();
        measure();
        arrange(std::find(protocols.begin(), protocols.end(), RetrievalProtocol::Official) != protocols.end());
        for (const RetrievalProtocol protocol : protocols) {
            RankedQueries &ranked = m_results.emplace_back();
            ranked.protocol = protocol;
            for (const auto *entries : {&m_entries, &m_lost})
                ranked.gallery += std::count_if(entries->begin(), entries->end(),
                                                [&](const Entry &entry) { return protocol == RetrievalProtocol::Official || !entry.isQuery; });
            ranked.outcomes.reserve(table.queries.size());
        }
    }

    std::vector<RankedQueries> run()
    {
        const std::size_t n = m_table.queries.size();
        const std::int64_t blocks = std::max<std::int64_t>(1, std::ssize(m_blocks));
        m_total = static_cast<std::int64_t>(n) * blocks;
        for (std::size_t begin = 0; begin < n;) {
            m_done = static_cast<std::int64_t>(begin) * blocks;
            const std::size_t end = take(begin);
            const std::int64_t inHand = std::ssize(m_queries);
            const std::int64_t piece = std::clamp<std::int64_t>((inHand + threads() - 1) / std::max(1, threads()), 1, s_rows);
            for (const Block &block : m_blocks) {
                gather(block);
                Portion portion(m_progress, m_done, m_total, true);
                parallelFor(inHand, piece, portion, [&](std::int64_t from, std::int64_t to) { compare(block, from, to); });
                m_done += inHand;
            }
            for (const Query &query : m_queries)
                judge(query);
            begin = end;
        }
        return std::move(m_results);
    }

private:
    struct Block {
        std::uint32_t begin = 0; ///< columns
        std::uint32_t end = 0;
        int side = 0; ///< of Match::nearer
    };

    std::span<const float> row(std::uint32_t track) const { return m_table.features.subspan(track * m_dim, m_dim); }
    bool isEnrolled(std::uint32_t track) const { return m_table.enrolled.empty() || m_table.enrolled[track] != 0; }

    /// Lengths of all rows that are compared.
    void measure()
    {
        m_lengths.assign(m_table.pids.size(), 0.0);
        std::vector<std::uint8_t> asked(m_table.pids.size(), 0);
        for (const auto places : {m_table.queries, m_table.gallery})
            for (const std::uint32_t place : places)
                asked[place] = isEnrolled(place) ? 1 : 0;
        Portion portion(m_progress, 0, 1, false);
        parallelFor(std::ssize(asked), 256, portion, [&](std::int64_t begin, std::int64_t end) {
            for (auto t = static_cast<std::uint32_t>(begin); t < static_cast<std::uint32_t>(end); ++t) {
                if (asked[t] == 0)
                    continue;
                m_lengths[t] = std::sqrt(product(row(t).data(), row(t).data(), m_dim));
                if (!std::isfinite(m_lengths[t]))
                    throw Error("The representation of track " + std::to_string(t) + " holds a value that is not a finite number.");
            }
        });
        const double longest = *std::max_element(m_lengths.begin(), m_lengths.end());
        int exponent = 0;
        std::frexp(longest, &exponent);
        m_scale = longest > 0 ? std::ldexp(1.0, -exponent) : 1;
    }

    /// Columns: the gallery's tracks that can be compared, first those that are no queries, each in gallery order. @param queriesToo their own columns are
    /// wanted
    void arrange(bool queriesToo)
    {
        std::vector<std::uint8_t> isQuery(m_table.pids.size(), 0);
        for (const std::uint32_t place : m_table.queries) {
            isQuery[place] = 1;
            m_people.try_emplace(m_table.pids[place]);
        }
        if (onlyQueriesMatch(m_table.queries, m_table.gallery, m_table.pids))
            std::fill(isQuery.begin(), isQuery.end(), std::uint8_t{0});
        std::vector<Entry> asQueries;
        for (std::size_t at = 0; at < m_table.gallery.size(); ++at) {
            const std::uint32_t track = m_table.gallery[at];
            if (m_table.pids[track] == -1)
                continue;
            const Entry entry{track, static_cast<std::uint32_t>(at), isQuery[track] != 0};
            if (!isEnrolled(track))
                m_lost.push_back(entry);
            else
                (entry.isQuery ? asQueries : m_entries).push_back(entry);
        }
        std::int64_t before[2] = {0, 0};
        for (const Entry &entry : m_lost) {
            for (const int all : {0, 1}) {
                m_lostBefore[all].push_back(before[all]);
                before[all] += all == 1 || !entry.isQuery ? 1 : 0;
            }
        }
        m_sides[0] = std::ssize(m_entries);
        m_sides[1] = std::ssize(asQueries);
        m_entries.insert(m_entries.end(), asQueries.begin(), asQueries.end());
        const auto place = [&](const std::vector<Entry> &entries, std::vector<std::uint32_t> People::*list) {
            for (std::size_t i = 0; i < entries.size(); ++i)
                if (const auto found = m_people.find(m_table.pids[entries[i].track]); found != m_people.end())
                    (found->second.*list).push_back(static_cast<std::uint32_t>(i));
        };
        place(m_entries, &People::columns);
        place(m_lost, &People::lost);
        for (const int side : {0, 1}) {
            const auto first = static_cast<std::uint32_t>(side == 0 ? 0 : m_sides[0]);
            const auto last = static_cast<std::uint32_t>(first + m_sides[side]);
            for (std::uint32_t begin = first; begin < last && (side == 0 || queriesToo); begin += s_columns)
                m_blocks.push_back({begin, std::min<std::uint32_t>(last, begin + s_columns), side});
        }
    }

    /// Takes queries in hand: their matches with distances, their rows for the product. @return the first that is left
    std::size_t take(std::size_t begin)
    {
        m_queries.clear();
        std::size_t matches = 0;
        std::size_t end = begin;
        for (; end < m_table.queries.size() && end - begin < s_queries && (end == begin || matches < s_matches); ++end) {
            const std::uint32_t track = m_table.queries[end];
            Query &query = m_queries.emplace_back();
            query.track = track;
            query.enrolled = isEnrolled(track);
            const People &people = m_people.at(m_table.pids[track]);
            for (const std::uint32_t column : people.columns) {
                if (m_table.cameras[m_entries[column].track] == m_table.cameras[track])
                    query.own.push_back(column);
                else
                    query.matches.push_back({0, column, {0, 0}});
            }
            for (const std::uint32_t lost : people.lost)
                (m_table.cameras[m_lost[lost].track] == m_table.cameras[track] ? query.lostOwn : query.lostMatches).push_back(lost);
            matches += people.columns.size() + people.lost.size();
        }
        m_samples.resize((end - begin) * m_dim);
        Portion portion(m_progress, m_done, m_total, false);
        parallelFor(std::ssize(m_queries), 16, portion, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t q = from; q < to; ++q) {
                Query &query = m_queries[static_cast<std::size_t>(q)];
                // The factor of |b|^2 - 2 a.b or 1 - a.b goes along.
                const double length = m_lengths[query.track];
                const double factor = m_cosine ? (length > 0 ? -1 / length : 0) : -2 * m_scale;
                scaled(row(query.track).data(), factor, m_dim, m_samples.data() + static_cast<std::size_t>(q) * m_dim);
                if (!query.enrolled)
                    continue;
                for (Match &match : query.matches)
                    match.distance = exactly(query.track, match.column);
                std::sort(query.matches.begin(), query.matches.end(), [&](const Match &a, const Match &b) {
                    return a.distance != b.distance ? a.distance < b.distance : m_entries[a.column].at < m_entries[b.column].at;
                });
            }
        });
        return end;
    }

    /// trackDistance(), scaled.
    float exactly(std::uint32_t query, std::uint32_t column) const
    {
        const std::uint32_t track = m_entries[column].track;
        const float *a = row(query).data();
        const float *b = row(track).data();
        if (m_cosine)
            return cosineDistance(product(a, b, m_dim), m_lengths[query], m_lengths[track]);
        return static_cast<float>(squaredDistance(a, b, m_dim) * m_scale * m_scale);
    }

    void gather(const Block &block)
    {
        const std::size_t n = block.end - block.begin;
        m_columns.resize(n * m_dim);
        m_offsets.resize(n);
        m_longest = 0;
        for (std::uint32_t c = block.begin; c < block.end; ++c) {
            const double length = m_lengths[m_entries[c].track] * m_scale;
            m_longest = std::max(m_longest, length);
            m_offsets[c - block.begin] = static_cast<float>(m_cosine ? 1 : length * length);
        }
        Portion portion(m_progress, m_done, m_total, false);
        parallelFor(static_cast<std::int64_t>(n), 64, portion, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                const std::uint32_t track = m_entries[block.begin + static_cast<std::uint32_t>(i)].track;
                const double factor = !m_cosine ? m_scale : m_lengths[track] > 0 ? 1 / m_lengths[track] : 0;
                scaled(row(track).data(), factor, m_dim, m_columns.data() + static_cast<std::size_t>(i) * m_dim);
            }
        });
    }

    /// How far a value of compare() may be from what it stands for.
    double error(double length) const
    {
        const auto dim = static_cast<double>(m_dim);
        const double parts = std::ceil(dim / static_cast<double>(s_part));
        const double additions = std::min(dim, static_cast<double>(s_part)) + parts + 2;
        const double gamma = additions * s_rounding / (1 - additions * s_rounding);
        const double underflow = dim * 0x1p-123;
        if (m_cosine) // unit vectors have been rounded, each to u; the value, to 2 u
            return 1.001 * gamma + 6 * s_rounding + underflow + dim * 0x1p-50;
        const double twice = 2 * length * m_longest;
        return gamma * twice + 2 * s_rounding * (2 * m_longest * m_longest + twice) + underflow + dim * 0x1p-50 * length * length;
    }

    /// Counts what of a block is nearer to queries [from, to) than their matches.
    void compare(const Block &block, std::int64_t from, std::int64_t to)
    {
        const c10::InferenceMode inference;
        const OneThread alone;
        const auto rows = to - from;
        const std::int64_t width = block.end - block.begin;
        const at::Tensor a = at::from_blob(m_samples.data() + static_cast<std::size_t>(from) * m_dim, {rows, m_table.dim}, at::kFloat);
        const at::Tensor b = at::from_blob(m_columns.data(), {width, m_table.dim}, at::kFloat);
        at::Tensor values = at::empty({rows, width}, at::kFloat);
        for (std::int64_t first = 0; first < m_table.dim; first += s_part) {
            const std::int64_t part = std::min(s_part, m_table.dim - first);
            const at::Tensor left = a.narrow(1, first, part);
            const at::Tensor right = b.narrow(1, first, part).t();
            if (first == 0)
                at::mm_out(values, left, right);
            else
                values.addmm_(left, right);
        }
        auto *products = values.mutable_data_ptr<float>();
        std::vector<float> exact(static_cast<std::size_t>(width), std::numeric_limits<float>::quiet_NaN());
        std::vector<std::uint32_t> known;
        for (std::int64_t q = from; q < to; ++q) {
            if ((q - from) % 64 == 63)
                m_progress.throwIfCancelled();
            Query &query = m_queries[static_cast<std::size_t>(q)];
            if (query.enrolled && !query.matches.empty())
                compare(block, query, {products + (q - from) * width, static_cast<std::size_t>(width)}, exact, known);
        }
    }

    /// @param exact the same in double where it was asked for, else NaN; as it was when this ends @param known room
    void compare(const Block &block, Query &query, std::span<float> values, std::vector<float> &exact, std::vector<std::uint32_t> &known) const
    {
        add(values.data(), m_offsets.data(), values.size());
        for (auto own = std::lower_bound(query.own.begin(), query.own.end(), block.begin); own != query.own.end() && *own < block.end; ++own)
            values[*own - block.begin] = std::numeric_limits<float>::infinity();
        const double length = m_lengths[query.track] * m_scale;
        const double wide = error(length);
        known.clear();
        const auto note = [&](std::uint32_t i, float distance) {
            exact[i] = distance;
            known.push_back(i);
        };
        for (const Match &match : query.matches)
            if (match.column >= block.begin && match.column < block.end)
                note(match.column - block.begin, match.distance);
        for (Match &match : query.matches) {
            const auto distance = static_cast<double>(match.distance);
            const double margin = wide + (0x1p-21 + static_cast<double>(m_dim) * 0x1p-50) * std::abs(distance);
            const double place = distance - (m_cosine ? 0 : length * length);
            constexpr float infinity = std::numeric_limits<float>::infinity();
            const float low = std::nextafter(static_cast<float>(place - margin), -infinity);
            const float high = std::nextafter(static_cast<float>(place + margin), infinity);
            std::int32_t below = 0;
            std::int32_t within = 0;
            count(values.data(), values.size(), low, high, below, within);
            std::int64_t nearer = below;
            for (std::size_t first = 0; first < values.size() && within > 0; first += s_piece) {
                const std::size_t last = std::min(values.size(), first + s_piece);
                std::int32_t here = 0;
                count(values.data() + first, last - first, low, high, below, here);
                for (std::size_t i = first; here > 0 && i < last; ++i) {
                    if (!(values[i] >= low && values[i] <= high))
                        continue;
                    --here;
                    --within;
                    const std::uint32_t column = block.begin + static_cast<std::uint32_t>(i);
                    if (std::isnan(exact[i]))
                        note(static_cast<std::uint32_t>(i), exactly(query.track, column));
                    nearer += exact[i] < match.distance || (exact[i] == match.distance && m_entries[column].at < m_entries[match.column].at) ? 1 : 0;
                }
            }
            match.nearer[block.side] += nearer;
        }
        for (const std::uint32_t i : known)
            exact[i] = std::numeric_limits<float>::quiet_NaN();
    }

    void judge(const Query &query)
    {
        std::vector<std::int64_t> ranks;
        for (RankedQueries &ranked : m_results) {
            const bool official = ranked.protocol == RetrievalProtocol::Official;
            const auto counts = [official](const Entry &entry) { return official || !entry.isQuery; };
            std::int64_t matches = 0;
            ranks.clear();
            for (const Match &match : query.matches) {
                if (!counts(m_entries[match.column]))
                    continue;
                ++matches;
                ranks.push_back(1 + match.nearer[0] + (official ? match.nearer[1] : 0));
            }
            // Those that are infinitely far stand behind all that can be compared.
            std::int64_t comparable = m_sides[0] + (official ? m_sides[1] : 0);
            for (const std::uint32_t column : query.own)
                comparable -= counts(m_entries[column]) ? 1 : 0;
            std::size_t own = 0;
            std::int64_t ignored = 0;
            for (const std::uint32_t lost : query.lostMatches) {
                if (!counts(m_lost[lost]))
                    continue;
                ++matches;
                while (own < query.lostOwn.size() && query.lostOwn[own] < lost)
                    ignored += counts(m_lost[query.lostOwn[own++]]) ? 1 : 0;
                ranks.push_back(1 + comparable + m_lostBefore[official ? 1 : 0][lost] - ignored);
            }
            if (!query.enrolled)
                ranks.clear();
            ranked.outcomes.push_back(outcomeOf(m_table.pids[query.track], matches, ranks, ranked.protocol));
        }
    }

    /// Where a person stands.
    struct People {
        std::vector<std::uint32_t> columns;
        std::vector<std::uint32_t> lost;
    };

    const RetrievalTable &m_table;
    std::size_t m_dim;
    bool m_cosine;
    Progress &m_progress;
    std::vector<double> m_lengths;                     ///< [T]
    double m_scale = 1;                                ///< makes the longest row shorter than 1
    std::vector<Entry> m_entries;                      ///< by column
    std::vector<Entry> m_lost;                         ///< without anything to compare, in gallery order
    std::vector<std::int64_t> m_lostBefore[2];         ///< how many of `m_lost` stand before each: those that are no queries, and all
    std::int64_t m_sides[2] = {0, 0};                  ///< columns that are no queries, and that are
    std::unordered_map<std::int64_t, People> m_people; ///< of the queries
    std::vector<Block> m_blocks;
    std::vector<RankedQueries> m_results;

    std::int64_t m_done = 0; ///< queries times blocks
    std::int64_t m_total = 0;
    std::vector<Query> m_queries; ///< in hand
    std::vector<float> m_samples; ///< [queries in hand, dim]
    std::vector<float> m_columns; ///< [block, dim]
    std::vector<float> m_offsets; ///< [block]
    double m_longest = 0;         ///< row of the block, scaled
};

/// Camera by camera: its queries among the tracks of all others.
RankedQueries acrossCameras(const RetrievalTable &table, RetrievalDistance distance, Progress &progress)
{
    RankedQueries all;
    all.protocol = RetrievalProtocol::CrossCamera;
    all.outcomes.resize(table.queries.size());
    const auto outside = [&](std::uint32_t place) { return place >= table.cameras.size() || place >= table.pids.size(); };
    if (std::any_of(table.queries.begin(), table.queries.end(), outside) || std::any_of(table.gallery.begin(), table.gallery.end(), outside))
        throw Error("A retrieval names a track that is not there.");
    std::map<std::int64_t, std::vector<std::size_t>> byCamera; // places in the list of queries
    for (std::size_t q = 0; q < table.queries.size(); ++q)
        byCamera[table.cameras[table.queries[q]]].push_back(q);
    for (const std::uint32_t track : table.gallery)
        all.gallery += table.pids[track] != -1 ? 1 : 0;
    for (const auto &[camera, places] : byCamera) {
        std::vector<std::uint32_t> queries;
        for (const std::size_t place : places)
            queries.push_back(table.queries[place]);
        std::vector<std::uint32_t> gallery;
        std::copy_if(table.gallery.begin(), table.gallery.end(), std::back_inserter(gallery),
                     [&](std::uint32_t track) { return table.cameras[track] != camera; });
        if (gallery.empty()) { // nobody is seen by another camera
            for (const std::size_t place : places)
                all.outcomes[place].pid = table.pids[table.queries[place]];
            continue;
        }
        RetrievalTable part = table;
        part.queries = queries;
        part.gallery = gallery;
        RankedQueries ranked = std::move(Ranking(part, distance, std::array{RetrievalProtocol::VideoReid}, progress).run().front());
        for (std::size_t i = 0; i < places.size(); ++i)
            all.outcomes[places[i]] = ranked.outcomes[i];
    }
    return all;
}

} // namespace

std::vector<RankedQueries> rankQueries(const RetrievalTable &table, RetrievalDistance distance, std::span<const RetrievalProtocol> protocols,
                                       Progress &progress)
{
    std::vector<RetrievalProtocol> together(protocols.begin(), protocols.end());
    std::erase(together, RetrievalProtocol::CrossCamera);
    std::vector<RankedQueries> ranked = together.empty() ? std::vector<RankedQueries>() : Ranking(table, distance, together, progress).run();
    std::vector<RankedQueries> all;
    std::size_t next = 0;
    for (const RetrievalProtocol protocol : protocols)
        all.push_back(protocol == RetrievalProtocol::CrossCamera ? acrossCameras(table, distance, progress) : std::move(ranked[next++]));
    return all;
}

} // namespace dscope
