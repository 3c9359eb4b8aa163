// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/subjectresamples.h"

#include "core/base/clones.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace dscope {

namespace {

constexpr std::uint64_t s_stream = 0x65766131; ///< "eva1", of every bootstrap over the people of a benchmark
constexpr std::size_t s_lanes = 64;            ///< resamples that walk together
constexpr std::int64_t s_piece = 1 << 18;      ///< pairs a piece of work
constexpr std::size_t s_chunk = 256;           ///< impostor pairs between two looks at who has arrived
constexpr std::int64_t s_sumLimit = 1 << 30;   ///< that a chunk's weights stay below, so that 32 bits hold them

DSCOPE_CLONES_WIDE void addProducts(std::uint32_t *sums, const std::uint16_t *a, const std::uint16_t *b)
{
    for (std::size_t i = 0; i < s_lanes; ++i)
        sums[i] += static_cast<std::uint32_t>(a[i]) * static_cast<std::uint32_t>(b[i]);
}

} // namespace

SubjectResamples::SubjectResamples(const TemplateFeatures &set, const TemplatePairs &pairs, const PairPlan &genuine, const PairPlan &impostor, int resamples,
                                   std::uint64_t seed, Progress &progress)
    : m_genuine(genuine), m_impostor(impostor), m_of(static_cast<std::size_t>(set.templates()), -1),
      m_resamples(static_cast<std::size_t>(std::max(0, resamples))), m_width((m_resamples + s_lanes - 1) / s_lanes * s_lanes)
{
    std::vector<std::int32_t> ofSubject(set.subjectNames.size(), -1);
    std::int64_t contradicted = 0;
    std::int64_t known = 0;
    const auto person = [&](std::uint32_t t) {
        if (m_of[t] >= 0)
            return m_of[t];
        if (set.subjects[t] < 0) {
            ++m_unknown;
            return m_of[t] = m_subjects++;
        }
        ++known;
        std::int32_t &subject = ofSubject[static_cast<std::size_t>(set.subjects[t])];
        if (subject < 0)
            subject = m_subjects++;
        return m_of[t] = subject;
    };
    for (std::size_t i = 0; i < static_cast<std::size_t>(pairs.size()); ++i) {
        if (i % (1 << 19) == 0)
            progress.throwIfCancelled();
        const std::int32_t a = person(pairs.a[i]);
        const std::int32_t b = person(pairs.b[i]);
        contradicted += (a == b) == (pairs.genuine[i] != 0) ? 0 : 1;
    }
    if (known == 0)
        m_reason = "whom the templates show is not known";
    else if (contradicted > 0)
        m_reason = std::to_string(contradicted) + " pairs are labelled otherwise than their subjects say";
    else if (m_resamples == 0)
        m_reason = "no resamples were asked for";
    if (!m_reason.empty())
        return;
    m_times.assign(static_cast<std::size_t>(m_subjects) * m_width, 0);
    Random random(seed, s_stream);
    std::size_t resample = 0;
    // The very draws of bootstrap(), which is asked for nothing else.
    bootstrap(
        m_subjects, resamples, 0.5, random,
        [&](std::span<const std::int32_t> multiplicity) {
            for (std::size_t s = 0; s < multiplicity.size(); ++s) {
                if (multiplicity[s] > std::numeric_limits<std::uint16_t>::max())
                    throw Error("A subject was drawn more than 65,535 times in one resample.");
                m_times[s * m_width + resample] = static_cast<std::uint16_t>(multiplicity[s]);
                m_most = std::max(m_most, static_cast<std::uint16_t>(multiplicity[s]));
            }
            ++resample;
            return 0.0;
        },
        progress);

    m_impostors.assign(m_width, 0);
    std::mutex mutex;
    parallelFor(impostor.size(), s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> sums(m_width, 0);
        std::vector<std::uint32_t> chunk(m_width, 0);
        const std::int64_t longest = std::max<std::int64_t>(1, s_sumLimit / std::max<std::int64_t>(1, std::int64_t{m_most} * m_most));
        std::int64_t inChunk = 0;
        const auto empty = [&] {
            for (std::size_t r = 0; r < m_width; ++r)
                sums[r] += std::exchange(chunk[r], 0U);
            inChunk = 0;
        };
        impostor.forEach(from, to, [&](std::int64_t, std::uint32_t first, std::uint32_t second) {
            const std::uint16_t *a = m_times.data() + static_cast<std::size_t>(m_of[first]) * m_width;
            const std::uint16_t *b = m_times.data() + static_cast<std::size_t>(m_of[second]) * m_width;
            for (std::size_t r = 0; r < m_width; r += s_lanes)
                addProducts(chunk.data() + r, a + r, b + r);
            if (++inChunk == longest)
                empty();
        });
        empty();
        const std::lock_guard lock(mutex);
        for (std::size_t r = 0; r < m_width; ++r)
            m_impostors[r] += sums[r];
    });
}

std::vector<SubjectResamples::Entry> SubjectResamples::hardest(std::span<const float> impostor, std::span<const float> sorted, std::int64_t count,
                                                               Progress &progress) const
{
    const float least = sorted[static_cast<std::size_t>(count - 1)];
    const auto pieces = static_cast<std::size_t>((std::ssize(impostor) + s_piece - 1) / s_piece);
    std::vector<std::vector<Entry>> found(pieces);
    parallelFor(std::ssize(impostor), s_piece, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<Entry> &mine = found[static_cast<std::size_t>(from / s_piece)];
        m_impostor.forEach(from, to, [&](std::int64_t i, std::uint32_t first, std::uint32_t second) {
            if (impostor[static_cast<std::size_t>(i)] >= least)
                mine.push_back({impostor[static_cast<std::size_t>(i)], m_of[first], m_of[second]});
        });
    });
    std::vector<Entry> entries;
    std::vector<Keyed> order;
    for (const std::vector<Entry> &piece : found)
        for (const Entry &entry : piece) {
            order.push_back({descendingKey(entry.score), static_cast<std::uint32_t>(entries.size())});
            entries.push_back(entry);
        }
    found.clear();
    progress.throwIfCancelled();
    std::vector<Keyed> spare;
    sortKeyed(order, spare);
    std::vector<Entry> result;
    result.reserve(entries.size());
    for (const Keyed &one : order)
        result.push_back(entries[one.place]);
    return result;
}

std::vector<Interval> SubjectResamples::intervals(std::span<const float> genuine, std::span<const float> impostor, std::span<const float> sorted,
                                                  std::span<const double> fars, double level, Progress &progress, std::int64_t first) const
{
    if (!known())
        throw Error("There can be no intervals: " + m_reason + ".");
    struct Target {
        double far;
        std::size_t place;
    };
    std::vector<Target> targets;
    for (std::size_t k = 0; k < fars.size(); ++k)
        targets.push_back({fars[k], k});
    std::stable_sort(targets.begin(), targets.end(), [](const Target &x, const Target &y) { return x.far < y.far; });
    if (targets.empty())
        return {};

    // Genuine pairs, highest first, with their subjects.
    std::vector<Keyed> order;
    std::vector<Keyed> spare;
    std::vector<Entry> own(genuine.size());
    for (std::size_t i = 0; i < genuine.size(); ++i)
        order.push_back({descendingKey(genuine[i]), static_cast<std::uint32_t>(i)});
    sortKeyed(order, spare);
    for (std::size_t i = 0; i < genuine.size(); ++i) {
        const auto [a, b] = m_genuine.pair(order[i].place);
        own[i] = {genuine[order[i].place], m_of[a], m_of[b]};
    }

    const std::int64_t n = std::ssize(sorted);
    const double reach = std::clamp(targets.back().far, 0.0, 1.0) * static_cast<double>(n);
    std::int64_t count = std::min(n, first > 0 ? first : static_cast<std::int64_t>(1.25 * reach) + 4096);
    std::vector<std::vector<double>> tars(fars.size(), std::vector<double>(m_width, std::numeric_limits<double>::quiet_NaN()));
    for (bool again = true; again;) {
        again = false;
        const std::vector<Entry> hard = hardest(impostor, sorted, count, progress);
        std::mutex mutex;
        parallelFor(static_cast<std::int64_t>(m_width), s_lanes, progress, [&](std::int64_t from, std::int64_t) {
            const auto lane = static_cast<std::size_t>(from);
            // limits[k][r]: the score that breaks target k in resample r; NaN until it is reached.
            std::vector<std::vector<float>> limits(targets.size(), std::vector<float>(s_lanes, std::numeric_limits<float>::quiet_NaN()));
            std::vector<std::size_t> reached(s_lanes, 0);
            std::vector<std::int64_t> sums(s_lanes, 0);
            std::vector<std::uint32_t> chunk(s_lanes, 0);
            std::size_t arrived = 0;
            for (std::size_t r = 0; r < s_lanes; ++r)
                if (m_impostors[lane + r] == 0 || lane + r >= m_resamples)
                    reached[r] = targets.size(), ++arrived;
            const auto beyond = [&](std::size_t r, std::int64_t weight) {
                return reached[r] < targets.size() && static_cast<double>(weight) / static_cast<double>(m_impostors[lane + r]) > targets[reached[r]].far;
            };
            const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, s_sumLimit / std::max<std::int64_t>(1, std::int64_t{m_most} * m_most)));
            const std::size_t length = std::min(s_chunk, most);
            for (std::size_t begin = 0; begin < hard.size() && arrived < s_lanes; begin += length) {
                const std::size_t end = std::min(hard.size(), begin + length);
                std::fill(chunk.begin(), chunk.end(), 0U);
                for (std::size_t i = begin; i < end; ++i)
                    addProducts(chunk.data(), m_times.data() + static_cast<std::size_t>(hard[i].a) * m_width + lane,
                                m_times.data() + static_cast<std::size_t>(hard[i].b) * m_width + lane);
                for (std::size_t r = 0; r < s_lanes; ++r) {
                    if (beyond(r, sums[r] + chunk[r])) {
                        // Somewhere in this chunk: pair by pair.
                        std::int64_t sum = sums[r];
                        for (std::size_t i = begin; i < end; ++i) {
                            sum += std::int64_t{times(hard[i].a, lane + r)} * times(hard[i].b, lane + r);
                            while (beyond(r, sum)) {
                                limits[reached[r]][r] = hard[i].score;
                                if (++reached[r] == targets.size())
                                    ++arrived;
                            }
                        }
                    }
                    sums[r] += chunk[r];
                }
                if (begin / length % 256 == 0)
                    progress.throwIfCancelled();
            }
            if (arrived < s_lanes && std::ssize(hard) < n) {
                const std::lock_guard lock(mutex);
                again = true; // a resample that weighs the hardest pairs little needs more of them
                return;
            }
            std::vector<std::int64_t> accepted(own.size() + 1);
            for (std::size_t r = 0; r < s_lanes && lane + r < m_resamples; ++r) {
                for (std::size_t i = 0; i < own.size(); ++i) {
                    const std::int64_t weight =
                        own[i].a == own[i].b ? times(own[i].a, lane + r) : std::int64_t{times(own[i].a, lane + r)} * times(own[i].b, lane + r);
                    accepted[i + 1] = accepted[i] + weight;
                }
                if (accepted.back() == 0 || m_impostors[lane + r] == 0)
                    continue;
                for (std::size_t k = 0; k < targets.size(); ++k) {
                    const float limit = limits[k][r];
                    std::size_t above = own.size();
                    if (!std::isnan(limit))
                        above = static_cast<std::size_t>(std::partition_point(own.begin(), own.end(), [limit](const Entry &pair) { return pair.score > limit; })
                                                         - own.begin());
                    tars[targets[k].place][lane + r] = static_cast<double>(accepted[above]) / static_cast<double>(accepted.back());
                }
            }
        });
        count = again ? std::min(n, 2 * count) : count;
    }

    std::vector<Interval> result;
    for (const std::vector<double> &drawn : tars) {
        std::vector<double> values;
        for (std::size_t r = 0; r < m_resamples; ++r)
            if (!std::isnan(drawn[r]))
                values.push_back(drawn[r]);
        if (values.empty())
            throw Error("No resample of the bootstrap gave a value; there are too few subjects (" + std::to_string(m_subjects) + ").");
        std::sort(values.begin(), values.end());
        const auto defined = std::ssize(values);
        result.push_back({sortedQuantile(values, (1 - level) / 2), sortedQuantile(values, (1 + level) / 2), level, defined,
                          static_cast<std::int64_t>(m_resamples) - defined});
    }
    return result;
}

} // namespace dscope
