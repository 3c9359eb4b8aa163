// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/sweepplan.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace dscope {

std::vector<std::size_t> coarseToFine(std::size_t count)
{
    std::vector<std::size_t> order;
    std::vector<bool> taken(count, false);
    const auto take = [&](std::size_t i) {
        if (!taken[i]) {
            taken[i] = true;
            order.push_back(i);
        }
    };
    if (count == 0)
        return order;
    take(0);
    take(count - 1);
    for (std::size_t parts = 2; order.size() < count; parts *= 2)
        for (std::size_t i = 1; i < parts; i += 2)
            take(std::min(count - 1, (count - 1) * i / parts + ((count - 1) * i % parts * 2 >= parts ? 1 : 0)));
    return order;
}

std::vector<double> sweptThresholds(const TemplatePrefixes &prefixes, const LinearRule &rule, std::size_t count)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::int64_t faces = prefixes.set().faces();
    const double all = static_cast<double>(std::max<std::int64_t>(1, faces));
    const double least = static_cast<double>(prefixes.keptCount(rule.keep.at(infinity))) / all;
    std::vector<double> thresholds{infinity};
    double last = infinity;
    for (std::size_t i = 1; i + 1 < count; ++i) {
        const double t = prefixes.shares().thresholdForShare(least + (1 - least) * static_cast<double>(i) / static_cast<double>(count - 1));
        if (t < last)
            thresholds.push_back(t);
        last = std::min(last, t);
    }
    if (prefixes.keptCount(rule.keep.at(last)) < faces)
        thresholds.push_back(-infinity);
    return thresholds;
}

} // namespace dscope
