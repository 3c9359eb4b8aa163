// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/familystudy.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/products.h"
#include "core/base/text.h"
#include "core/metrics/statistics.h"
#include "core/scores/dscore.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace dscope {

namespace {

/// The first face of each person, then the second of each, until there are enough.
std::vector<std::size_t> inTurn(const FaceList &faces, std::int64_t count)
{
    std::vector<std::vector<std::size_t>> people(faces.people.size());
    for (std::size_t i = 0; i < faces.size(); ++i)
        people[static_cast<std::size_t>(faces.labels[i])].push_back(i);
    std::vector<std::size_t> chosen;
    const auto most = std::min(static_cast<std::size_t>(count), faces.size());
    for (std::size_t round = 0; chosen.size() < most; ++round)
        for (const std::vector<std::size_t> &own : people)
            if (round < own.size() && chosen.size() < most)
                chosen.push_back(own[round]);
    return chosen;
}

/// Embeddings and scores of some pictures.
struct Scored {
    std::vector<float> features;
    std::vector<std::vector<double>> scores; ///< of each scorer, of the second look where there is one, then the norm
};

Scored scored(Network &base, const std::vector<PictureScorer> &scorers, const SecondLook *second, const std::vector<Picture> &pictures, Progress &progress)
{
    Scored result;
    result.scores.resize(scorers.size() + (second == nullptr ? 1 : 2));
    const auto dim = static_cast<std::size_t>(base.outputSize());
    constexpr std::size_t block = 128;
    for (std::size_t begin = 0; begin < pictures.size(); begin += block) {
        const std::span<const Picture> part{pictures.data() + begin, std::min(block, pictures.size() - begin)};
        const std::vector<float> features = base.run(part, progress);
        result.features.insert(result.features.end(), features.begin(), features.end());
        for (std::size_t s = 0; s < scorers.size(); ++s) {
            const std::vector<float> scores = scorers[s].score(part, progress);
            if (scores.size() != part.size())
                throw Error("The scorer '" + scorers[s].name + "' gave " + std::to_string(scores.size()) + " scores of " + std::to_string(part.size())
                            + " pictures.");
            result.scores[s].insert(result.scores[s].end(), scores.begin(), scores.end());
        }
        if (second != nullptr) {
            const std::vector<float> scores = second->scores(features);
            result.scores[scorers.size()].insert(result.scores[scorers.size()].end(), scores.begin(), scores.end());
        }
        for (std::size_t i = 0; i < part.size(); ++i)
            result.scores.back().push_back(std::sqrt(squaredLength(std::span<const float>(features).subspan(i * dim, dim))));
        progress.throwIfCancelled();
    }
    return result;
}

double mean(const std::vector<double> &values)
{
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

/// What is kept of all rows for the correlation over everything.
struct Everything {
    std::vector<double> truth;
    std::vector<std::vector<double>> scores;

    void add(const std::vector<double> &more, const std::vector<std::vector<double>> &moreScores)
    {
        truth.insert(truth.end(), more.begin(), more.end());
        scores.resize(moreScores.size());
        for (std::size_t s = 0; s < scores.size(); ++s)
            scores[s].insert(scores[s].end(), moreScores[s].begin(), moreScores[s].end());
    }
};

/// Every `step`-th value from `begin` on.
std::vector<double> every(const std::vector<double> &values, std::size_t begin, std::size_t step)
{
    std::vector<double> some;
    for (std::size_t i = begin; i < values.size(); i += step)
        some.push_back(values[i]);
    return some;
}

FamilyRow rowOf(const DamageFamily *family, const std::vector<double> &truth, const std::vector<std::vector<double>> &scores, std::size_t severities)
{
    FamilyRow row;
    row.family = family;
    row.predicted.resize(scores.size());
    for (std::size_t s = 0; s < severities; ++s) {
        row.truth.push_back(mean(every(truth, s, severities)));
        for (std::size_t k = 0; k < scores.size(); ++k)
            row.predicted[k].push_back(mean(every(scores[k], s, severities)));
    }
    for (const std::vector<double> &said : scores)
        row.spearman.push_back(spearman(said, truth));
    return row;
}

/// The faces, what is known of them undamaged, and how true D-scores follow.
class Study {
public:
    Study(Network &base, const std::vector<PictureScorer> &scorers, const FaceList &faces, const FamilyStudy &options, Progress &progress)
        : m_base(base), m_scorers(scorers), m_options(options), m_task(progress), m_faces(peopleWith(faces, 3))
    {
        m_faces.takeFor(base.spec());
        m_pictures = readFaces(m_faces, progress);
        m_chosen = inTurn(m_faces, options.faces);
        progress.stage("Embedding the undamaged faces");
        m_clean = scored(base, {}, nullptr, m_pictures, progress);
    }

    FamilyResult run()
    {
        FamilyResult result;
        result.severities = m_options.severities;
        result.faces = static_cast<std::int64_t>(m_chosen.size());
        result.pictures = static_cast<std::int64_t>(m_faces.size());
        result.people = static_cast<std::int64_t>(m_faces.people.size());
        for (const PictureScorer &scorer : m_scorers)
            result.scorers.push_back(scorer.name);
        if (m_options.second)
            result.scorers.emplace_back(secondLookName);
        result.scorers.emplace_back("norm");
        Everything all;
        undamaged(result, all);
        const std::vector<const DamageFamily *> &families = m_options.families.families();
        for (std::size_t f = 0; f < families.size(); ++f) {
            m_task.stage("Damaging and scoring: " + std::string(families[f]->name));
            const Scored worse = scored(m_base, m_scorers, m_options.second.get(), damagedFaces(*families[f]), m_task);
            const std::vector<double> truth = normalised(rawOf(worse.features), result);
            result.rows.push_back(rowOf(families[f], truth, worse.scores, m_options.severities.size()));
            all.add(truth, worse.scores);
            m_task.checkpoint(static_cast<std::int64_t>(f + 1), static_cast<std::int64_t>(families.size()));
        }
        for (const std::vector<double> &said : all.scores)
            result.spearman.push_back(spearman(said, all.truth));
        return result;
    }

private:
    void undamaged(FamilyResult &result, Everything &all)
    {
        std::vector<Picture> faces;
        for (const std::size_t face : m_chosen)
            faces.push_back(m_pictures[face]);
        const Scored clean = scored(m_base, m_scorers, m_options.second.get(), faces, m_task);
        // As one "damage" that does nothing, so that the very same rule gives the true D-scores.
        std::vector<float> features;
        const auto dim = static_cast<std::size_t>(m_base.outputSize());
        for (std::size_t i = 0; i < faces.size(); ++i)
            for (std::size_t s = 0; s < m_options.severities.size(); ++s)
                features.insert(features.end(), clean.features.begin() + static_cast<std::ptrdiff_t>(i * dim),
                                clean.features.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim));
        const std::vector<double> raw = every(rawOf(features), 0, m_options.severities.size());
        result.mu = m_options.mu;
        result.sigma = m_options.sigma;
        if (!(result.sigma > 0)) {
            result.mu = mean(raw);
            double squares = 0;
            for (const double value : raw)
                squares += (value - result.mu) * (value - result.mu);
            result.sigma = std::sqrt(squares / static_cast<double>(raw.size()));
            if (!(result.sigma > 0))
                throw Error("All undamaged faces have the same D-score; there is nothing to compare with.");
        }
        const std::vector<double> truth = normalised(raw, result);
        result.rows.push_back(rowOf(nullptr, truth, clean.scores, 1));
        all.add(truth, clean.scores);
    }

    std::vector<Picture> damagedFaces(const DamageFamily &family) const
    {
        const auto number = static_cast<std::uint64_t>(&family - damageFamilies().data()); // whichever are studied
        std::vector<Picture> worse;
        for (const std::size_t face : m_chosen)
            for (const double severity : m_options.severities) {
                Random random(m_options.seed, 0x60000000000ULL + 1000 * face + number);
                worse.push_back(damaged(m_pictures[face], family, severity, random));
            }
        return worse;
    }

    /// Raw D-scores of damaged copies of the chosen faces, as many of each as there are severities. Each picture has a clean sample, which the centroids are
    /// made of, and its copies behind it; those that are not damaged stand for themselves.
    std::vector<double> rawOf(const std::vector<float> &copies)
    {
        const auto dim = static_cast<std::size_t>(m_base.outputSize());
        const std::size_t each = m_options.severities.size();
        const std::size_t samples = each + 1;
        std::vector<float> features;
        std::vector<std::int32_t> labels;
        features.reserve(m_faces.size() * samples * dim);
        for (std::size_t face = 0; face < m_faces.size(); ++face)
            for (std::size_t s = 0; s < samples; ++s) {
                features.insert(features.end(), m_clean.features.begin() + static_cast<std::ptrdiff_t>(face * dim),
                                m_clean.features.begin() + static_cast<std::ptrdiff_t>((face + 1) * dim));
                labels.push_back(m_faces.labels[face]);
            }
        for (std::size_t i = 0; i < m_chosen.size(); ++i)
            std::copy_n(copies.begin() + static_cast<std::ptrdiff_t>(i * each * dim), each * dim,
                        features.begin() + static_cast<std::ptrdiff_t>((m_chosen[i] * samples + 1) * dim));
        Progress quiet; // its warnings are of the trick, not of the pictures
        const DScores scores = computeDScores(features, static_cast<std::int64_t>(dim), labels, truthOptions(static_cast<std::int64_t>(samples)), quiet);
        std::vector<double> raw;
        for (const std::size_t face : m_chosen)
            raw.insert(raw.end(), scores.raw.begin() + static_cast<std::ptrdiff_t>(face * samples + 1),
                       scores.raw.begin() + static_cast<std::ptrdiff_t>((face + 1) * samples));
        m_task.throwIfCancelled();
        return raw;
    }

    static std::vector<double> normalised(std::vector<double> raw, const FamilyResult &result)
    {
        for (double &value : raw)
            value = 1 / (1 + std::exp(-(value - result.mu) / result.sigma));
        return raw;
    }

    Network &m_base;
    const std::vector<PictureScorer> &m_scorers;
    const FamilyStudy &m_options;
    Progress &m_task;
    FaceList m_faces;
    std::vector<Picture> m_pictures;
    std::vector<std::size_t> m_chosen;
    Scored m_clean;
};

std::string nameOf(const FamilyRow &row)
{
    return row.family == nullptr ? "undamaged" : std::string(row.family->name);
}

/// A mean as the table shows it: D-scores lie between 0 and 1, norms do not.
std::string shownMean(double value)
{
    return value < 10 ? printed("%.3f", value) : printed("%.1f", value);
}

} // namespace

FamilyResult familyStudy(Network &base, const std::vector<PictureScorer> &scorers, const FaceList &faces, const FamilyStudy &options, Progress &progress)
{
    if (options.families.isPaper() || options.severities.empty() || options.faces < 1)
        throw Error("A study of families needs families, severities and faces.");
    return Study(base, scorers, faces, options, progress).run();
}

std::string familiesMarkdown(const FamilyResult &result, const std::string &base)
{
    std::string out = printed("Base %s; %lld faces damaged, %lld pictures of %lld people in the centroids. True D-scores by Eq. 2-4 from centroids of "
                              "undamaged pictures without the picture itself, with mu %.4f and sigma %.4f. Cells: mean "
                              "true D-score / mean of each scorer. rho: Spearman of the scorer with the true D-score, over the row's faces and severities.\n\n",
                              base.c_str(), static_cast<long long>(result.faces), static_cast<long long>(result.pictures),
                              static_cast<long long>(result.people), result.mu, result.sigma);
    out += "| family | group |";
    for (const std::string &scorer : result.scorers)
        out += " rho " + scorer + " |";
    std::string scorers;
    for (const std::string &scorer : result.scorers)
        scorers += " / " + scorer;
    for (const double severity : result.severities)
        out += printed(" %g: true", severity) + scorers + " |";
    out += "\n|---|---|";
    for (std::size_t i = 0; i < result.scorers.size() + result.severities.size(); ++i)
        out += "---|";
    out += "\n";
    for (const FamilyRow &row : result.rows) {
        out += "| " + nameOf(row) + " | " + (row.family == nullptr ? "" : std::string(row.family->group)) + " |";
        for (const double rho : row.spearman)
            out += std::isnan(rho) ? " - |" : printed(" %.3f |", rho);
        for (std::size_t s = 0; s < row.truth.size(); ++s) {
            out += " " + shownMean(row.truth[s]);
            for (const std::vector<double> &means : row.predicted)
                out += " / " + shownMean(means[s]);
            out += " |";
        }
        for (std::size_t s = row.truth.size(); s < result.severities.size(); ++s)
            out += " |";
        out += "\n";
    }
    out += "| all | |";
    for (const double rho : result.spearman)
        out += std::isnan(rho) ? " - |" : printed(" %.3f |", rho);
    for (std::size_t s = 0; s < result.severities.size(); ++s)
        out += " |";
    return out + "\n";
}

std::string familiesCsv(const FamilyResult &result)
{
    std::string out = "family,group,severity,true";
    for (const std::string &scorer : result.scorers)
        out += "," + csvText(scorer) + "," + csvText("rho " + scorer);
    out += "\n";
    for (const FamilyRow &row : result.rows)
        for (std::size_t s = 0; s < row.truth.size(); ++s) {
            out += nameOf(row) + "," + (row.family == nullptr ? "" : std::string(row.family->group)) + ","
                + csvNumber(row.family == nullptr ? 0 : result.severities[s]) + "," + csvNumber(row.truth[s]);
            for (std::size_t k = 0; k < row.predicted.size(); ++k)
                out += "," + csvNumber(row.predicted[k][s]) + "," + (std::isnan(row.spearman[k]) ? "" : csvNumber(row.spearman[k]));
            out += "\n";
        }
    return out;
}

Json familiesJson(const FamilyResult &result, const std::string &base)
{
    const auto number = [](double value) { return std::isnan(value) ? Json() : Json(value); };
    Json rows = Json::array();
    for (const FamilyRow &row : result.rows) {
        Json scorers = Json::object();
        for (std::size_t k = 0; k < result.scorers.size(); ++k)
            scorers[result.scorers[k]] = {{"mean", row.predicted[k]}, {"spearman", number(row.spearman[k])}};
        rows.push_back({{"family", nameOf(row)},
                        {"group", row.family == nullptr ? Json() : Json(std::string(row.family->group))},
                        {"true", row.truth},
                        {"scorers", scorers}});
    }
    Json overall = Json::object();
    for (std::size_t k = 0; k < result.scorers.size(); ++k)
        overall[result.scorers[k]] = number(result.spearman[k]);
    return {{"schema", "dscope.families/1"},   {"base", base},       {"faces", result.faces}, {"pictures", result.pictures},
            {"people", result.people},         {"mu", result.mu},    {"sigma", result.sigma}, {"rows", rows},
            {"severities", result.severities}, {"spearman", overall}};
}

} // namespace dscope
