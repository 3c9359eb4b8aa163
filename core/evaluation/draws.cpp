// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/draws.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

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
    if (!cameras.empty())
        fits("cameras", cameras.size(), faces());
    for (const auto &[score, values] : quality)
        fits("scores called '" + score + "'", values.size(), pictures());
    for (const std::int32_t label : labels)
        if (label < 0 || static_cast<std::size_t>(label) >= people.size())
            throw Error("A pool of faces names person " + std::to_string(label) + ", who is not there.");
}

FacePool joined(std::vector<FacePool> pools)
{
    if (pools.empty())
        throw Error("There is no pool to join.");
    FacePool all = std::move(pools.front());
    all.check();
    const auto append = [](auto &to, const auto &from) { to.insert(to.end(), from.begin(), from.end()); };
    const auto appendAll = [&](auto &to, const auto &from) { // of all or of none
        if (to.empty() || from.empty())
            to.clear();
        else
            append(to, from);
    };
    std::set<std::string> people(all.people.begin(), all.people.end());
    for (std::size_t i = 1; i < pools.size(); ++i) {
        const FacePool &pool = pools[i];
        pool.check();
        if (pool.dim != all.dim || pool.versions != all.versions)
            throw Error("Pools to join have embeddings of one length and as many degraded versions of every picture; these have " + std::to_string(all.dim)
                        + " and " + std::to_string(pool.dim) + " values, " + std::to_string(all.versions) + " and " + std::to_string(pool.versions)
                        + " versions.");
        for (const std::string &person : pool.people)
            if (!people.insert(person).second)
                throw Error("The person " + shown(person) + " is in two of the pools.");
        const auto before = static_cast<std::int32_t>(all.people.size());
        for (const std::int32_t label : pool.labels)
            all.labels.push_back(before + label);
        append(all.people, pool.people);
        appendAll(all.files, pool.files);
        if (all.cameras.empty() != pool.cameras.empty())
            throw Error("Of some of the pools the cameras are known, of others not.");
        append(all.cameras, pool.cameras);
        append(all.features, pool.features);
        append(all.dScores, pool.dScores);
        appendAll(all.detector, pool.detector);
        std::erase_if(all.quality, [&](const auto &score) { return !pool.quality.contains(score.first); });
        for (auto &[name, scores] : all.quality)
            append(scores, pool.quality.at(name));
        pools[i] = {}; // hundreds of megabytes
    }
    all.name = std::to_string(all.faces()) + " pictures of " + std::to_string(all.people.size()) + " people, in " + std::to_string(pools.size()) + " pools";
    return all;
}

namespace {

void checkDraw(const FacePool &pool, const DrawOptions &options)
{
    pool.check();
    if (options.size < 1 || options.templatesPerPerson < 1 || !(options.degradedShare >= 0 && options.degradedShare <= 1))
        throw Error("Templates need a picture at least, one template a person at least, and a share of degraded pictures between 0 and 1.");
    if (options.degraded && pool.versions < 1)
        throw Error("Degraded templates need degraded versions of the faces.");
}

/// Templates of one draw, filled group by group.
class Drawn {
public:
    Drawn(const FacePool &pool, const DrawOptions &options, std::int64_t draw)
        : m_pool(pool), m_options(options), m_draw(draw),
          m_random(options.seed, static_cast<std::uint64_t>(draw) * 1000 + static_cast<std::uint64_t>(options.size) * 2 + (options.degraded ? 1 : 0))
    {
        made.set.benchmark = pool.name;
        made.set.dim = pool.dim;
        made.set.subjectNames = pool.people;
    }

    /// Templates out of some pictures of one person.
    void add(std::vector<std::size_t> own, std::int32_t person, std::optional<std::int32_t> camera = std::nullopt)
    {
        TemplateFeatures &set = made.set;
        const auto size = static_cast<std::size_t>(m_options.size);
        const auto rows = static_cast<std::size_t>(m_pool.versions) + 1;
        m_random.shuffle(own);
        const std::size_t templates = std::min(own.size() / size, static_cast<std::size_t>(m_options.templatesPerPerson));
        for (std::size_t t = 0; t < templates; ++t) {
            for (std::size_t i = 0; i < size; ++i) {
                std::size_t version = 0;
                if (m_options.degraded && m_random.chance(m_options.degradedShare)) {
                    const std::uint64_t drawn = m_random.below(static_cast<std::uint64_t>(m_pool.versions));
                    version =
                        1 + (m_options.draws > 0 && m_pool.versions >= m_options.draws ? static_cast<std::size_t>(m_draw) : static_cast<std::size_t>(drawn));
                }
                m_places.push_back(own[t * size + i] * rows + version);
            }
            set.ids.push_back(static_cast<std::int64_t>(set.ids.size()));
            set.subjects.push_back(person);
            if (camera)
                set.cameras.push_back(*camera);
            set.begin.push_back(static_cast<std::int64_t>(m_places.size()));
        }
    }

    /// Everything that is known of the pictures taken. @throws Error where there are none
    void finish()
    {
        TemplateFeatures &set = made.set;
        if (set.ids.empty())
            throw Error("Nobody has the " + std::to_string(m_options.size) + " pictures that a template needs.");
        const auto pick = [&](const std::vector<float> &from, std::vector<float> &to) {
            if (!from.empty())
                for (const std::size_t at : m_places)
                    to.push_back(from[at]);
        };
        const auto width = static_cast<std::size_t>(m_pool.dim);
        set.features.reserve(m_places.size() * width);
        for (const std::size_t at : m_places)
            set.features.insert(set.features.end(), m_pool.features.begin() + static_cast<std::ptrdiff_t>(at * width),
                                m_pool.features.begin() + static_cast<std::ptrdiff_t>((at + 1) * width));
        pick(m_pool.dScores, set.dScores);
        pick(m_pool.detector, set.detector);
        for (const auto &[name, scores] : m_pool.quality)
            pick(scores, set.quality[name]);
        if (!m_pool.files.empty())
            for (const std::size_t at : m_places)
                set.names.push_back(m_pool.files[at / (static_cast<std::size_t>(m_pool.versions) + 1)]);
    }

    ComparedSet made;

private:
    const FacePool &m_pool;
    const DrawOptions &m_options;
    std::int64_t m_draw;
    Random m_random;
    std::vector<std::size_t> m_places;
};

} // namespace

ComparedSet drawTemplates(const FacePool &pool, const DrawOptions &options, std::int64_t draw)
{
    checkDraw(pool, options);
    std::vector<std::vector<std::size_t>> people(pool.people.size());
    for (std::size_t i = 0; i < pool.labels.size(); ++i)
        people[static_cast<std::size_t>(pool.labels[i])].push_back(i);
    Drawn drawn(pool, options, draw);
    for (std::size_t p = 0; p < people.size(); ++p)
        drawn.add(std::move(people[p]), static_cast<std::int32_t>(p));
    drawn.finish();

    ComparedSet made = std::move(drawn.made);
    const TemplateFeatures &set = made.set;
    const auto count = static_cast<std::uint32_t>(set.ids.size());
    for (std::uint32_t a = 0; a < count; ++a)
        for (std::uint32_t b = a + 1; b < count; ++b) {
            made.pairs.a.push_back(a);
            made.pairs.b.push_back(b);
            made.pairs.genuine.push_back(set.subjects[a] == set.subjects[b] ? 1 : 0);
        }
    return made;
}

ComparedSet drawTracklets(const FacePool &pool, const DrawOptions &options, std::int64_t draw)
{
    checkDraw(pool, options);
    if (pool.cameras.empty())
        throw Error("Tracklets are drawn from pictures whose cameras are known; those of " + pool.name + " are not.");
    std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::size_t>> seen; // by person and camera
    for (std::size_t i = 0; i < pool.labels.size(); ++i)
        seen[{pool.labels[i], pool.cameras[i]}].push_back(i);
    Drawn drawn(pool, options, draw);
    for (auto &[who, pictures] : seen)
        drawn.add(std::move(pictures), who.first, who.second);
    drawn.finish();
    return std::move(drawn.made);
}

} // namespace dscope
