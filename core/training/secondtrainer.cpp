// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/secondtrainer.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/metrics/statistics.h"
#include "core/scores/secondlooksums.h"
#include "core/training/facelist.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <map>

namespace dscope {

namespace {

constexpr double s_usualRidge = 3000;
constexpr std::size_t s_faces = 170; ///< read and embedded at a time

/// The usable pictures of a set, handed on block by block.
class Reader {
public:
    Reader(const FeatureRows &features, const SecondLessons &lessons, std::int64_t block) : m_features(features), m_lessons(lessons), m_block(block) {}

    /// @param use the picture's place and its embedding
    void each(const std::string &stage, Progress &progress, const std::function<void(std::size_t at, std::span<const float> embedding)> &use,
              const std::function<void()> &blockDone) const
    {
        progress.stage(stage);
        const auto dim = static_cast<std::size_t>(m_features.dim());
        std::vector<float> rows;
        for (std::int64_t begin = 0; begin < m_features.count(); begin += m_block) {
            const auto count = static_cast<std::size_t>(std::min(m_block, m_features.count() - begin));
            rows.resize(count * dim);
            m_features.read(begin, rows);
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t at = static_cast<std::size_t>(begin) + i;
                const std::span<const float> row = std::span<const float>(rows).subspan(i * dim, dim);
                if (m_lessons.taken[at] != 0 && SecondLookSums::usable(row, m_lessons.dScores[at]))
                    use(at, row);
            }
            blockDone();
            progress.checkpoint(begin + static_cast<std::int64_t>(count), m_features.count());
        }
    }

private:
    const FeatureRows &m_features;
    const SecondLessons &m_lessons;
    std::int64_t m_block;
};

/// Of every picture the fold that its person was dealt into, by the people who can take part.
std::map<std::int32_t, int> foldsOf(const SecondLessons &lessons, const SecondTraining &options, int &folds)
{
    std::vector<std::int32_t> people;
    for (std::size_t i = 0; i < lessons.people.size(); ++i)
        if (lessons.taken[i] != 0)
            people.push_back(lessons.people[i]);
    std::sort(people.begin(), people.end());
    people.erase(std::unique(people.begin(), people.end()), people.end());
    folds = people.size() < 2 ? 0 : std::min(options.folds, static_cast<int>(std::min<std::size_t>(people.size(), 1000)));
    Random random(options.seed, 0x736563); // "sec"
    random.shuffle(people);
    std::map<std::int32_t, int> result;
    for (std::size_t i = 0; i < people.size(); ++i)
        result[people[i]] = folds == 0 ? 0 : static_cast<int>(i % static_cast<std::size_t>(folds));
    return result;
}

/// Pictures gathered for one fold's sums.
struct Gathered {
    std::vector<float> rows;
    std::vector<double> dScores;
};

/// One sum a fold (a single one where nobody can be held out).
std::vector<SecondLookSums> sumsOf(const Reader &reader, const SecondLessons &lessons, std::int64_t dim, const std::map<std::int32_t, int> &foldOf, int folds,
                                   Progress &progress)
{
    // The shift is that of the first pictures, whatever a block is: they wait until there are enough.
    constexpr std::size_t first = 1024;
    const std::size_t parts = static_cast<std::size_t>(std::max(1, folds));
    std::vector<SecondLookSums> sums;
    std::vector<Gathered> waiting(parts);
    Gathered beginning;
    std::vector<std::size_t> beginningFold;
    const auto begin = [&] {
        const std::vector<double> shift = SecondLookSums::usualShift(beginning.rows, dim);
        sums.assign(parts, SecondLookSums(dim, shift));
        for (std::size_t i = 0; i < beginning.dScores.size(); ++i) {
            Gathered &to = waiting[beginningFold[i]];
            const auto row = beginning.rows.begin() + static_cast<std::ptrdiff_t>(i * static_cast<std::size_t>(dim));
            to.rows.insert(to.rows.end(), row, row + static_cast<std::ptrdiff_t>(dim));
            to.dScores.push_back(beginning.dScores[i]);
        }
        beginning = {};
    };
    const auto add = [&] {
        for (std::size_t k = 0; k < parts && !sums.empty(); ++k) {
            sums[k].add(waiting[k].rows, waiting[k].dScores);
            waiting[k] = {};
        }
    };
    reader.each(
        "Adding up embeddings", progress,
        [&](std::size_t at, std::span<const float> row) {
            const auto fold = static_cast<std::size_t>(foldOf.at(lessons.people[at]));
            Gathered &to = sums.empty() ? beginning : waiting[fold];
            to.rows.insert(to.rows.end(), row.begin(), row.end());
            to.dScores.push_back(lessons.dScores[at]);
            if (!sums.empty())
                return;
            beginningFold.push_back(fold);
            if (beginning.dScores.size() == first)
                begin();
        },
        add);
    if (sums.empty())
        begin();
    add();
    return sums;
}

/// The rules fitted without each fold: [fold][2 ridge + target].
std::vector<std::vector<SecondLook>> rulesWithout(const std::vector<SecondLookSums> &sums, const std::vector<double> &ridges, Progress &progress)
{
    std::vector<std::vector<SecondLook>> rules;
    progress.stage("Fitting without each part of the people");
    std::int64_t done = 0;
    for (std::size_t k = 0; k < sums.size(); ++k) {
        SecondLookSums others = sums[k == 0 ? 1 : 0];
        for (std::size_t j = k == 0 ? 2 : 1; j < sums.size(); ++j)
            if (j != k)
                others.add(sums[j]);
        rules.emplace_back();
        for (const double ridge : ridges) {
            const auto [plain, logit] = others.solve(ridge, progress);
            SecondLookOrigin as;
            rules.back().emplace_back(plain.weights, plain.bias, as);
            as.target = SecondTarget::Logit;
            rules.back().emplace_back(logit.weights, logit.bias, as);
            progress.checkpoint(++done, static_cast<std::int64_t>(sums.size() * ridges.size()));
        }
    }
    return rules;
}

void check(const FeatureRows &features, const SecondLessons &lessons, const SecondTraining &options)
{
    const auto n = static_cast<std::size_t>(features.count());
    for (const std::size_t size : {lessons.dScores.size(), lessons.taken.size(), lessons.people.size()})
        if (size != n)
            throw Error("There are " + std::to_string(n) + " embeddings for " + std::to_string(size) + " D-scores: they are not of the same pictures.");
    if (options.ridges.empty() || options.folds < 2 || options.block < 1 || options.judged < 2)
        throw Error("A second look needs a ridge, two folds and some pictures at a time.");
}

} // namespace

SecondResult trainSecondLook(const FeatureRows &features, const SecondLessons &lessons, const SecondTraining &options, SecondLookOrigin origin,
                             Progress &progress)
{
    check(features, lessons, options);
    std::vector<double> ridges = options.ridges;
    std::sort(ridges.begin(), ridges.end(), std::greater<>());
    const Reader reader(features, lessons, options.block);
    int folds = 0;
    const std::map<std::int32_t, int> foldOf = foldsOf(lessons, options, folds);
    const std::vector<SecondLookSums> sums = sumsOf(reader, lessons, features.dim(), foldOf, folds, progress);
    // A fold of people none of whose pictures can be used cannot be left out; nor can the only one that has some.
    const auto filled = std::count_if(sums.begin(), sums.end(), [](const SecondLookSums &part) { return part.count() > 0; });
    SecondLookSums all = sums.front();
    for (std::size_t k = 1; k < sums.size(); ++k)
        all.add(sums[k]);
    if (all.count() < 2)
        throw Error("Of " + std::to_string(features.count()) + " pictures " + std::to_string(all.count())
                    + " can be used for a second look: the others have no target, or an embedding without direction.");
    const bool judged =
        folds > 1 && std::all_of(sums.begin(), sums.end(), [&](const SecondLookSums &part) { return all.count() - part.count() >= 2; }) && filled > 1;

    SecondResult result;
    double ridge = std::find(ridges.begin(), ridges.end(), s_usualRidge) != ridges.end() ? s_usualRidge : ridges.front();
    SecondTarget target = options.target.value_or(SecondTarget::DScore);
    const std::int64_t step = std::max<std::int64_t>(1, (all.count() + options.judged - 1) / options.judged);
    std::vector<double> truth;
    origin.heldOut = std::numeric_limits<double>::quiet_NaN();
    if (judged) {
        const std::vector<std::vector<SecondLook>> rules = rulesWithout(sums, ridges, progress);
        std::vector<std::vector<double>> said(2 * ridges.size());
        std::int64_t seen = 0;
        reader.each(
            "Predicting people held out", progress,
            [&](std::size_t at, std::span<const float> row) {
                if (seen++ % step != 0)
                    return;
                truth.push_back(lessons.dScores[at]);
                const std::vector<SecondLook> &own = rules[static_cast<std::size_t>(foldOf.at(lessons.people[at]))];
                for (std::size_t k = 0; k < own.size(); ++k)
                    said[k].push_back(own[k].score(row));
            },
            [] {});
        double best = -2;
        for (const SecondTarget each : {SecondTarget::DScore, SecondTarget::Logit}) {
            if (options.target && *options.target != each)
                continue;
            for (std::size_t r = 0; r < ridges.size(); ++r) {
                const double correlation = spearman(said[2 * r + (each == SecondTarget::Logit ? 1 : 0)], truth);
                result.candidates.push_back({ridges[r], each, correlation});
                if (correlation > best) { // never of NaN
                    best = correlation;
                    ridge = ridges[r];
                    target = each;
                    origin.heldOut = correlation;
                }
            }
        }
    }
    const auto [plain, logit] = all.solve(ridge, progress);
    const SecondLookRule &rule = target == SecondTarget::DScore ? plain : logit;
    origin.ridge = ridge;
    origin.target = target;
    origin.people = static_cast<std::int64_t>(foldOf.size());
    origin.pictures = all.count();
    origin.leftOut = features.count() - all.count();
    origin.folds = judged ? folds : 0;
    origin.seed = options.seed;
    const SecondLook fitted(rule.weights, rule.bias, origin);
    std::vector<double> said;
    truth.clear();
    std::int64_t seen = 0;
    reader.each(
        "Predicting everybody", progress,
        [&](std::size_t at, std::span<const float> row) {
            if (seen++ % step != 0)
                return;
            truth.push_back(lessons.dScores[at]);
            said.push_back(fitted.score(row));
        },
        [] {});
    origin.inSample = said.size() < 2 ? std::numeric_limits<double>::quiet_NaN() : spearman(said, truth);
    result.look = std::make_shared<SecondLook>(rule.weights, rule.bias, origin);
    return result;
}

namespace {

/// The copies of some faces.
std::vector<Picture> copiesOf(const FaceReader &reader, const Targets &targets, std::size_t begin, std::size_t end)
{
    const auto copies = static_cast<std::size_t>(targets.options.copies);
    std::vector<Picture> pictures((end - begin) * copies);
    Progress quiet;
    parallelFor(static_cast<std::int64_t>(end - begin), 8, quiet, [&](std::int64_t from, std::int64_t to) {
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
            const Picture face = reader.read(begin + i);
            for (std::size_t c = 0; c < copies; ++c)
                pictures[i * copies + c] = faceCopy(face, targets.place(begin + i), static_cast<int>(c), targets.options);
        }
    });
    return pictures;
}

} // namespace

void embedTargets(const Targets &targets, const std::string &targetsHash, Network &base, const std::filesystem::path &facesRoot,
                  const std::filesystem::path &file, Progress &progress)
{
    if (base.hash() != targets.baseHash)
        throw Error("The targets are D-scores of " + shownName(targets.base.name) + " (SHA-256 " + shownName(targets.baseHash.substr(0, 12))
                    + "); the network given is " + shownName(base.spec().name) + " (" + base.hash().substr(0, 12) + ").");
    FaceList faces = targets.faces;
    if (!facesRoot.empty())
        faces.root = facesRoot;
    const auto copies = static_cast<std::size_t>(targets.options.copies);
    FeatureWriter writer(file, base.outputSize(),
                         "second 1 " + base.hash() + (base.device().isCuda() ? " cuda " : " cpu ") + targetsHash + ' ' + faces.root.string());
    std::size_t next = static_cast<std::size_t>(writer.count()) / copies;
    if (next < faces.size())
        next -= next % s_faces; // whole blocks, so that a run taken up works on the same batches as one that was not stopped
    writer.keepOnly(static_cast<std::int64_t>(next * copies));
    const FaceReader reader(faces, progress);
    progress.stage("Computing embeddings with " + base.spec().name);
    progress.checkpoint(static_cast<std::int64_t>(next), static_cast<std::int64_t>(faces.size()));
    const auto read = [&](std::size_t begin) {
        return std::async(std::launch::async, [&, begin] { return copiesOf(reader, targets, begin, std::min(faces.size(), begin + s_faces)); });
    };
    std::future<std::vector<Picture>> ahead;
    if (next < faces.size())
        ahead = read(next);
    while (next < faces.size()) {
        const std::vector<Picture> pictures = ahead.get();
        const std::size_t end = std::min(faces.size(), next + s_faces);
        if (end < faces.size())
            ahead = read(end);
        writer.add(base.run(pictures, progress, targets.options.batch));
        next = end;
        reader.tellDamage(progress, false);
        progress.checkpoint(static_cast<std::int64_t>(next), static_cast<std::int64_t>(faces.size()));
    }
    reader.tellDamage(progress);
    writer.finish();
}

} // namespace dscope
