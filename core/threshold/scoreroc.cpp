// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/scoreroc.h"

#include "core/base/error.h"
#include "core/threshold/sortedscores.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope {

ScoreRoc::ScoreRoc(std::span<const float> genuine, std::span<const float> impostor) : m_genuine(genuine), m_impostor(impostor)
{
    if (genuine.empty() || impostor.empty())
        throw Error("Verification needs genuine and impostor pairs; there are " + std::to_string(genuine.size()) + " genuine and "
                    + std::to_string(impostor.size()) + " impostor ones.");
}

bool ScoreRoc::isLast(const Corner &corner) const
{
    return corner.fp == std::ssize(m_impostor) && corner.tp == std::ssize(m_genuine);
}

ScoreRoc::Corner ScoreRoc::next(Corner corner) const
{
    auto i = static_cast<std::size_t>(corner.fp);
    auto g = static_cast<std::size_t>(corner.tp);
    const float score = i == m_impostor.size() || (g < m_genuine.size() && m_genuine[g] > m_impostor[i]) ? m_genuine[g] : m_impostor[i];
    while (i < m_impostor.size() && m_impostor[i] == score)
        ++i;
    while (g < m_genuine.size() && m_genuine[g] == score)
        ++g;
    return {static_cast<std::int64_t>(i), static_cast<std::int64_t>(g)};
}

ScoreRoc::Corner ScoreRoc::before(Corner corner) const
{
    auto i = static_cast<std::size_t>(corner.fp);
    auto g = static_cast<std::size_t>(corner.tp);
    const float score = i == 0 || (g > 0 && m_genuine[g - 1] < m_impostor[i - 1]) ? m_genuine[g - 1] : m_impostor[i - 1];
    while (i > 0 && m_impostor[i - 1] == score)
        --i;
    while (g > 0 && m_genuine[g - 1] == score)
        --g;
    return {static_cast<std::int64_t>(i), static_cast<std::int64_t>(g)};
}

/// True for what scikit-learn's roc_curve leaves out: an inner vertex between two equal steps.
bool ScoreRoc::pruned(const Corner &corner) const
{
    if (isFirst(corner) || isLast(corner))
        return false;
    const Corner last = before(corner);
    if (isFirst(last)) // the first vertex that is reached
        return false;
    const Corner after = next(corner);
    return after.fp - corner.fp == corner.fp - last.fp && after.tp - corner.tp == corner.tp - last.tp;
}

double ScoreRoc::threshold(const Corner &corner) const
{
    double lowest = std::numeric_limits<double>::infinity();
    if (corner.fp > 0)
        lowest = static_cast<double>(m_impostor[static_cast<std::size_t>(corner.fp) - 1]);
    if (corner.tp > 0)
        lowest = std::min(lowest, static_cast<double>(m_genuine[static_cast<std::size_t>(corner.tp) - 1]));
    return lowest;
}

ScoreRoc::Corner ScoreRoc::strict(double target) const
{
    if (!(target >= 0))
        return {0, 0};
    // The most impostors that the target allows, by the very division that gives a vertex its FAR.
    std::int64_t most = 0;
    for (std::int64_t step = std::int64_t{1} << 62; step > 0; step /= 2)
        if (step <= std::ssize(m_impostor) - most && far({most + step, 0}) <= target)
            most += step;
    if (most == std::ssize(m_impostor))
        return {most, std::ssize(m_genuine)};
    // Everything strictly above the first impostor beyond it.
    const float limit = m_impostor[static_cast<std::size_t>(most)];
    return {countAbove(m_impostor, limit), countAbove(m_genuine, limit)};
}

ScoreRoc::Corner ScoreRoc::nearest(double target) const
{
    // FAR never falls along the curve, so the closest vertices that are left lie next to the target on either side. Of equal FARs the last
    // one, with the larger TAR, comes first in the search from the end.
    Corner below = strict(target);
    while (pruned(below))
        below = before(below);
    Corner above = strict(target);
    if (isLast(above))
        return below;
    do {
        above = next(above);
    } while (pruned(above));
    Corner ahead = above;
    while (!isLast(ahead)) {
        ahead = next(ahead);
        if (ahead.fp != above.fp)
            break;
        if (!pruned(ahead))
            above = ahead;
    }
    return std::abs(far(below) - target) < std::abs(far(above) - target) ? below : above;
}

FarPoint ScoreRoc::tarAtFar(double target, FarRule rule) const
{
    const Corner corner = rule == FarRule::Strict ? strict(target) : nearest(target);
    return {target, rule, tar(corner), far(corner), threshold(corner), corner.fp, corner.tp, std::ssize(m_impostor), std::ssize(m_genuine)};
}

std::vector<FarPoint> ScoreRoc::tarAtFar(std::span<const double> targets, FarRule rule) const
{
    std::vector<FarPoint> points;
    for (const double target : targets)
        points.push_back(tarAtFar(target, rule));
    return points;
}

Eer ScoreRoc::equalErrorRate() const
{
    // FAR - FRR grows along the curve: the best vertex is the first where it is not negative, or the one before.
    const auto value = [&](float score) {
        const Corner corner{countFrom(m_impostor, score), countFrom(m_genuine, score)};
        return far(corner) - (1.0 - tar(corner));
    };
    const auto below = [&](float score) { return value(score) < 0; };
    const auto impostor = std::partition_point(m_impostor.begin(), m_impostor.end(), below);
    const auto genuine = std::partition_point(m_genuine.begin(), m_genuine.end(), below);
    float score = -std::numeric_limits<float>::infinity();
    if (impostor != m_impostor.end())
        score = *impostor;
    if (genuine != m_genuine.end())
        score = std::max(score, *genuine);
    const Corner crossing{countFrom(m_impostor, score), countFrom(m_genuine, score)};
    const Corner last = before(crossing);
    const auto at = [&](const Corner &corner) {
        const double frr = 1.0 - tar(corner);
        return Eer{(far(corner) + frr) / 2, far(corner), frr, threshold(corner)};
    };
    const Eer first = at(last);
    const Eer second = at(crossing);
    return std::abs(second.far - second.frr) < std::abs(first.far - first.frr) ? second : first;
}

void ScoreRoc::thinned(std::size_t count, std::vector<double> &fars, std::vector<double> &tars) const
{
    fars.clear();
    tars.clear();
    const auto add = [&](const Corner &corner) {
        if (!fars.empty() && fars.back() == far(corner) && tars.back() == tar(corner))
            return;
        fars.push_back(far(corner));
        tars.push_back(tar(corner));
    };
    const double least = 1.0 / static_cast<double>(m_impostor.size());
    add(strict(0));
    const std::size_t steps = std::max<std::size_t>(count, 3) - 2;
    for (std::size_t i = 0; i < steps; ++i)
        add(strict(std::exp(std::log(least) * (1 - static_cast<double>(i) / static_cast<double>(steps)))));
    add({std::ssize(m_impostor), std::ssize(m_genuine)});
}

void ScoreRoc::corners(std::size_t most, std::vector<double> &fars, std::vector<double> &tars) const
{
    const auto add = [&](const Corner &corner) {
        if (!fars.empty() && fars.back() == far(corner) && tars.back() == tar(corner))
            return;
        fars.push_back(far(corner));
        tars.push_back(tar(corner));
    };
    fars.clear();
    tars.clear();
    Corner corner{0, 0};
    add(corner);
    std::size_t count = 1;
    for (; !isLast(corner) && count <= most; ++count)
        add(corner = next(corner));
    if (count <= most)
        return;
    fars.clear();
    tars.clear();
    add({0, 0});
    const double low = std::log(1.0 / static_cast<double>(m_impostor.size()));
    const std::size_t grid = std::max<std::size_t>(most, 5) - 4;
    add(strict(0));
    for (std::size_t i = 0; i <= grid; ++i) // one pair is within reach in spite of rounding
        add(strict(std::exp(low * (1.0 - static_cast<double>(i) / static_cast<double>(grid))) * (1 + 1e-12)));
    add({std::ssize(m_impostor), std::ssize(m_genuine)});
}

std::vector<double> histogramOf(std::span<const float> descending, std::size_t bins)
{
    std::vector<double> shares(bins, 0);
    if (descending.empty())
        return shares;
    // Scores below this were never compared (notEnrolled is -2, cosines round to a little beyond -1 at most).
    constexpr float floor = -1.5F;
    const auto from = [&](double edge) {
        return std::partition_point(descending.begin(), descending.end(), [edge](float score) { return static_cast<double>(score) >= edge; })
            - descending.begin();
    };
    std::ptrdiff_t before = 0;
    for (std::size_t bin = bins; bin-- > 0;) {
        const std::ptrdiff_t to = bin == 0 ? countAbove(descending, floor) : from(-1.0 + 2.0 * static_cast<double>(bin) / static_cast<double>(bins));
        shares[bin] = static_cast<double>(to - before) / static_cast<double>(descending.size());
        before = to;
    }
    return shares;
}

} // namespace dscope
