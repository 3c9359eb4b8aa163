// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/selection.h"

#include "core/aggregation/enough.h"
#include "core/base/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope {

void Selection::setBest(std::int64_t count)
{
    mode = Mode::TopK;
    k = static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

void Selection::setEnough(double sum)
{
    mode = Mode::Enough;
    enough = sum;
}

std::int64_t Selection::countOf(std::span<const float> descending, std::span<const double> sumsBefore) const
{
    const auto size = static_cast<std::int64_t>(descending.size());
    std::int64_t count = size;
    switch (mode) {
    case Mode::All: break;
    case Mode::TopK: count = k; break;
    case Mode::Enough:
        count = sumsBefore.empty()
            ? enoughOf(descending, enough)
            : std::partition_point(sumsBefore.begin(), sumsBefore.end(), [this](double sum) { return sum < enough; }) - sumsBefore.begin();
        break;
    case Mode::Threshold:
        count = std::partition_point(descending.begin(), descending.end(), [this](float score) { return static_cast<double>(score) > threshold; })
            - descending.begin();
        break;
    }
    return std::min(size, std::max<std::int64_t>(1, count));
}

bool Selection::fallsBack(std::span<const float> descending) const
{
    return moves() && !descending.empty() && !(static_cast<double>(descending.front()) > threshold);
}

std::string Selection::words() const
{
    switch (mode) {
    case Mode::TopK: return "best " + std::to_string(k);
    case Mode::Enough: return printed("enough %g", enough);
    case Mode::All: return "all";
    case Mode::Threshold: break;
    }
    return printed("t = %.4f", threshold);
}

void KeptShares::add(std::span<const float> descending, std::span<const double> sumsBefore)
{
    if (descending.empty())
        return;
    m_scores.insert(m_scores.end(), descending.begin(), descending.end());
    m_best.push_back(descending.front());
    m_sums.insert(m_sums.end(), sumsBefore.begin(), sumsBefore.end());
}

void KeptShares::sort()
{
    std::sort(m_scores.begin(), m_scores.end());
    std::sort(m_best.begin(), m_best.end());
    std::sort(m_sums.begin(), m_sums.end());
}

std::int64_t KeptShares::keptAt(double t) const
{
    // Every score above t, and one for each group whose best is not.
    const auto above = [t](const std::vector<float> &ascending) {
        return ascending.end() - std::partition_point(ascending.begin(), ascending.end(), [t](float score) { return !(static_cast<double>(score) > t); });
    };
    return above(m_scores) + std::ssize(m_best) - above(m_best);
}

double KeptShares::thresholdForShare(double share) const
{
    if (m_scores.empty())
        return 0;
    // A share such as 3/10 must not ask for a fourth element because it is not exact in binary.
    const double n = static_cast<double>(m_scores.size());
    const auto wanted = static_cast<std::int64_t>(std::clamp(std::ceil(share * n - 1e-9), 0.0, n));
    if (keptAt(static_cast<double>(m_scores.back())) >= wanted)
        return static_cast<double>(m_scores.back());
    // Kept is D > t strictly, so the threshold that still keeps a score lies just below it.
    const auto below = [](float score) { return std::nextafter(static_cast<double>(score), -std::numeric_limits<double>::infinity()); };
    const auto end = std::partition_point(m_scores.begin(), m_scores.end(), [&](float score) { return keptAt(below(score)) >= wanted; });
    return below(end == m_scores.begin() ? m_scores.front() : *(end - 1));
}

double KeptShares::enoughForShare(double share) const
{
    return m_sums.empty() ? 0 : dscope::enoughForShare(m_sums, share);
}

double KeptShares::percentile(double dScore) const
{
    if (m_scores.empty())
        return 0;
    const auto below =
        std::partition_point(m_scores.begin(), m_scores.end(), [dScore](float score) { return static_cast<double>(score) < dScore; }) - m_scores.begin();
    return static_cast<double>(below) / static_cast<double>(m_scores.size());
}

std::int64_t KeptShares::bytes() const
{
    return static_cast<std::int64_t>((m_scores.size() + m_best.size()) * sizeof(float) + m_sums.size() * sizeof(double));
}

} // namespace dscope
