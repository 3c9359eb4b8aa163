// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/evaluate.h"

#include "core/base/text.h"
#include "core/training/packedset.h"

#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/samefile.h"
#include "core/evaluation/compare.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/verification.h"
#include "core/scores/dscore.h"
#include "core/sets/pairlist.h"
#include "core/sets/pairpictures.h"
#include "core/sets/tidypairs.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace dscope {

namespace {

/// Methods of the template study: average, top-1, DDL, DDL without re-scale, oracle.
constexpr std::size_t s_methods = 5;

/// Unit vectors of rows.
std::vector<float> unitRows(std::vector<float> rows, std::int64_t dim)
{
    for (std::size_t begin = 0; begin < rows.size(); begin += static_cast<std::size_t>(dim)) {
        double squares = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(dim); ++i)
            squares += static_cast<double>(rows[begin + i]) * rows[begin + i];
        const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(dim); ++i)
            rows[begin + i] = static_cast<float>(rows[begin + i] * scale);
    }
    return rows;
}

double dot(const float *a, const float *b, std::int64_t dim)
{
    float sum = 0;
    for (std::int64_t i = 0; i < dim; ++i)
        sum += a[i] * b[i];
    return sum;
}

std::vector<float> embed(Network &net, const std::vector<Picture> &pictures, const std::string &what, Progress &progress)
{
    progress.stage(what);
    std::vector<float> all;
    const std::size_t block = 64;
    for (std::size_t begin = 0; begin < pictures.size(); begin += block) {
        const std::size_t count = std::min(block, pictures.size() - begin);
        const std::vector<float> part = net.run({pictures.data() + begin, count}, progress);
        all.insert(all.end(), part.begin(), part.end());
        progress.checkpoint(static_cast<std::int64_t>(begin + count), static_cast<std::int64_t>(pictures.size()));
    }
    return all;
}

/// Faces of each person of a list.
std::vector<std::vector<std::size_t>> byPerson(const FaceList &faces)
{
    std::vector<std::vector<std::size_t>> people(faces.people.size());
    for (std::size_t i = 0; i < faces.size(); ++i)
        people[static_cast<std::size_t>(faces.labels[i])].push_back(i);
    return people;
}

} // namespace

namespace {

/// The aligned faces that a list of pairs names, each read once: of a folder, or of a pack, which knows its pictures by the names that they had in theirs.
class ListedFaces {
public:
    ListedFaces(std::filesystem::path root, std::filesystem::path list, Progress &progress)
        : m_root(std::move(root)), m_list(std::move(list)), m_paths(pairFolders(m_root))
    {
        if (!looksLikePack(m_root))
            return;
        m_packed = readFaceList(m_root, {}, progress);
        m_reader = std::make_unique<FaceReader>(m_packed, progress);
        for (std::size_t i = 0; i < m_packed.size(); ++i)
            m_packedAt.emplace(withoutExtension(m_packed.files[i]), i);
    }

    /// @throws FileError naming the line of the list
    std::uint32_t place(const std::string &name, std::int64_t line)
    {
        // The picture that was found counts, not what a line calls it: one under two names is one.
        std::size_t packed = 0;
        std::filesystem::path file;
        if (m_reader) {
            auto at = m_packedAt.find(withoutExtension(name));
            for (std::size_t slash = name.find('/'); at == m_packedAt.end() && slash != std::string::npos; slash = name.find('/', slash + 1))
                at = m_packedAt.find(withoutExtension(name.substr(slash + 1)));
            if (at == m_packedAt.end())
                throw FileError(m_list, line, "names the face " + (m_root / name).string() + ", which is not there.");
            packed = at->second;
            file = m_packed.files[packed];
        } else {
            const std::optional<PairPictures::Place> place = m_paths.find(name);
            if (!place)
                throw FileError(m_list, line,
                                "names the face " + (m_root / name).string() + ", which " + (m_paths.whyNot().empty() ? "is not there." : m_paths.whyNot()));
            file = m_paths.folders()[place->folder] / place->name;
        }
        return m_known.of(file, [&] {
            m_pictures.push_back(m_reader ? m_reader->read(packed) : alignedPicture(file));
            m_names.push_back(name);
            return static_cast<std::uint32_t>(m_pictures.size() - 1);
        });
    }
    const std::vector<Picture> &pictures() const { return m_pictures; }
    /// What is to be said of how they were found.
    std::vector<std::string> notices() const { return m_paths.notices(); }
    std::string names(std::uint32_t a, std::uint32_t b) const { return m_names[a] + " and " + m_names[b]; }

private:
    static std::string withoutExtension(const std::string &name) { return std::filesystem::path(name).replace_extension().string(); }

    std::filesystem::path m_root;
    std::filesystem::path m_list;
    PairPictures m_paths;
    FaceList m_packed;
    std::unique_ptr<FaceReader> m_reader;
    std::map<std::string, std::size_t> m_packedAt;
    FilePlaces m_known;
    std::vector<Picture> m_pictures;
    std::vector<std::string> m_names;
};

} // namespace

PairAccuracy lfwAccuracy(Network &base, const std::filesystem::path &faces, const std::filesystem::path &pairs, Progress &progress)
{
    needFaces(base.spec(), "A list of pairs");
    ListedFaces listed(faces, pairs, progress);
    TemplatePairs wanted;
    std::vector<std::string> warnings;
    readPairList(pairs, {faces}, warnings, progress, [&](const ListedPair &pair) {
        const std::uint32_t a = listed.place(pair.a, pair.line);
        wanted.a.push_back(a);
        wanted.b.push_back(listed.place(pair.b, pair.line));
        wanted.genuine.push_back(pair.genuine ? 1 : 0);
    });
    for (const std::string &notice : listed.notices())
        warnings.push_back(pairs.string() + ": " + notice);
    const std::vector<std::int32_t> people(listed.pictures().size(), -1); // the list says who is one person
    tidyPairs(
        wanted, people, pairs.string() + ": ", [&](std::uint32_t a, std::uint32_t b) { return listed.names(a, b); }, warnings, progress);
    for (const std::string &warning : warnings)
        progress.notice(warning);
    if (const std::string lacking = lackingKind(wanted); !lacking.empty())
        throw FileError(pairs, lacking);
    const std::int64_t dim = base.outputSize();
    const std::vector<float> unit = unitRows(embed(base, listed.pictures(), "Computing embeddings", progress), dim);
    std::vector<double> distances;
    for (std::size_t i = 0; i < wanted.a.size(); ++i)
        distances.push_back(2 - 2 * dot(&unit[wanted.a[i] * static_cast<std::size_t>(dim)], &unit[wanted.b[i] * static_cast<std::size_t>(dim)], dim));
    const TenFold result = tenFoldAccuracy(distances, wanted.genuine);
    PairAccuracy out;
    out.protocol = "LFW, 10 folds in file order, squared L2 of unit embeddings, thresholds 0, 0.01 ... 3.99, best on nine folds";
    out.genuine = wanted.genuineCount();
    out.impostor = wanted.size() - out.genuine;
    out.accuracy = result.mean;
    out.deviation = result.deviation;
    return out;
}

namespace {

/// Balanced random pairs of a list.
struct RandomPairs {
    std::vector<std::size_t> a; ///< faces
    std::vector<std::size_t> b;
    std::vector<std::uint8_t> same;
    std::vector<std::int32_t> first; ///< people
    std::vector<std::int32_t> second;
};

RandomPairs drawPairs(const FaceList &faces, std::int64_t pairs, Random &random)
{
    const std::vector<std::vector<std::size_t>> people = byPerson(faces);
    std::vector<std::size_t> several;
    for (std::size_t p = 0; p < people.size(); ++p)
        if (people[p].size() > 1)
            several.push_back(p);
    if (several.size() < 2 || pairs < 10)
        throw Error("Random pairs need two people with two faces each, and at least ten pairs.");
    RandomPairs drawn;
    for (std::int64_t i = 0; i < 2 * pairs; ++i) {
        // Genuine and impostor pairs alternate, so that every fold holds as many of each.
        std::size_t p = several[random.below(several.size())];
        std::size_t q = p;
        std::size_t a = people[p][random.below(people[p].size())];
        std::size_t b = a;
        if (i % 2 == 0) {
            while (b == a)
                b = people[p][random.below(people[p].size())];
        } else {
            while (q == p)
                q = random.below(people.size());
            if (people[q].empty())
                continue;
            b = people[q][random.below(people[q].size())];
        }
        drawn.a.push_back(a);
        drawn.b.push_back(b);
        drawn.same.push_back(i % 2 == 0 ? 1 : 0);
        drawn.first.push_back(static_cast<std::int32_t>(p));
        drawn.second.push_back(static_cast<std::int32_t>(q));
    }
    return drawn;
}

/// A list without some of its faces; the people stay.
FaceList without(const FaceList &faces, const std::set<std::string> &lost)
{
    FaceList rest;
    rest.root = faces.root;
    rest.people = faces.people;
    for (std::size_t i = 0; i < faces.size(); ++i)
        if (!lost.contains(faces.files[i])) {
            rest.files.push_back(faces.files[i]);
            rest.labels.push_back(faces.labels[i]);
        }
    return rest;
}

} // namespace

PairAccuracy randomPairAccuracy(Network &base, FaceList faces, std::int64_t pairs, std::uint64_t seed, Progress &progress)
{
    // Only what a pair names is read and embedded. Where one of these cannot be read, pairs are drawn anew without it.
    Random random(seed, 5);
    RandomPairs drawn;
    std::vector<Picture> pictures;
    std::vector<std::size_t> places(faces.size()); // of a face among those that are read
    for (;;) {
        random = Random(seed, 5);
        drawn = drawPairs(faces, pairs, random);
        std::set<std::size_t> named(drawn.a.begin(), drawn.a.end());
        named.insert(drawn.b.begin(), drawn.b.end());
        FaceList chosen;
        chosen.root = faces.root;
        chosen.people = faces.people;
        for (const std::size_t face : named) {
            places[face] = chosen.size();
            chosen.files.push_back(faces.files[face]);
            chosen.labels.push_back(faces.labels[face]);
        }
        std::set<std::string> lost(chosen.files.begin(), chosen.files.end());
        chosen.takeFor(base.spec());
        pictures = readFaces(chosen, progress);
        for (const std::string &file : chosen.files)
            lost.erase(file);
        if (lost.empty())
            break;
        faces = without(faces, lost);
    }
    const std::int64_t dim = base.outputSize();
    const std::vector<float> unit = unitRows(embed(base, pictures, "Computing embeddings", progress), dim);
    const auto row = [&](std::size_t face) { return &unit[places[face] * static_cast<std::size_t>(dim)]; };
    std::vector<double> distances;
    for (std::size_t i = 0; i < drawn.a.size(); ++i)
        distances.push_back(2 - 2 * dot(row(drawn.a[i]), row(drawn.b[i]), dim));
    const std::vector<std::uint8_t> &same = drawn.same;
    const std::vector<std::int32_t> &first = drawn.first;
    const std::vector<std::int32_t> &second = drawn.second;
    const TenFold result = tenFoldAccuracy(distances, same);
    PairAccuracy out;
    out.protocol = "balanced random pairs, ten folds, squared L2 of unit embeddings, best threshold on nine folds; interval: by-person bootstrap of the share "
                   "of right decisions";
    out.genuine = std::count(same.begin(), same.end(), 1);
    out.impostor = static_cast<std::int64_t>(same.size()) - out.genuine;
    out.accuracy = result.mean;
    out.deviation = result.deviation;
    // The decisions are fixed by the folds; what is resampled is whom they were made on.
    std::vector<std::uint8_t> right(same.size());
    for (std::size_t i = 0; i < same.size(); ++i) {
        const std::size_t fold = std::min<std::size_t>(9, i * 10 / same.size());
        right[i] = (distances[i] < result.threshold[fold]) == (same[i] != 0) ? 1 : 0;
    }
    out.interval = bootstrap(
        static_cast<std::int64_t>(faces.people.size()), 1000, 0.95, random,
        [&](std::span<const std::int32_t> times) {
            double good = 0;
            double all = 0;
            for (std::size_t i = 0; i < same.size(); ++i) {
                const double weight = same[i] != 0
                    ? times[static_cast<std::size_t>(first[i])]
                    : static_cast<double>(times[static_cast<std::size_t>(first[i])]) * times[static_cast<std::size_t>(second[i])];
                all += weight;
                good += weight * right[i];
            }
            return all > 0 ? good / all : std::nan("");
        },
        progress);
    return out;
}

std::vector<SeverityResult> severityStudy(Network &ddnet, FaceList faces, std::int64_t count, std::uint64_t seed, Progress &progress)
{
    const std::vector<std::vector<std::size_t>> people = byPerson(faces);
    FaceList chosen;
    chosen.root = faces.root;
    chosen.people = faces.people;
    for (std::size_t round = 0; static_cast<std::int64_t>(chosen.size()) < count; ++round) {
        const std::size_t before = chosen.size();
        for (const auto &own : people)
            if (round < own.size() && static_cast<std::int64_t>(chosen.size()) < count) {
                chosen.files.push_back(faces.files[own[round]]);
                chosen.labels.push_back(faces.labels[own[round]]);
            }
        if (chosen.size() == before)
            throw Error("There are only " + std::to_string(before) + " faces, " + std::to_string(count) + " were asked for.");
    }
    chosen.takeFor(ddnet.spec());
    const std::vector<Picture> pictures = readFaces(chosen, progress);
    const std::vector<double> severities{0, 0.2, 0.4, 0.6, 0.8, 1};
    std::vector<SeverityResult> results;
    for (const Degradation kind : {Degradation::LowResolution, Degradation::Blur, Degradation::Occlusion, Degradation::Darkness, Degradation::Noise,
                                   Degradation::Jpeg, Degradation::MotionBlur}) {
        std::vector<Picture> worse;
        for (std::size_t i = 0; i < pictures.size(); ++i)
            for (const double severity : severities) {
                // One stream a face: where the box falls and which way the blur runs is the same at every severity.
                Random random(seed, 1000 * i + static_cast<std::size_t>(kind));
                worse.push_back(degraded(pictures[i], kind, severity, random));
            }
        const std::vector<float> scores = embed(ddnet, worse, "Scoring: " + degradationName(kind), progress);
        SeverityResult result;
        result.kind = kind;
        result.faces = static_cast<std::int64_t>(pictures.size());
        result.meanDScore.assign(severities.size(), 0);
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            const std::vector<double> own(scores.begin() + static_cast<std::ptrdiff_t>(i * severities.size()),
                                          scores.begin() + static_cast<std::ptrdiff_t>((i + 1) * severities.size()));
            const double correlation = spearman(severities, own);
            result.spearman += std::isnan(correlation) ? 0 : correlation;
            for (std::size_t s = 0; s < severities.size(); ++s)
                result.meanDScore[s] += own[s] / static_cast<double>(pictures.size());
        }
        result.spearman /= static_cast<double>(pictures.size());
        results.push_back(result);
    }
    return results;
}

namespace {

/// Hands every version of every face to `use`, in blocks: version 0 is the face itself, the others are degraded.
void forAllVersions(const FaceList &faces, const TemplateStudy &options, const std::string &stage, Progress &progress,
                    const std::function<void(const std::vector<Picture> &)> &use)
{
    FaceList list = faces; // without those that cannot be read
    const std::vector<Picture> pictures = readFaces(list, progress);
    if (list.size() != faces.size())
        throw Error(std::to_string(faces.size() - list.size()) + " pictures of a template study can no longer be read.");
    const auto versions = static_cast<std::size_t>(options.versions);
    const std::size_t total = pictures.size() * (versions + 1);
    constexpr std::size_t block = 128;
    progress.stage(stage);
    for (std::size_t begin = 0; begin < total; begin += block) {
        std::vector<Picture> batch;
        for (std::size_t at = begin; at < std::min(total, begin + block); ++at) {
            const std::size_t version = at % (versions + 1);
            Random random(options.seed, 0x30000000000ULL + at);
            batch.push_back(version == 0 ? pictures[at / (versions + 1)] : options.families.damage(pictures[at / (versions + 1)], random));
        }
        use(batch);
        progress.checkpoint(static_cast<std::int64_t>(std::min(total, begin + block)), static_cast<std::int64_t>(total));
    }
}

} // namespace

DScoreOptions truthOptions(std::int64_t copies)
{
    DScoreOptions options;
    options.centroids = DScoreOptions::Centroids::Clean;
    options.leaveOut = DScoreOptions::LeaveOut::Picture;
    options.copies = copies;
    return options;
}

std::vector<float> trueScores(const FacePool &pool, Progress &progress)
{
    std::vector<std::int32_t> labels;
    for (const std::int32_t label : pool.labels)
        labels.insert(labels.end(), static_cast<std::size_t>(pool.versions) + 1, label);
    const DScores scored = computeDScores(pool.features, pool.dim, labels, truthOptions(pool.versions + 1), progress);
    return {scored.normalised.begin(), scored.normalised.end()};
}

FacePool facePool(Network &base, Network *ddnet, FaceList faces, const TemplateStudy &options, const std::vector<PictureScorer> &scorers, bool truth,
                  Progress &progress)
{
    faces.takeFor(base.spec());
    readFaces(faces, progress); // takes out those that cannot be read
    FacePool pool;
    pool.dim = base.outputSize();
    pool.versions = options.versions;
    pool.labels = faces.labels;
    pool.people = faces.people;
    pool.files = faces.files;
    pool.name =
        std::to_string(faces.size()) + " " + std::string(taskNamed(base.spec().task).elements) + " of " + std::to_string(faces.people.size()) + " people";
    const auto append = [](std::vector<float> &to, const std::vector<float> &from) { to.insert(to.end(), from.begin(), from.end()); };
    forAllVersions(faces, options, "Embedding and scoring faces and their degraded versions", progress, [&](const std::vector<Picture> &batch) {
        append(pool.features, base.run(batch, progress));
        append(pool.dScores, ddnet == nullptr ? std::vector<float>(batch.size()) : ddnet->run(batch, progress));
        for (const PictureScorer &scorer : scorers) {
            const std::vector<float> scores = scorer.score(batch, progress);
            if (scores.size() != batch.size())
                throw Error("The scorer '" + scorer.name + "' gave " + std::to_string(scores.size()) + " scores of " + std::to_string(batch.size())
                            + " pictures.");
            append(scorer.name == "detector" ? pool.detector : pool.quality[scorer.name], scores);
        }
    });
    if (truth)
        pool.quality[trueScoreName] = trueScores(pool, progress);
    pool.check();
    return pool;
}

FaceList peopleWith(const FaceList &faces, std::int64_t least)
{
    std::vector<std::int64_t> counts(faces.people.size());
    for (const std::int32_t label : faces.labels)
        ++counts[static_cast<std::size_t>(label)];
    FaceList some;
    some.root = faces.root;
    std::vector<std::int32_t> places(faces.people.size(), -1);
    for (std::size_t p = 0; p < counts.size(); ++p)
        if (counts[p] >= least) {
            places[p] = static_cast<std::int32_t>(some.people.size());
            some.people.push_back(faces.people[p]);
        }
    if (some.people.empty())
        throw Error("Nobody of " + std::to_string(faces.people.size()) + " people has " + std::to_string(least) + " faces.");
    for (std::size_t i = 0; i < faces.size(); ++i)
        if (const std::int32_t place = places[static_cast<std::size_t>(faces.labels[i])]; place >= 0) {
            some.files.push_back(faces.files[i]);
            some.labels.push_back(place);
        }
    return some;
}

StudiedBase studyBase(Network &base, const FaceList &faces, const TemplateStudy &options, Progress &progress)
{
    StudiedBase made;
    made.dim = base.outputSize();
    forAllVersions(faces, options, "Embedding faces and their degraded versions", progress, [&](const std::vector<Picture> &batch) {
        const std::vector<float> f = base.run(batch, progress);
        made.features.insert(made.features.end(), f.begin(), f.end());
    });
    // What DDNet is asked to predict, of the very pictures of the study.
    std::vector<std::int32_t> labels;
    for (const std::int32_t label : faces.labels)
        labels.insert(labels.end(), static_cast<std::size_t>(options.versions) + 1, label);
    const DScores scored = computeDScores(made.features, made.dim, labels, truthOptions(options.versions + 1), progress);
    made.truth.assign(scored.normalised.begin(), scored.normalised.end());
    return made;
}

std::vector<TemplateRow> templateStudy(Network &base, Network &ddnet, FaceList faces, const TemplateStudy &options, Progress &progress)
{
    faces.takeFor(base.spec());
    readFaces(faces, progress); // takes out those that cannot be read
    return templateStudy(studyBase(base, faces, options, progress), ddnet, faces, options, progress);
}

std::vector<TemplateRow> templateStudy(const StudiedBase &base, Network &ddnet, const FaceList &faces, const TemplateStudy &options, Progress &progress)
{
    FacePool pool;
    pool.name = "templates of " + std::to_string(faces.people.size()) + " people";
    pool.dim = base.dim;
    pool.versions = options.versions;
    pool.labels = faces.labels;
    pool.people = faces.people;
    pool.features = base.features;
    pool.quality[trueScoreName] = base.truth;
    forAllVersions(faces, options, "Scoring faces and their degraded versions", progress, [&](const std::vector<Picture> &batch) {
        const std::vector<float> d = ddnet.run(batch, progress);
        pool.dScores.insert(pool.dScores.end(), d.begin(), d.end());
    });
    if (base.truth.size() != pool.dScores.size() || base.features.size() != pool.dScores.size() * static_cast<std::size_t>(base.dim))
        throw Error("A base was studied on other faces than the DDNet.");

    const auto correlation = [&](bool worse) {
        std::vector<double> said;
        std::vector<double> wanted;
        for (std::size_t at = 0; at < pool.dScores.size(); at += worse ? 1 : static_cast<std::size_t>(options.versions) + 1) {
            said.push_back(static_cast<double>(pool.dScores[at]));
            wanted.push_back(static_cast<double>(base.truth[at]));
        }
        return spearman(said, wanted);
    };

    std::vector<Method> methods;
    for (const auto &[title, how] : {std::pair("average", Aggregator::Average), std::pair("top-1", Aggregator::Top1), std::pair("ddl", Aggregator::Ddl),
                                     std::pair("ddl-no-rescale", Aggregator::DdlNoRescale), std::pair("oracle", Aggregator::Ddl)}) {
        Method method;
        method.title = title;
        method.options.method = how;
        method.options.threshold = options.threshold;
        methods.push_back(method);
    }
    methods.back().quality = trueScoreName;
    CompareOptions how;
    how.fars = options.fars;
    how.resamples = options.resamples;
    how.seed = options.seed;
    std::vector<TemplateRow> rows;
    std::int64_t done = 0;
    const auto parts = static_cast<std::int64_t>(2 * options.sizes.size());
    for (const bool worse : {false, true})
        for (const std::int64_t size : options.sizes) {
            progress.stage("Comparing templates (" + std::to_string(++done) + " of " + std::to_string(parts) + ")");
            std::vector<ComparedSet> draws;
            for (int draw = 0; draw < options.draws; ++draw) {
                draws.push_back(drawTemplates(pool, {size, worse, options.degradedShare, options.templatesPerPerson, options.seed}, draw));
                progress.throwIfCancelled();
            }
            const std::vector<ComparedRow> compared = compareMethods(draws, methods, how, {}, progress);
            const double correlated = correlation(worse);
            for (const ComparedRow &from : compared) {
                TemplateRow row;
                row.pictures = size;
                row.degraded = worse;
                row.method = from.title;
                row.far = from.far;
                row.tar = from.tar;
                row.interval = from.interval;
                row.realisedFar = from.realisedFar;
                row.impostorsAccepted = from.impostorsAccepted;
                row.genuine = from.genuine;
                row.impostor = from.impostor;
                row.keptShare = compared[2 * options.fars.size()].keptShare; // DDL's
                row.correlation = correlated;
                rows.push_back(row);
            }
        }
    return rows;
}

double gapClosed(double average, double ddl, double oracle)
{
    return oracle > average ? (ddl - average) / (oracle - average) : std::numeric_limits<double>::quiet_NaN();
}

std::string templateTable(const std::vector<TemplateRow> &rows, const TemplateStudy &options, const std::string &base, const std::string &ddnet)
{
    std::string out =
        printed("Base %s, DDNet %s. Every person's pictures are shuffled and cut into disjoint templates (at most %d), all templates compared with all by "
                "cosine; strict rule, t = %g, "
                "%d draws, 95 %% intervals from %d by-person bootstrap resamples. Degraded: %g %% of the pictures%s. The oracle is DDL given the true D-scores "
                "of these "
                "pictures; gap closed: of the way from average to oracle; correlation: Spearman, predicted and true D-score.\n\n",
                base.c_str(), ddnet.c_str(), options.templatesPerPerson, options.threshold, options.draws, options.resamples, 100 * options.degradedShare,
                options.families.isPaper() ? "" : (", by " + options.families.text()).c_str());
    out += "| pictures a template | genuine / impostor pairs | kept | FAR (realised) | average | top-1 | DDL | DDL without re-scale | oracle | gap closed | "
           "correlation "
           "|\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (std::size_t i = 0; i < rows.size();) {
        // Rows come method by method; a line of the table gathers the methods of one set and FAR.
        const std::size_t fars = options.fars.size();
        const std::size_t set = i - i % (s_methods * fars);
        for (std::size_t k = 0; k < fars; ++k) {
            const TemplateRow &first = rows[set + k];
            out += printed("| %lld, %s | %.0f / %.0f | %.0f %% | %g (%.2g) |", static_cast<long long>(first.pictures), first.degraded ? "degraded" : "clean",
                           first.genuine, first.impostor, 100 * first.keptShare, first.far, first.realisedFar);
            for (std::size_t m = 0; m < s_methods; ++m) {
                const TemplateRow &row = rows[set + m * fars + k];
                out += printed(" %.1f (%.1f-%.1f) |", 100 * row.tar, 100 * row.interval.low, 100 * row.interval.high);
            }
            const double closed = gapClosed(rows[set + k].tar, rows[set + 2 * fars + k].tar, rows[set + 4 * fars + k].tar);
            if (std::isnan(closed))
                out += " - |";
            else
                out += printed(" %.0f %% |", 100 * closed);
            out += printed(" %.3f |\n", first.correlation);
        }
        i = set + s_methods * fars;
    }
    return out;
}

} // namespace dscope
