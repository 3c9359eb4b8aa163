// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/personpairs.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace dscope {

PersonPairs::PersonPairs(std::span<const float> scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, std::int32_t persons)
    : m_persons(persons)
{
    Progress unwatched;
    take(descending(scores, unwatched), a, b, unwatched);
}

PersonPairs::PersonPairs(const Descending &scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, std::int32_t persons, Progress &progress)
    : m_persons(persons)
{
    take(scores, a, b, progress);
}

void PersonPairs::take(const Descending &scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, Progress &progress)
{
    const std::size_t n = scores.size();
    if (a.size() != n || b.size() != n || m_persons < 0)
        throw Error("There are " + std::to_string(n) + " scores but " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " persons of pairs.");
    constexpr std::size_t block = std::size_t{1} << 18;
    const auto persons = static_cast<std::size_t>(m_persons);
    m_genuineOf.assign(persons, 0);
    std::vector<std::size_t> begin(persons + 1, 0); // impostor pairs by their first person
    for (std::size_t i = 0; i < n; ++i) {
        if (i % block == 0)
            progress.throwIfCancelled();
        if (a[i] < 0 || a[i] >= m_persons || b[i] < 0 || b[i] >= m_persons)
            throw Error("Pair " + std::to_string(i) + " names a person that is not between 0 and " + std::to_string(m_persons - 1) + ".");
        if (a[i] == b[i])
            ++m_genuineOf[static_cast<std::size_t>(a[i])];
        else
            ++begin[static_cast<std::size_t>(std::min(a[i], b[i])) + 1];
    }
    for (std::size_t p = 0; p < persons; ++p)
        begin[p + 1] += begin[p];
    m_impostor.reserve(begin[persons]);
    m_genuine.reserve(n - begin[persons]);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % block == 0)
            progress.throwIfCancelled();
        const std::size_t at = scores.order[i];
        if (a[at] == b[at])
            m_genuine.push_back({scores.values[i], a[at]});
        else
            m_impostor.push_back({scores.values[i], std::min(a[at], b[at]), std::max(a[at], b[at])});
    }
    // How many pairs every two persons have: those of one first person together, then counted by the second.
    std::vector<std::int32_t> second(m_impostor.size());
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % block == 0)
            progress.throwIfCancelled();
        if (a[i] != b[i])
            second[next[static_cast<std::size_t>(std::min(a[i], b[i]))]++] = std::max(a[i], b[i]);
    }
    std::vector<std::int64_t> count(persons, 0);
    std::vector<std::int32_t> met;
    for (std::size_t p = 0; p < persons; ++p) {
        progress.throwIfCancelled();
        met.clear();
        for (std::size_t i = begin[p]; i < begin[p + 1]; ++i)
            if (count[static_cast<std::size_t>(second[i])]++ == 0)
                met.push_back(second[i]);
        std::sort(met.begin(), met.end());
        for (const std::int32_t q : met)
            m_counts.push_back({static_cast<std::int32_t>(p), q, std::exchange(count[static_cast<std::size_t>(q)], 0)});
    }
}

void PersonPairs::check(std::span<const std::int32_t> multiplicity) const
{
    if (multiplicity.size() != static_cast<std::size_t>(m_persons))
        throw Error("There are " + std::to_string(m_persons) + " persons but " + std::to_string(multiplicity.size()) + " multiplicities.");
}

std::int64_t PersonPairs::genuineWeight(std::span<const std::int32_t> multiplicity) const
{
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < m_genuineOf.size(); ++p)
        sum += m_genuineOf[p] * multiplicity[p];
    return sum;
}

std::int64_t PersonPairs::impostorWeight(std::span<const std::int32_t> multiplicity) const
{
    std::int64_t sum = 0;
    for (const Count &count : m_counts)
        sum += count.pairs * multiplicity[static_cast<std::size_t>(count.a)] * multiplicity[static_cast<std::size_t>(count.b)];
    return sum;
}

Roc PersonPairs::roc(std::span<const std::int32_t> multiplicity) const
{
    check(multiplicity);
    Roc roc;
    roc.genuines = genuineWeight(multiplicity);
    roc.impostors = impostorWeight(multiplicity);
    if (roc.genuines == 0 || roc.impostors == 0)
        throw Error("Verification needs genuine and impostor pairs; these people have " + std::to_string(roc.genuines) + " and " + std::to_string(roc.impostors)
                    + ".");
    RocVertex vertex{std::numeric_limits<double>::infinity(), 0, 0};
    roc.vertices.push_back(vertex);
    std::size_t g = 0;
    std::size_t i = 0;
    while (g < m_genuine.size() || i < m_impostor.size()) {
        const bool fromGenuine = i == m_impostor.size() || (g < m_genuine.size() && m_genuine[g].score > m_impostor[i].score);
        const float score = fromGenuine ? m_genuine[g].score : m_impostor[i].score;
        const RocVertex before = vertex;
        for (; g < m_genuine.size() && m_genuine[g].score == score; ++g)
            vertex.tp += multiplicity[static_cast<std::size_t>(m_genuine[g].person)];
        for (; i < m_impostor.size() && m_impostor[i].score == score; ++i)
            vertex.fp +=
                static_cast<std::int64_t>(multiplicity[static_cast<std::size_t>(m_impostor[i].a)]) * multiplicity[static_cast<std::size_t>(m_impostor[i].b)];
        vertex.threshold = static_cast<double>(score);
        if (vertex.fp != before.fp || vertex.tp != before.tp) // a score whose pairs all weigh nothing is not there
            roc.vertices.push_back(vertex);
    }
    return roc;
}

double PersonPairs::tarAtFar(double target, std::span<const std::int32_t> multiplicity) const
{
    double tar = 0;
    tarAtFar({&target, 1}, multiplicity, {&tar, 1});
    return tar;
}

void PersonPairs::tarAtFar(std::span<const double> targets, std::span<const std::int32_t> multiplicity, std::span<double> tars) const
{
    check(multiplicity);
    if (tars.size() != targets.size())
        throw Error("There are " + std::to_string(targets.size()) + " FAR targets but room for " + std::to_string(tars.size()) + " values.");
    const std::int64_t genuines = genuineWeight(multiplicity);
    const std::int64_t impostors = impostorWeight(multiplicity);
    if (genuines == 0 || impostors == 0) {
        std::fill(tars.begin(), tars.end(), std::numeric_limits<double>::quiet_NaN());
        return;
    }
    std::vector<std::size_t> ascending(targets.size());
    std::iota(ascending.begin(), ascending.end(), std::size_t{0});
    std::sort(ascending.begin(), ascending.end(), [&](std::size_t x, std::size_t y) { return targets[x] < targets[y]; });
    // FAR grows only at impostors' scores: everything strictly above the first one that breaks the target is accepted. A larger target is
    // broken further down, so both walks go on where the last one stopped.
    std::int64_t fp = 0;
    std::int64_t tp = 0;
    std::size_t i = 0;
    std::size_t g = 0;
    float limit = -std::numeric_limits<float>::infinity();
    bool limited = false;
    for (const std::size_t t : ascending) {
        while (!(limited && static_cast<double>(fp) / static_cast<double>(impostors) > targets[t])) {
            limited = i < m_impostor.size();
            if (!limited)
                break;
            limit = m_impostor[i].score;
            for (; i < m_impostor.size() && m_impostor[i].score == limit; ++i)
                fp += static_cast<std::int64_t>(multiplicity[static_cast<std::size_t>(m_impostor[i].a)])
                    * multiplicity[static_cast<std::size_t>(m_impostor[i].b)];
        }
        for (; g < m_genuine.size() && (!limited || m_genuine[g].score > limit); ++g)
            tp += multiplicity[static_cast<std::size_t>(m_genuine[g].person)];
        tars[t] = static_cast<double>(tp) / static_cast<double>(genuines);
    }
}

} // namespace dscope
