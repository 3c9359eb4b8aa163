// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/keep.h"

#include "core/aggregation/enough.h"
#include "core/base/text.h"

#include <algorithm>

namespace dscope {

std::int64_t Keep::countOf(std::span<const float> descending) const
{
    const auto size = static_cast<std::int64_t>(descending.size());
    std::int64_t count = 0;
    switch (mode) {
    case Mode::TopK: count = k; break;
    case Mode::Enough: count = enoughOf(descending, enough); break;
    case Mode::Threshold:
        count = std::partition_point(descending.begin(), descending.end(), [this](float score) { return static_cast<double>(score) > threshold; })
            - descending.begin();
        break;
    }
    return std::min(size, std::max<std::int64_t>(1, count));
}

bool Keep::fallsBack(std::span<const float> descending) const
{
    return mode == Mode::Threshold && !descending.empty() && !(static_cast<double>(descending.front()) > threshold);
}

void Keep::applyTo(AggregateOptions &options) const
{
    options.threshold = threshold;
    options.keepBest = mode == Mode::TopK ? k : 0;
    options.keepEnough = mode == Mode::Enough ? enough : 0;
    options.k = k;
}

std::string Keep::words() const
{
    switch (mode) {
    case Mode::TopK: return "best " + std::to_string(k);
    case Mode::Enough: return printed("enough %g", enough);
    default: return printed("t = %.4f", threshold);
    }
}

} // namespace dscope
