// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/tidypairs.h"

#include "core/base/leftout.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dscope {

namespace {

constexpr std::size_t s_between = std::size_t{1} << 16; // pairs between two checks for cancellation

std::uint64_t keyOf(std::uint32_t a, std::uint32_t b)
{
    return std::uint64_t{std::min(a, b)} << 32 | std::max(a, b);
}

/// What is wrong with a pair that is listed more than once.
struct Repeated {
    bool both = false;  ///< with either label
    bool taken = false; ///< the first one is through
};

/// The pairs listed more than once. The pairs are put into buckets by their lower template, so that none of the sorting is long.
std::unordered_map<std::uint64_t, Repeated> repeatedPairs(const TemplatePairs &pairs, std::size_t templates, Progress &progress)
{
    std::vector<std::size_t> begin(templates + 1, 0);
    const auto lower = [&](std::size_t i) { return std::size_t{std::min(pairs.a[i], pairs.b[i])}; };
    for (std::size_t i = 0; i < pairs.a.size(); ++i)
        ++begin[lower(i) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::uint64_t> others(pairs.a.size()); // the higher template, then the label
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    for (std::size_t i = 0; i < pairs.a.size(); ++i) {
        if (i % s_between == 0)
            progress.throwIfCancelled();
        others[next[lower(i)]++] = std::uint64_t{std::max(pairs.a[i], pairs.b[i])} << 1 | (pairs.genuine[i] != 0 ? 1U : 0U);
    }
    std::unordered_map<std::uint64_t, Repeated> found;
    for (std::size_t t = 0; t < templates; ++t) {
        if (t % 256 == 0)
            progress.throwIfCancelled();
        const auto first = others.begin() + static_cast<std::ptrdiff_t>(begin[t]);
        const auto last = others.begin() + static_cast<std::ptrdiff_t>(begin[t + 1]);
        std::sort(first, last);
        for (auto at = first; at != last && at + 1 != last; ++at)
            if (*at >> 1 == *(at + 1) >> 1) {
                Repeated &repeated = found[std::uint64_t{t} << 32 | *at >> 1];
                repeated.both = repeated.both || *at != *(at + 1);
            }
    }
    return found;
}

} // namespace

void tidyPairs(TemplatePairs &pairs, std::span<const std::int32_t> people, const std::string &where, const PairNames &names, std::vector<std::string> &warnings,
               Progress &progress)
{
    std::unordered_map<std::uint64_t, Repeated> repeated = repeatedPairs(pairs, people.size(), progress);
    LeftOut selves;
    LeftOut again;
    LeftOut contradictory;
    LeftOut subjects;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pairs.a.size(); ++i) {
        if (i % s_between == 0)
            progress.throwIfCancelled();
        const std::uint32_t a = pairs.a[i];
        const std::uint32_t b = pairs.b[i];
        if (a == b) {
            selves.add(names(a, b));
            continue;
        }
        if (!repeated.empty())
            if (const auto entry = repeated.find(keyOf(a, b)); entry != repeated.end()) {
                if (entry->second.both) {
                    contradictory.add(names(a, b));
                    continue;
                }
                if (std::exchange(entry->second.taken, true)) {
                    again.add(names(a, b));
                    continue;
                }
            }
        const std::int32_t one = people[a];
        const std::int32_t other = people[b];
        if (one >= 0 && other >= 0 && (one == other) != (pairs.genuine[i] != 0))
            subjects.add(names(a, b));
        pairs.a[kept] = a;
        pairs.b[kept] = b;
        pairs.genuine[kept++] = pairs.genuine[i];
    }
    pairs.a.resize(kept);
    pairs.b.resize(kept);
    pairs.genuine.resize(kept);
    if (selves.count() > 0)
        warnings.push_back(where + selves.sentence("pair of a template with itself was", "pairs of a template with itself were"));
    if (again.count() > 0)
        warnings.push_back(where + again.sentence("pair that was listed before was", "pairs that were listed before were"));
    if (contradictory.count() > 0)
        warnings.push_back(where
                           + contradictory.sentence("line of a pair that is listed as genuine and as impostor was",
                                                    "lines of pairs that are listed as genuine and as impostors were"));
    if (subjects.count() > 0)
        warnings.push_back(where
                           + subjects.listed("pair is labelled otherwise than the subjects in the lists say; it counts as labelled",
                                             "pairs are labelled otherwise than the subjects in the lists say; they count as labelled"));
}

std::string lackingKind(const TemplatePairs &pairs)
{
    const std::int64_t genuine = pairs.genuineCount();
    if (genuine > 0 && genuine < pairs.size())
        return {};
    return "has " + std::to_string(genuine) + (genuine == 1 ? " genuine pair" : " genuine pairs") + " and " + std::to_string(pairs.size() - genuine)
        + (pairs.size() - genuine == 1 ? " impostor pair" : " impostor pairs") + "; verification needs both kinds.";
}

} // namespace dscope
