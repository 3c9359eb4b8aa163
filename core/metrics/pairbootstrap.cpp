// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/pairbootstrap.h"

#include "core/base/clones.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_lanes = 64;          ///< resamples that go together
constexpr std::size_t s_block = 1 << 16;     ///< pairs between two checks for cancellation
constexpr std::int64_t s_piece = 1 << 18;    ///< pairs a piece of work
constexpr std::int64_t s_sumLimit = 1 << 30; ///< that sums of weights stay below, so that 32 bits hold them

using Sums = std::array<std::int64_t, s_lanes>;

DSCOPE_CLONES_WIDE void addProducts(std::uint32_t *sums, const std::uint16_t *a, const std::uint16_t *b)
{
    for (std::size_t r = 0; r < s_lanes; ++r)
        sums[r] += static_cast<std::uint32_t>(a[r]) * static_cast<std::uint32_t>(b[r]);
}

DSCOPE_CLONES_WIDE void addWideProducts(std::int64_t *sums, const std::uint16_t *a, const std::uint16_t *b)
{
    for (std::size_t r = 0; r < s_lanes; ++r)
        sums[r] += static_cast<std::uint32_t>(a[r]) * static_cast<std::uint32_t>(b[r]);
}

DSCOPE_CLONES_WIDE void addTimes(std::int64_t *sums, const std::uint16_t *times, std::int64_t weight)
{
    for (std::size_t r = 0; r < s_lanes; ++r)
        sums[r] += weight * times[r];
}

DSCOPE_CLONES_WIDE bool anyBeyond(const std::int64_t *sums, const std::int64_t *bounds)
{
    std::int64_t beyond = 0;
    for (std::size_t r = 0; r < s_lanes; ++r)
        beyond |= bounds[r] - sums[r]; // negative where a sum is larger
    return beyond < 0;
}

/// The most impostors that a target allows, by the very division that gives a vertex its FAR.
std::int64_t allowed(double far, std::int64_t impostors)
{
    const auto share = [impostors](std::int64_t accepted) { return static_cast<double>(accepted) / static_cast<double>(impostors); };
    auto most = std::clamp(static_cast<std::int64_t>(far * static_cast<double>(impostors)), std::int64_t{0}, impostors);
    while (most < impostors && share(most + 1) <= far)
        ++most;
    while (most > 0 && share(most) > far)
        --most;
    return most;
}

/// Where a resample stops accepting at one of the targets: nothing from here on down.
struct Limit {
    float score;
    std::size_t target;
    std::size_t lane;
};

/// What all groups of resamples share.
class Walk {
public:
    Walk(const DescendingPairs &sorted, const TemplatePairs &pairs, const PairPeople &people, std::span<const double> fars, Progress &progress)
        : m_sorted(sorted), m_pairs(pairs), m_people(people), m_fars(fars), m_task(progress), m_ascending(fars.size())
    {
        std::iota(m_ascending.begin(), m_ascending.end(), std::size_t{0});
        std::sort(m_ascending.begin(), m_ascending.end(), [fars](std::size_t x, std::size_t y) { return fars[x] < fars[y]; });
        m_genuineOf.assign(static_cast<std::size_t>(people.count), 0);
        m_genuine.reserve(sorted.genuine.size());
        for (std::size_t i = 0; i < sorted.genuine.size(); ++i) {
            if (i % s_block == 0)
                progress.throwIfCancelled();
            const std::int32_t person = people.of[pairs.a[sorted.genuine.order[i]]];
            m_genuine.push_back(person);
            ++m_genuineOf[static_cast<std::size_t>(person)];
        }
    }

    /// @param times [people, s_lanes], how often each was drawn @param most the largest of them @param drawn resamples of this group; the rest is empty
    /// @param tars [fars][resamples], to which this group's are appended, NaN where one kind has no weight
    void run(const std::vector<std::uint16_t> &times, std::uint16_t most, std::size_t drawn, std::vector<std::vector<double>> &tars)
    {
        Sums genuines{};
        for (std::size_t p = 0; p < m_genuineOf.size(); ++p)
            addTimes(genuines.data(), row(times, static_cast<std::int32_t>(p)), m_genuineOf[p]);
        const Sums impostors = impostorWeights(times, most);
        std::vector<std::vector<double>> found(m_fars.size(), std::vector<double>(drawn, std::numeric_limits<double>::quiet_NaN()));
        std::vector<Limit> limits;
        limitsOf(times, genuines, impostors, drawn, limits, found);
        std::sort(limits.begin(), limits.end(), [](const Limit &x, const Limit &y) { return x.score > y.score; });
        Sums accepted{};
        std::size_t at = 0;
        for (const Limit &limit : limits) {
            const std::vector<float> &scores = m_sorted.genuine.values;
            const auto end = static_cast<std::size_t>(
                std::partition_point(scores.begin() + static_cast<std::ptrdiff_t>(at), scores.end(), [&](float score) { return score > limit.score; })
                - scores.begin());
            accept(times, at, end, accepted);
            at = end;
            found[limit.target][limit.lane] = static_cast<double>(accepted[limit.lane]) / static_cast<double>(genuines[limit.lane]);
        }
        for (std::size_t k = 0; k < m_fars.size(); ++k)
            tars[k].insert(tars[k].end(), found[k].begin(), found[k].end());
    }

private:
    const std::uint16_t *row(const std::vector<std::uint16_t> &times, std::int32_t person) const
    {
        return times.data() + static_cast<std::size_t>(person) * s_lanes;
    }

    Sums impostorWeights(const std::vector<std::uint16_t> &times, std::uint16_t most)
    {
        Sums all{};
        std::mutex mutex;
        const std::int64_t longest = std::max<std::int64_t>(1, s_sumLimit / std::max<std::int64_t>(1, std::int64_t{most} * most));
        Progress quiet; // progress is that of the resamples
        parallelFor(m_pairs.size(), s_piece, quiet, [&](std::int64_t from, std::int64_t to) {
            m_task.throwIfCancelled();
            Sums sums{};
            std::array<std::uint32_t, s_lanes> chunk{};
            std::int64_t inChunk = 0;
            const auto empty = [&] {
                for (std::size_t r = 0; r < s_lanes; ++r)
                    sums[r] += std::exchange(chunk[r], 0U);
                inChunk = 0;
            };
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
                if (m_pairs.genuine[i] != 0)
                    continue;
                addProducts(chunk.data(), row(times, m_people.of[m_pairs.a[i]]), row(times, m_people.of[m_pairs.b[i]]));
                if (++inChunk == longest)
                    empty();
            }
            empty();
            const std::lock_guard lock(mutex);
            for (std::size_t r = 0; r < s_lanes; ++r)
                all[r] += sums[r];
        });
        return all;
    }

    /// Down the impostor pairs: the score that breaks each target in each resample. A resample that breaks none accepts everything.
    void limitsOf(const std::vector<std::uint16_t> &times, const Sums &genuines, const Sums &impostors, std::size_t drawn, std::vector<Limit> &limits,
                  std::vector<std::vector<double>> &tars)
    {
        const Descending &scores = m_sorted.impostor;
        std::array<std::size_t, s_lanes> reached{};
        Sums bounds{};
        std::size_t open = 0;
        const auto next = [&](std::size_t r) {
            if (reached[r] < m_ascending.size()) {
                bounds[r] = allowed(m_fars[m_ascending[reached[r]]], impostors[r]);
                return;
            }
            bounds[r] = std::numeric_limits<std::int64_t>::max();
            --open;
        };
        for (std::size_t r = 0; r < s_lanes; ++r) {
            if (r < drawn && genuines[r] > 0 && impostors[r] > 0) {
                ++open;
                next(r);
            } else {
                reached[r] = m_ascending.size();
                bounds[r] = std::numeric_limits<std::int64_t>::max();
            }
        }
        Sums sums{};
        for (std::size_t i = 0; i < scores.size() && open > 0;) {
            const float score = scores.values[i];
            for (; i < scores.size() && scores.values[i] == score; ++i) {
                if (i % s_block == 0)
                    m_task.throwIfCancelled();
                if (i == m_hardest.size()) { // the next group finds it at hand
                    const std::size_t at = scores.order[i];
                    m_hardest.emplace_back(m_people.of[m_pairs.a[at]], m_people.of[m_pairs.b[at]]);
                }
                addWideProducts(sums.data(), row(times, m_hardest[i].first), row(times, m_hardest[i].second));
            }
            if (!anyBeyond(sums.data(), bounds.data()))
                continue;
            for (std::size_t r = 0; r < s_lanes; ++r)
                while (sums[r] > bounds[r]) {
                    limits.push_back({score, m_ascending[reached[r]], r});
                    ++reached[r];
                    next(r);
                }
        }
        for (std::size_t r = 0; r < drawn; ++r)
            if (genuines[r] > 0 && impostors[r] > 0)
                for (; reached[r] < m_ascending.size(); ++reached[r])
                    tars[m_ascending[reached[r]]][r] = 1;
    }

    /// Adds the weights of the genuine pairs [begin, end), pair by pair or, where they are many, person by person.
    void accept(const std::vector<std::uint16_t> &times, std::size_t begin, std::size_t end, Sums &sums)
    {
        const bool many = end - begin > m_genuineOf.size();
        if (many)
            m_counts.assign(m_genuineOf.size(), 0);
        for (std::size_t i = begin; i < end; ++i) {
            if (i % s_block == 0)
                m_task.throwIfCancelled();
            if (many)
                ++m_counts[static_cast<std::size_t>(m_genuine[i])];
            else
                addTimes(sums.data(), row(times, m_genuine[i]), 1);
        }
        for (std::size_t p = 0; many && p < m_counts.size(); ++p)
            if (m_counts[p] > 0)
                addTimes(sums.data(), row(times, static_cast<std::int32_t>(p)), m_counts[p]);
    }

    const DescendingPairs &m_sorted;
    const TemplatePairs &m_pairs;
    const PairPeople &m_people;
    std::span<const double> m_fars;
    Progress &m_task;
    std::vector<std::size_t> m_ascending; ///< targets, the smallest first
    std::vector<std::int32_t> m_genuine;  ///< the persons of the genuine pairs, highest score first
    std::vector<std::int64_t> m_genuineOf;
    std::vector<std::int64_t> m_counts;
    std::vector<std::pair<std::int32_t, std::int32_t>> m_hardest; ///< the persons of the first impostor pairs, highest score first
};

} // namespace

PairPeople pairPeople(const TemplateFeatures &set, const TemplatePairs &pairs, Progress &progress)
{
    PairPeople people;
    people.of.assign(static_cast<std::size_t>(set.templates()), -1);
    std::vector<std::int32_t> ofSubject(set.subjectNames.size(), -1);
    const auto person = [&](std::uint32_t t) {
        std::int32_t &found = people.of[t];
        if (found >= 0)
            return found;
        if (set.subjects[t] < 0) {
            ++people.unknown;
            return found = people.count++;
        }
        ++people.known;
        std::int32_t &subject = ofSubject[static_cast<std::size_t>(set.subjects[t])];
        if (subject < 0)
            subject = people.count++;
        return found = subject;
    };
    for (std::size_t i = 0; i < static_cast<std::size_t>(pairs.size()); ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        const std::int32_t a = person(pairs.a[i]);
        const std::int32_t b = person(pairs.b[i]);
        people.contradicted += (a == b) == (pairs.genuine[i] != 0) ? 0 : 1;
    }
    return people;
}

std::vector<Interval> bootstrapTars(const DescendingPairs &sorted, const TemplatePairs &pairs, const PairPeople &people, std::span<const double> fars,
                                    int resamples, double level, std::uint64_t seed, std::uint64_t stream, Progress &progress)
{
    if (people.count <= 0 || resamples <= 0 || !(level > 0 && level < 1))
        throw Error("A bootstrap needs subjects, resamples, and a level between 0 and 1.");
    Walk walk(sorted, pairs, people, fars, progress);
    Random random(seed, stream);
    std::vector<std::vector<double>> tars(fars.size());
    const auto wanted = static_cast<std::size_t>(resamples);
    const auto subjects = static_cast<std::uint64_t>(people.count);
    std::vector<std::uint16_t> times;
    for (std::size_t first = 0; first < wanted; first += s_lanes) {
        progress.checkpoint(static_cast<std::int64_t>(first), resamples);
        const std::size_t drawn = std::min(s_lanes, wanted - first);
        times.assign(static_cast<std::size_t>(subjects) * s_lanes, 0);
        std::uint16_t most = 0;
        for (std::size_t r = 0; r < drawn; ++r) {
            progress.throwIfCancelled();
            for (std::uint64_t i = 0; i < subjects; ++i) {
                std::uint16_t &count = times[static_cast<std::size_t>(random.below(subjects)) * s_lanes + r];
                if (count == std::numeric_limits<std::uint16_t>::max())
                    throw Error("A subject was drawn more than 65,535 times in one resample.");
                most = std::max(most, ++count);
            }
        }
        walk.run(times, most, drawn, tars);
    }
    progress.checkpoint(resamples, resamples);
    std::vector<Interval> intervals;
    for (std::vector<double> &values : tars) {
        std::erase_if(values, [](double value) { return std::isnan(value); });
        if (values.empty())
            throw Error("No resample of the bootstrap gave a value; there are too few subjects (" + std::to_string(people.count) + ").");
        std::sort(values.begin(), values.end());
        const auto defined = std::ssize(values);
        intervals.push_back(
            {sortedQuantile(values, (1 - level) / 2), sortedQuantile(values, (1 + level) / 2), level, defined, std::int64_t{resamples} - defined});
    }
    return intervals;
}

} // namespace dscope
