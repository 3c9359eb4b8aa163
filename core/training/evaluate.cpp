// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/evaluate.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/evaluation/compare.h"
#include "core/scores/dscore.h"
#include "core/training/pairaccuracy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace dscope {

namespace {

/// Methods of the template study: average, top-1, DDL, DDL without re-scale, oracle.
constexpr std::size_t s_methods = 5;

} // namespace

std::vector<SeverityResult> severityStudy(Network &ddnet, FaceList faces, std::int64_t count, std::uint64_t seed, Progress &progress)
{
    const std::vector<std::vector<std::size_t>> people = facesByPerson(faces);
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
        const std::vector<float> scores = outputsOf(ddnet, worse, "Scoring: " + degradationName(kind), progress);
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
        method.options.keep.threshold = options.threshold;
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
    out += "| pictures per template | genuine / impostor pairs | kept | FAR (realised) | average | top-1 | DDL | DDL without re-scale | oracle | gap closed | "
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
