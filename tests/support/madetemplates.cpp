// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madetemplates.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace dscope::test {

MadeTemplates madeTemplates(const MadeTemplatesOptions &options)
{
    Random random(options.seed, 77);
    const auto dim = static_cast<std::size_t>(options.dim);
    std::vector<std::vector<double>> people(static_cast<std::size_t>(options.subjects), std::vector<double>(dim));
    for (std::vector<double> &person : people)
        for (double &value : person)
            value = random.normal();
    MadeTemplates made;
    TemplateFeatures &set = made.set;
    set.benchmark = "made";
    set.synthetic = true;
    set.dim = options.dim;
    for (std::int64_t s = 0; s < options.subjects; ++s)
        set.subjectNames.push_back("person " + std::to_string(s));
    for (std::int64_t t = 0; t < options.templates; ++t) {
        const auto subject = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(options.subjects)));
        const std::int64_t size = random.chance(options.empty) ? 0 : 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(options.most)));
        const bool near = random.chance(options.nearlyEqual);
        const auto middle = static_cast<float>(random.uniform(0.2, 0.8));
        for (std::int64_t i = 0; i < size; ++i) {
            const double quality = random.uniform();
            auto score = static_cast<float>(quality);
            if (near)
                score = middle * (1 + static_cast<float>(random.below(5)) * 0x1p-23F);
            else if (random.chance(options.ties))
                score = static_cast<float>(random.below(5)) / 4;
            set.dScores.push_back(score);
            for (std::size_t d = 0; d < dim; ++d)
                set.features.push_back(static_cast<float>(4 * quality * people[static_cast<std::size_t>(subject)][d] + 3 * (1.2 - quality) * random.normal()));
        }
        set.begin.push_back(set.begin.back() + size);
        set.ids.push_back(1000 + t);
        set.subjects.push_back(subject);
    }
    const auto add = [&](std::int64_t a, std::int64_t b) {
        made.pairs.a.push_back(static_cast<std::uint32_t>(a));
        made.pairs.b.push_back(static_cast<std::uint32_t>(b));
        made.pairs.genuine.push_back(set.subjects[static_cast<std::size_t>(a)] == set.subjects[static_cast<std::size_t>(b)] ? 1 : 0);
    };
    const auto count = static_cast<std::uint64_t>(options.templates);
    if (options.pairs == 0)
        for (std::int64_t a = 0; a < options.templates; ++a)
            for (std::int64_t b = a + 1; b < options.templates; ++b)
                add(a, b);
    for (std::int64_t i = 0; i < options.pairs; ++i) {
        const auto a = static_cast<std::int64_t>(random.below(count));
        add(a, (a + 1 + static_cast<std::int64_t>(random.below(count - 1))) % options.templates);
    }
    return made;
}

} // namespace dscope::test
