#include "core/metrics/personpairs.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace dscope {

PersonPairs::PersonPairs(std::span<const float> scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, std::int32_t persons)
    : m_persons(persons)
{
    if (a.size() != scores.size() || b.size() != scores.size() || persons < 0)
        throw Error("There are " + std::to_string(scores.size()) + " scores but " + std::to_string(a.size()) + " and " + std::to_string(b.size())
                    + " persons of pairs.");
    m_genuineOf.assign(static_cast<std::size_t>(persons), 0);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i]))
            throw Error("The score of pair " + std::to_string(i) + " is not a number (NaN).");
        if (a[i] < 0 || a[i] >= persons || b[i] < 0 || b[i] >= persons)
            throw Error("Pair " + std::to_string(i) + " names a person that is not between 0 and " + std::to_string(persons - 1) + ".");
        if (a[i] == b[i]) {
            m_genuine.push_back({scores[i], a[i]});
            ++m_genuineOf[static_cast<std::size_t>(a[i])];
        } else {
            m_impostor.push_back({scores[i], std::min(a[i], b[i]), std::max(a[i], b[i])});
        }
    }
    std::vector<std::pair<std::int32_t, std::int32_t>> both;
    both.reserve(m_impostor.size());
    for (const Impostor &pair : m_impostor)
        both.emplace_back(pair.a, pair.b);
    std::sort(both.begin(), both.end());
    for (const auto &[p, q] : both) {
        if (m_counts.empty() || m_counts.back().a != p || m_counts.back().b != q)
            m_counts.push_back({p, q, 0});
        ++m_counts.back().pairs;
    }
    std::sort(m_genuine.begin(), m_genuine.end(), [](const Genuine &x, const Genuine &y) { return x.score > y.score; });
    std::sort(m_impostor.begin(), m_impostor.end(), [](const Impostor &x, const Impostor &y) { return x.score > y.score; });
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
    check(multiplicity);
    const std::int64_t genuines = genuineWeight(multiplicity);
    const std::int64_t impostors = impostorWeight(multiplicity);
    if (genuines == 0 || impostors == 0)
        return std::numeric_limits<double>::quiet_NaN();
    // FAR grows only at impostors' scores: everything strictly above the first one that breaks the target is accepted.
    std::int64_t fp = 0;
    std::size_t i = 0;
    float limit = -std::numeric_limits<float>::infinity();
    bool limited = false;
    while (i < m_impostor.size() && !limited) {
        const float score = m_impostor[i].score;
        for (; i < m_impostor.size() && m_impostor[i].score == score; ++i)
            fp += static_cast<std::int64_t>(multiplicity[static_cast<std::size_t>(m_impostor[i].a)]) * multiplicity[static_cast<std::size_t>(m_impostor[i].b)];
        if (static_cast<double>(fp) / static_cast<double>(impostors) > target)
            limit = score, limited = true;
    }
    std::int64_t tp = 0;
    for (const Genuine &pair : m_genuine) {
        if (limited && !(pair.score > limit))
            break;
        tp += multiplicity[static_cast<std::size_t>(pair.person)];
    }
    return static_cast<double>(tp) / static_cast<double>(genuines);
}

} // namespace dscope
