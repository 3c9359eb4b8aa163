// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/enough.h"

#include "core/aggregation/aggregate.h"
#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace dscope {

namespace {

double counted(float score)
{
    return std::max(0.0, static_cast<double>(score));
}

} // namespace

std::int64_t enoughOf(std::span<const float> descending, double enough)
{
    std::int64_t count = 0;
    double sum = 0;
    for (const float score : descending) {
        if (count > 0 && !(sum < enough))
            break;
        sum += counted(score);
        ++count;
    }
    return count;
}

std::vector<std::int64_t> enoughElements(std::span<const float> dScores, double enough)
{
    std::vector<float> descending(dScores.begin(), dScores.end());
    std::sort(descending.begin(), descending.end(), std::greater<>());
    return descending.empty() ? std::vector<std::int64_t>() : bestElements(dScores, enoughOf(descending, enough));
}

void appendSumsBefore(std::vector<double> &sums, std::span<const float> descending)
{
    double sum = 0;
    for (std::size_t i = 0; i < descending.size(); ++i) {
        sums.push_back(i == 0 ? -1 : sum);
        sum += counted(descending[i]);
    }
}

double enoughForShare(std::span<const double> sumsBefore, double share)
{
    if (sumsBefore.empty())
        throw Error("A budget needs pictures to be spent on.");
    const auto n = static_cast<double>(sumsBefore.size());
    // A share such as 3/10 must not ask for a fourth picture because it is not exact in binary.
    const auto wanted = static_cast<std::size_t>(std::clamp(std::ceil(share * n - 1e-9), 1.0, n));
    // Kept are sums below `enough`, strictly: up to the first sum that is larger than that of the last one wanted, and larger than 0.
    const double last = std::max(0.0, sumsBefore[wanted - 1]);
    const auto next = std::upper_bound(sumsBefore.begin(), sumsBefore.end(), last);
    return next == sumsBefore.end() ? last + 1 : *next;
}

} // namespace dscope
