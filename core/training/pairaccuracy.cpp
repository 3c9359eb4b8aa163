// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/pairaccuracy.h"

#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/products.h"
#include "core/base/samefile.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/verification.h"
#include "core/sets/pairlist.h"
#include "core/sets/pairpictures.h"
#include "core/sets/tidypairs.h"
#include "core/training/packedset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace dscope {

std::vector<float> outputsOf(Network &net, const std::vector<Picture> &pictures, const std::string &what, Progress &progress)
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

std::vector<std::vector<std::size_t>> facesByPerson(const FaceList &faces)
{
    std::vector<std::vector<std::size_t>> people(faces.people.size());
    for (std::size_t i = 0; i < faces.size(); ++i)
        people[static_cast<std::size_t>(faces.labels[i])].push_back(i);
    return people;
}

namespace {

/// Unit vectors of rows.
std::vector<float> unitRows(std::vector<float> rows, std::int64_t dim)
{
    for (std::size_t begin = 0; begin < rows.size(); begin += static_cast<std::size_t>(dim)) {
        const double squares = squaredLength(std::span<const float>(rows).subspan(begin, static_cast<std::size_t>(dim)));
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
    const std::vector<float> unit = unitRows(outputsOf(base, listed.pictures(), "Computing embeddings", progress), dim);
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
    const std::vector<std::vector<std::size_t>> people = facesByPerson(faces);
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
    const std::vector<float> unit = unitRows(outputsOf(base, pictures, "Computing embeddings", progress), dim);
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

} // namespace dscope
