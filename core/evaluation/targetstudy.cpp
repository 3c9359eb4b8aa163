// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/targetstudy.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/metrics/statistics.h"
#include "core/scores/secondlooksums.h"

#include <algorithm>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_block = 1024; // pictures added to the sums at a time

class Comparison {
public:
    Comparison(const FacePool &pool, const TargetStudy &study) : m_pool(pool), m_study(study), m_rows(static_cast<std::size_t>(pool.versions) + 1)
    {
        pool.check();
        if (pool.versions < 1)
            throw Error("Targets are compared on faces with degraded versions.");
        if (study.folds < 2 || study.judgedWith < 2 || study.draws < 1)
            throw Error("A comparison of targets needs two folds, two pictures of a judged person and one draw, at least.");
        std::vector<std::int64_t> faces(pool.people.size());
        for (const std::int32_t label : pool.labels) {
            ++faces[static_cast<std::size_t>(label)];
            m_labels.insert(m_labels.end(), m_rows, label);
        }
        std::vector<std::size_t> people(pool.people.size());
        for (std::size_t p = 0; p < people.size(); ++p)
            people[p] = p;
        Random random(study.seed, 0x7A26E7);
        random.shuffle(people);
        m_fold.resize(people.size());
        for (std::size_t place = 0; place < people.size(); ++place)
            m_fold[people[place]] = static_cast<int>(place % static_cast<std::size_t>(study.folds));
        for (const std::int64_t count : faces)
            m_judged.push_back(count >= study.judgedWith);
        if (std::count(m_judged.begin(), m_judged.end(), true) < 2)
            throw Error("Fewer than two people have " + std::to_string(study.judgedWith) + " pictures to be judged by.");
    }

    std::vector<TargetRow> run(const std::vector<TargetVariant> &variants, Progress &progress)
    {
        const DScores truth = scoresOf({"", peopleApart()}, progress);
        FacePool judged = judgedPool();
        std::vector<TargetRow> rows;
        for (const TargetVariant &variant : variants) {
            progress.stage("Targets: " + variant.title);
            progress.checkpoint(std::ssize(rows), std::ssize(variants));
            const DScores scores = scoresOf(variant, progress);
            const std::vector<float> predicted = predictionsOf(scores, progress);
            TargetRow row = correlated(scores, predicted, truth);
            row.title = variant.title;
            judged.quality["predicted: " + variant.title] = ofTheJudged(predicted);
            judged.quality["target: " + variant.title] = ofTheJudged({scores.normalised.begin(), scores.normalised.end()});
            rows.push_back(row);
        }
        addTemplates(rows, judged, progress);
        return rows;
    }

private:
    /// What is nearest to the truth: a centroid of all clean pictures of the person but this.
    static DScoreOptions peopleApart()
    {
        DScoreOptions options;
        options.centroids = DScoreOptions::Centroids::Clean;
        options.leaveOut = DScoreOptions::LeaveOut::Picture;
        return options;
    }

    DScores scoresOf(TargetVariant variant, Progress &progress) const
    {
        Progress quiet;
        variant.options.copies = static_cast<std::int64_t>(m_rows);
        progress.throwIfCancelled();
        return computeDScores(m_pool.features, m_pool.dim, m_labels, variant.options, quiet);
    }

    std::span<const float> featureOf(std::size_t i) const
    {
        return std::span<const float>(m_pool.features).subspan(i * static_cast<std::size_t>(m_pool.dim), static_cast<std::size_t>(m_pool.dim));
    }
    std::size_t personOf(std::size_t i) const { return static_cast<std::size_t>(m_labels[i]); }

    /// Of every picture, by the rule that has not seen its person.
    std::vector<float> predictionsOf(const DScores &scores, Progress &progress) const
    {
        std::vector<SecondLookSums> folds;
        const auto first = std::min(m_pool.features.size(), s_block * static_cast<std::size_t>(m_pool.dim));
        const std::vector<double> shift = SecondLookSums::usualShift(std::span<const float>(m_pool.features).first(first), m_pool.dim);
        for (int fold = 0; fold < m_study.folds; ++fold)
            folds.push_back(sumsOf(fold, scores, shift));
        std::vector<float> predicted(m_labels.size());
        for (int fold = 0; fold < m_study.folds; ++fold) {
            progress.throwIfCancelled();
            SecondLookSums others(m_pool.dim, shift);
            for (int other = 0; other < m_study.folds; ++other)
                if (other != fold)
                    others.add(folds[static_cast<std::size_t>(other)]);
            SecondLookRule rule = others.solve(m_study.ridge, progress).first;
            const SecondLook look(std::move(rule.weights), rule.bias, {});
            for (std::size_t i = 0; i < predicted.size(); ++i)
                if (m_fold[personOf(i)] == fold)
                    predicted[i] = static_cast<float>(look.score(featureOf(i)));
        }
        return predicted;
    }

    SecondLookSums sumsOf(int fold, const DScores &scores, const std::vector<double> &shift) const
    {
        SecondLookSums sums(m_pool.dim, shift);
        std::vector<float> features;
        std::vector<double> wanted;
        const auto flush = [&] {
            sums.add(features, wanted);
            features.clear();
            wanted.clear();
        };
        for (std::size_t i = 0; i < m_labels.size(); ++i) {
            if (m_fold[personOf(i)] != fold || scores.target[i] == 0 || !SecondLookSums::usable(featureOf(i), scores.normalised[i]))
                continue;
            features.insert(features.end(), featureOf(i).begin(), featureOf(i).end());
            wanted.push_back(scores.normalised[i]);
            if (wanted.size() == s_block)
                flush();
        }
        flush();
        return sums;
    }

    TargetRow correlated(const DScores &scores, const std::vector<float> &predicted, const DScores &truth) const
    {
        TargetRow row;
        std::vector<bool> gave(m_pool.people.size());
        std::vector<double> said, saidClean, wanted, wantedClean, ownClean;
        for (std::size_t i = 0; i < m_labels.size(); ++i) {
            if (scores.target[i] != 0) {
                ++row.pictures;
                gave[personOf(i)] = true;
            }
            if (!m_judged[personOf(i)])
                continue;
            said.push_back(static_cast<double>(predicted[i]));
            wanted.push_back(truth.raw[i]);
            if (i % m_rows != 0)
                continue;
            saidClean.push_back(said.back());
            wantedClean.push_back(wanted.back());
            ownClean.push_back(truth.own[i]);
        }
        row.people = std::count(gave.begin(), gave.end(), true);
        row.clean = spearman(saidClean, wantedClean);
        row.all = spearman(said, wanted);
        row.cleanOwn = spearman(saidClean, ownClean);
        return row;
    }

    std::vector<float> ofTheJudged(const std::vector<float> &values) const
    {
        std::vector<float> some;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (m_judged[personOf(i)])
                some.push_back(values[i]);
        return some;
    }

    FacePool judgedPool() const
    {
        FacePool some;
        some.name = m_pool.name;
        some.dim = m_pool.dim;
        some.versions = m_pool.versions;
        std::vector<std::int32_t> places(m_pool.people.size(), -1);
        for (std::size_t p = 0; p < m_pool.people.size(); ++p)
            if (m_judged[p]) {
                places[p] = static_cast<std::int32_t>(some.people.size());
                some.people.push_back(m_pool.people[p]);
            }
        for (const std::int32_t label : m_pool.labels)
            if (m_judged[static_cast<std::size_t>(label)])
                some.labels.push_back(places[static_cast<std::size_t>(label)]);
        for (std::size_t i = 0; i < m_labels.size(); ++i)
            if (m_judged[personOf(i)])
                some.features.insert(some.features.end(), featureOf(i).begin(), featureOf(i).end());
        some.dScores.resize(static_cast<std::size_t>(some.pictures()));
        return some;
    }

    void addTemplates(std::vector<TargetRow> &rows, const FacePool &judged, Progress &progress) const
    {
        progress.stage("Comparing templates");
        std::vector<ComparedSet> draws;
        for (int draw = 0; draw < m_study.draws; ++draw) {
            draws.push_back(drawTemplates(judged, {m_study.size, true, m_study.degradedShare, m_study.templatesPerPerson, m_study.seed}, draw));
            progress.throwIfCancelled();
        }
        CompareOptions how;
        how.fars = {m_study.far};
        how.resamples = m_study.resamples;
        how.seed = m_study.seed;
        for (const char *kind : {"predicted: ", "target: "}) {
            std::vector<Method> methods;
            for (const TargetRow &row : rows) {
                Method method;
                method.title = row.title;
                method.options.keep.threshold = m_study.threshold;
                method.quality = kind + row.title;
                methods.push_back(method);
            }
            how.reference = methods.front();
            const std::vector<ComparedRow> compared = compareMethods(draws, methods, how, {}, progress);
            for (std::size_t i = 0; i < rows.size(); ++i)
                (kind[0] == 'p' ? rows[i].predicted : rows[i].itself) = compared[i];
        }
    }

    const FacePool &m_pool;
    const TargetStudy &m_study;
    std::size_t m_rows;
    std::vector<std::int32_t> m_labels; ///< of every version
    std::vector<int> m_fold;            ///< of every person
    std::vector<bool> m_judged;         ///< people
};

std::string tarCell(const ComparedRow &row, bool first)
{
    std::string text = printed("%.1f", 100 * row.tar);
    if (row.interval.resamples > 0)
        text += printed(" (%.1f to %.1f)", 100 * row.interval.low, 100 * row.interval.high);
    if (first)
        return text + " | ";
    text += printed(" | %+.1f", 100 * row.gain);
    if (row.gainInterval.resamples > 0)
        text += printed(" (%+.1f to %+.1f)", 100 * row.gainInterval.low, 100 * row.gainInterval.high);
    return text;
}

} // namespace

std::vector<TargetRow> compareTargets(const FacePool &pool, const std::vector<TargetVariant> &variants, const TargetStudy &study, Progress &progress)
{
    if (variants.empty())
        throw Error("There are no targets to compare.");
    return Comparison(pool, study).run(variants, progress);
}

std::vector<TargetVariant> usualTargetVariants(const FacePool &pool)
{
    std::vector<std::int64_t> faces(pool.people.size());
    for (const std::int32_t label : pool.labels)
        ++faces[static_cast<std::size_t>(label)];
    const std::int64_t most = faces.empty() ? 0 : *std::max_element(faces.begin(), faces.end());
    using Options = DScoreOptions;
    Options apart;
    apart.centroids = Options::Centroids::Clean;
    apart.leaveOut = Options::LeaveOut::Picture;
    apart.atLeastOthers = usualOthers();
    std::vector<TargetVariant> variants;
    for (const auto &[target, title] :
         {std::pair(Options::Target::Ratio, "own / hardest (Eq. 3)"), std::pair(Options::Target::Own, "own"),
          std::pair(Options::Target::Margin, "own - hardest"), std::pair(Options::Target::CrFiqa, "own / (hardest + 1) (CR-FIQA)")}) {
        variants.push_back({title, apart});
        variants.back().options.target = target;
    }
    for (const auto centroids : {Options::Centroids::Clean, Options::Centroids::All})
        for (const auto leaveOut : {Options::LeaveOut::Picture, Options::LeaveOut::Sample, Options::LeaveOut::None}) {
            if (centroids == apart.centroids && leaveOut == apart.leaveOut)
                continue; // the first row
            variants.push_back({"Eq. 3, centroids " + centroidWords.wordOf(centroids) + ", left out: " + leaveOutWords.wordOf(leaveOut), apart});
            variants.back().options.centroids = centroids;
            variants.back().options.leaveOut = leaveOut;
        }
    for (const std::int64_t others : {1, 2, 3, 5, 8})
        if (others != usualOthers() && others < most) {
            variants.push_back({"Eq. 3, at least " + std::to_string(others) + (others == 1 ? " other picture" : " other pictures"), apart});
            variants.back().options.atLeastOthers = others;
        }
    return variants;
}

std::string targetTable(const std::vector<TargetRow> &rows, const FacePool &pool, const TargetStudy &study, const std::string &base)
{
    std::string out =
        "Set: " + pool.name + ", each face clean and in " + std::to_string(pool.versions) + " degraded versions. Base: " + base + ". "
        + printed(
            "Unless a row says otherwise: centroids of clean pictures, the picture left out, at least %lld other pictures. Predicted by ridge regression on "
            "the embedding (ridge %g), which stands in for a DDNet, in %d folds of people. Judged on people of at least %lld pictures: Spearman's correlation "
            "with the true D-score (Eq. 3, centroid of all clean pictures of the person but this one), with the true cosine to the own centroid; TAR in %% "
            "at FAR %g, DDL (t = %g) on templates of %lld pictures of which %g %% are degraded, %d draws, seed %llu, strict rule; 95 %% intervals by %d "
            "by-person bootstrap resamples, differences to the first row paired.\n\n",
            static_cast<long long>(usualOthers()), study.ridge, study.folds, static_cast<long long>(study.judgedWith), study.far, study.threshold,
            static_cast<long long>(study.size), 100 * study.degradedShare, study.draws, static_cast<unsigned long long>(study.seed), study.resamples);
    out += "| target | people, pictures that give it | correlation, clean | with own cosine, clean | all versions | TAR, predicted | difference | TAR, the "
           "target itself | "
           "difference |\n|---|---|---|---|---|---|---|---|---|\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const TargetRow &row = rows[i];
        out += "| " + row.title + " | "
            + printed("%lld, %lld | %.3f | %.3f | %.3f | ", static_cast<long long>(row.people), static_cast<long long>(row.pictures), row.clean, row.cleanOwn,
                      row.all)
            + tarCell(row.predicted, i == 0) + " | " + tarCell(row.itself, i == 0) + " |\n";
    }
    return out;
}

} // namespace dscope
