// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/labelledpairs.h"

#include "core/base/random.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dscope {

namespace {

constexpr std::uint64_t s_seed = 20200701;

std::int64_t pairsAmong(std::size_t n)
{
    return static_cast<std::int64_t>(n) * (static_cast<std::int64_t>(n) - 1) / 2;
}

} // namespace

TemplatePairs labelledPairs(const TemplateFeatures &set, std::int64_t most)
{
    std::vector<std::vector<std::uint32_t>> people(set.subjectNames.size());
    std::vector<std::uint32_t> labelled;
    const auto subject = [&](std::uint32_t t) { return set.subjects[t]; };
    for (std::uint32_t t = 0; t < static_cast<std::uint32_t>(set.templates()); ++t)
        if (subject(t) >= 0 && set.size(t) > 0) {
            people[static_cast<std::size_t>(subject(t))].push_back(t);
            labelled.push_back(t);
        }
    const std::int64_t all = pairsAmong(labelled.size());
    std::int64_t genuine = 0;
    for (const auto &own : people)
        genuine += pairsAmong(own.size());
    TemplatePairs pairs;
    if (genuine == 0 || genuine == all)
        return pairs;
    const auto add = [&pairs](std::uint32_t a, std::uint32_t b, bool same) {
        pairs.a.push_back(a);
        pairs.b.push_back(b);
        pairs.genuine.push_back(same ? 1 : 0);
    };

    Random random(s_seed);
    if (genuine <= most / 2 || all <= most) {
        for (const auto &own : people)
            for (std::size_t i = 0; i < own.size(); ++i)
                for (std::size_t j = i + 1; j < own.size(); ++j)
                    add(own[i], own[j], true);
    } else {
        // A person is drawn with the share of the pairs that are theirs, so every genuine pair is equally likely.
        std::vector<const std::vector<std::uint32_t> *> several;
        std::vector<std::int64_t> upTo;
        std::int64_t sum = 0;
        for (const auto &own : people)
            if (own.size() > 1) {
                several.push_back(&own);
                upTo.push_back(sum += pairsAmong(own.size()));
            }
        while (pairs.size() < most / 2) {
            const auto drawn = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(sum)));
            const auto &own = *several[static_cast<std::size_t>(std::upper_bound(upTo.begin(), upTo.end(), drawn) - upTo.begin())];
            const auto i = random.below(own.size());
            const auto j = (i + 1 + random.below(own.size() - 1)) % own.size();
            add(own[i], own[j], true);
        }
    }
    if (all <= most) {
        for (std::size_t i = 0; i < labelled.size(); ++i)
            for (std::size_t j = i + 1; j < labelled.size(); ++j)
                if (subject(labelled[i]) != subject(labelled[j]))
                    add(labelled[i], labelled[j], false);
        return pairs;
    }
    // Where one person has nearly all groups two drawn at random are hardly ever of two people. Their groups in a row, so that the others' are the rest:
    const std::int64_t impostor = all - genuine;
    constexpr std::int64_t seldom = 10;
    if (impostor >= all / seldom && impostor > most - pairs.size()) {
        while (pairs.size() < most) {
            const auto a = labelled[random.below(labelled.size())];
            const auto b = labelled[random.below(labelled.size())];
            if (subject(a) != subject(b))
                add(a, b, false);
        }
        return pairs;
    }
    std::vector<std::uint32_t> row;
    std::vector<std::pair<std::size_t, std::size_t>> own; // of each in the row, its person's part of it
    std::vector<std::uint64_t> upTo;                      // how many impostor pairs begin with those before
    std::uint64_t sum = 0;
    for (const auto &groups : people) {
        const std::size_t begin = row.size();
        row.insert(row.end(), groups.begin(), groups.end());
        for (std::size_t i = 0; i < groups.size(); ++i) {
            own.emplace_back(begin, row.size());
            upTo.push_back(sum += labelled.size() - groups.size());
        }
    }
    if (impostor <= most - pairs.size()) {
        for (std::size_t a = 0; a < row.size(); ++a)
            for (std::size_t b = own[a].second; b < row.size(); ++b)
                add(row[a], row[b], false);
        return pairs;
    }
    while (pairs.size() < most) {
        const auto a = static_cast<std::size_t>(std::upper_bound(upTo.begin(), upTo.end(), random.below(sum)) - upTo.begin());
        const auto [begin, end] = own[a];
        const std::size_t b = random.below(row.size() - (end - begin));
        add(row[a], row[b < begin ? b : b + (end - begin)], false);
    }
    return pairs;
}

} // namespace dscope
