// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/draws.h"

#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>

namespace dscope {

void FacePool::check() const
{
    const auto fits = [](const std::string &what, std::size_t is, std::int64_t wanted) {
        if (is != static_cast<std::size_t>(wanted))
            throw Error("A pool of faces has " + std::to_string(is) + " " + what + "; " + std::to_string(wanted) + " are needed.");
    };
    if (dim < 1 || versions < 0)
        throw Error("A pool of faces needs features of some length, and no fewer than 0 degraded versions.");
    fits("feature values", features.size(), pictures() * dim);
    fits("D-scores", dScores.size(), pictures());
    if (!detector.empty())
        fits("detector scores", detector.size(), pictures());
    if (!files.empty())
        fits("file names", files.size(), faces());
    for (const auto &[score, values] : quality)
        fits("scores called '" + score + "'", values.size(), pictures());
    for (const std::int32_t label : labels)
        if (label < 0 || static_cast<std::size_t>(label) >= people.size())
            throw Error("A pool of faces names person " + std::to_string(label) + ", who is not there.");
}

ComparedSet drawTemplates(const FacePool &pool, const DrawOptions &options, std::int64_t draw)
{
    pool.check();
    if (options.size < 1 || options.templatesPerPerson < 1 || !(options.degradedShare >= 0 && options.degradedShare <= 1))
        throw Error("Templates need a picture at least, one template a person at least, and a share of degraded pictures between 0 and 1.");
    if (options.degraded && pool.versions < 1)
        throw Error("Degraded templates need degraded versions of the faces.");
    std::vector<std::vector<std::size_t>> people(pool.people.size());
    for (std::size_t i = 0; i < pool.labels.size(); ++i)
        people[static_cast<std::size_t>(pool.labels[i])].push_back(i);

    ComparedSet made;
    TemplateFeatures &set = made.set;
    set.benchmark = pool.name;
    set.dim = pool.dim;
    set.subjectNames = pool.people;
    const auto size = static_cast<std::size_t>(options.size);
    const auto rows = static_cast<std::size_t>(pool.versions) + 1;
    std::vector<std::size_t> places;
    Random random(options.seed, static_cast<std::uint64_t>(draw) * 1000 + size * 2 + (options.degraded ? 1 : 0));
    for (std::size_t p = 0; p < people.size(); ++p) {
        std::vector<std::size_t> own = people[p];
        random.shuffle(own);
        const std::size_t templates = std::min(own.size() / size, static_cast<std::size_t>(options.templatesPerPerson));
        for (std::size_t t = 0; t < templates; ++t) {
            for (std::size_t i = 0; i < size; ++i) {
                std::size_t version = 0;
                if (options.degraded && random.chance(options.degradedShare)) {
                    const std::uint64_t drawn = random.below(static_cast<std::uint64_t>(pool.versions));
                    version = 1 + (options.draws > 0 && pool.versions >= options.draws ? static_cast<std::size_t>(draw) : static_cast<std::size_t>(drawn));
                }
                places.push_back(own[t * size + i] * rows + version);
            }
            set.ids.push_back(static_cast<std::int64_t>(set.ids.size()));
            set.subjects.push_back(static_cast<std::int32_t>(p));
            set.begin.push_back(static_cast<std::int64_t>(places.size()));
        }
    }
    if (set.ids.empty())
        throw Error("Nobody has the " + std::to_string(size) + " pictures that a template needs.");

    const auto pick = [&](const std::vector<float> &from, std::vector<float> &to) {
        if (!from.empty())
            for (const std::size_t at : places)
                to.push_back(from[at]);
    };
    const auto width = static_cast<std::size_t>(pool.dim);
    set.features.reserve(places.size() * width);
    for (const std::size_t at : places)
        set.features.insert(set.features.end(), pool.features.begin() + static_cast<std::ptrdiff_t>(at * width),
                            pool.features.begin() + static_cast<std::ptrdiff_t>((at + 1) * width));
    pick(pool.dScores, set.dScores);
    pick(pool.detector, set.detector);
    for (const auto &[name, scores] : pool.quality)
        pick(scores, set.quality[name]);
    if (!pool.files.empty())
        for (const std::size_t at : places)
            set.names.push_back(pool.files[at / rows]);

    const auto count = static_cast<std::uint32_t>(set.ids.size());
    for (std::uint32_t a = 0; a < count; ++a)
        for (std::uint32_t b = a + 1; b < count; ++b) {
            made.pairs.a.push_back(a);
            made.pairs.b.push_back(b);
            made.pairs.genuine.push_back(set.subjects[a] == set.subjects[b] ? 1 : 0);
        }
    return made;
}

} // namespace dscope
