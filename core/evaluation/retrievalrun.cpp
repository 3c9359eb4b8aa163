// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/retrievalrun.h"

#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/parallel.h"
#include "core/base/words.h"
#include "core/metrics/rankedretrieval.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

namespace dscope {

namespace {

constexpr Words<RetrievalDistance, 2> s_distances{"no distance of a retrieval", {{RetrievalDistance::SquaredL2, "l2"}, {RetrievalDistance::Cosine, "cosine"}}};

std::string counted(std::int64_t count, const char *one, const char *many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string protocolSentence(std::int64_t queries, RetrievalDistance distance, const std::vector<RetrievalFigures> &figures)
{
    std::string text = "retrieval of " + counted(queries, "query", "queries") + " by "
        + (distance == RetrievalDistance::SquaredL2 ? "squared L2 of the representations as they are, not made unit vectors"
                                                    : "cosine distance of the representations")
        + "; equal distances keep gallery order; ignored are pid -1 and the query's own person by its own camera";
    for (const RetrievalFigures &one : figures) {
        const std::string tracklets = counted(one.gallery, "tracklet", "tracklets");
        text += one.protocol == RetrievalProtocol::Official
            ? "; official: the whole gallery (" + tracklets + " that are somebody's or pid 0), trapezoid AP, a query without a match counts as AP 0"
            : one.protocol == RetrievalProtocol::CrossCamera ? "; cross-camera: of the gallery (" + tracklets
                + ") those of other cameras than the query's, AP the mean precision at the hits, a query without a match is left out"
                                                             : "; video-reid: the gallery without the queries, unless their people have no other tracklets ("
                + tracklets + "), AP the mean precision at the hits, a query without a match is left out";
    }
    return text + "; a tracklet without elements is farther than all others, and as a query finds nothing; no re-ranking";
}

} // namespace

std::vector<float> aggregates(const TemplateFeatures &set, const Method &method, std::vector<std::int32_t> &kept, Progress &progress)
{
    checkMethod(set, method);
    checkOneDraw(method);
    kept.assign(static_cast<std::size_t>(set.templates()), 0);
    const auto width = static_cast<std::size_t>(set.dim);
    std::vector<float> rows;
    growTo(rows, static_cast<std::size_t>(set.templates()) * width, progress);
    parallelFor(set.templates(), 64, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t t = from; t < to; ++t) {
            if (set.size(t) == 0)
                continue;
            const Aggregate made = aggregateTemplate(set, t, method);
            kept[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(made.kept.size());
            std::transform(made.feature.begin(), made.feature.end(), rows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * width),
                           [](double value) { return static_cast<float>(value); });
        }
    });
    return rows;
}

EvaluationRun evaluateRetrieval(const TemplateFeatures &set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                                const Method &method, const VerificationOptions &options, Progress &progress)
{
    const auto begin = std::chrono::steady_clock::now();
    set.check();
    if (set.cameras.empty())
        throw Error("A retrieval needs the camera of every template, which " + (set.benchmark.empty() ? std::string("the set") : set.benchmark)
                    + " does not have.");
    progress.stage("Representing " + std::to_string(set.templates()) + " tracklets: " + titleOf(method));
    std::vector<std::int32_t> kept;
    const std::vector<float> rows = aggregates(set, method, kept, progress);
    const std::vector<std::int64_t> pids(set.subjects.begin(), set.subjects.end());
    const std::vector<std::int64_t> cameras(set.cameras.begin(), set.cameras.end());
    std::vector<std::uint8_t> enrolled;
    for (std::int64_t t = 0; t < set.templates(); ++t)
        enrolled.push_back(set.size(t) > 0 ? 1 : 0);

    progress.stage("Ranking " + std::to_string(gallery.size()) + " tracklets for " + counted(std::ssize(queries), "query", "queries") + ": " + titleOf(method));
    const std::vector<RetrievalProtocol> protocols = options.protocols.empty() ? retrievalProtocolsNamed("both") : options.protocols;
    const std::vector<RankedQueries> ranked = rankQueries({rows, set.dim, pids, cameras, enrolled, queries, gallery}, options.distance, protocols, progress);
    EvaluationRun run = describeRun(set, method, options, kept);
    RetrievalFiguresOptions how;
    how.resamples = options.resamples;
    how.seed = options.seed;
    progress.stage("Measuring");
    const auto counts = [](const RankedQueries &one) {
        return std::any_of(one.outcomes.begin(), one.outcomes.end(), [&](const QueryOutcome &outcome) { return isCounted(outcome, one.protocol); });
    };
    const bool any = std::any_of(ranked.begin(), ranked.end(), counts);
    for (const RankedQueries &one : ranked) {
        if (any && !counts(one)) { // where all are queries video-reid has no gallery; that must not cost the other protocol
            run.warnings.push_back("There are no figures by " + name(one.protocol) + ": no query has a match in its gallery of "
                                   + counted(one.gallery, "tracklet", "tracklets") + ".");
            continue;
        }
        run.retrieval.push_back(figuresOf(one, options.distance, how, progress));
    }
    run.protocol = protocolSentence(std::ssize(queries), options.distance, run.retrieval);

    std::set<std::int32_t> people;
    std::int64_t nobody = 0;
    std::int64_t empty = 0;
    for (const std::uint32_t query : queries) {
        people.insert(set.subjects[query]);
        nobody += set.subjects[query] < 0 ? 1 : 0;
        empty += enrolled[query] == 0 ? 1 : 0;
    }
    people.erase(-1);
    run.subjects = std::ssize(people);
    if (nobody > 0)
        run.warnings.push_back(counted(nobody, "query is", "queries are") + " of nobody known and can have no match.");
    if (empty > 0)
        run.warnings.push_back(counted(empty, "query has", "queries have") + " no element and found nothing.");
    const auto lost = std::count_if(gallery.begin(), gallery.end(), [&](std::uint32_t place) { return enrolled[place] == 0; });
    if (lost > 0)
        run.warnings.push_back(counted(lost, "tracklet", "tracklets") + " of the gallery without an element: farther than all others.");
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return run;
}

std::vector<RetrievalFigures> retrievalOverSplits(const std::vector<EvaluationRun> &splits)
{
    if (splits.empty() || std::any_of(splits.begin(), splits.end(), [](const EvaluationRun &run) { return run.retrieval.empty(); }))
        return {};
    std::vector<RetrievalFigures> means = splits.front().retrieval;
    for (std::size_t i = 0; i < means.size(); ++i) {
        RetrievalFigures &mean = means[i];
        std::size_t longest = 0;
        for (const EvaluationRun &run : splits) {
            if (run.retrieval.size() != means.size() || run.retrieval[i].protocol != mean.protocol || run.retrieval[i].distance != mean.distance
                || run.retrieval[i].ranks != mean.ranks || run.retrieval[i].cmc.size() != mean.cmc.size())
                throw Error("The splits of " + run.benchmark + " were searched by different protocols.");
            longest = std::max(longest, run.retrieval[i].curve.size());
        }
        const auto count = static_cast<double>(splits.size());
        mean.queries = mean.unmatched = mean.gallery = 0;
        mean.map = 0;
        mean.mapInterval = {};
        mean.cmcIntervals.clear();
        mean.cmc.assign(mean.cmc.size(), 0);
        mean.curve.assign(longest, 0);
        for (const EvaluationRun &run : splits) {
            const RetrievalFigures &one = run.retrieval[i];
            mean.queries += one.queries;
            mean.unmatched += one.unmatched;
            mean.gallery += one.gallery;
            mean.map += one.map / count;
            for (std::size_t k = 0; k < mean.cmc.size(); ++k)
                mean.cmc[k] += one.cmc[k] / count;
            for (std::size_t k = 0; k < longest && !one.curve.empty(); ++k) // beyond a gallery's size nobody else is found
                mean.curve[k] += one.curve[std::min(k, one.curve.size() - 1)] / count;
        }
    }
    return means;
}

RetrievalDistance retrievalDistanceNamed(std::string_view word)
{
    return word.empty() ? RetrievalDistance::SquaredL2 : s_distances.fromWord(word);
}

std::vector<RetrievalProtocol> retrievalProtocolsNamed(std::string_view word)
{
    if (word.empty())
        return {};
    if (word == "all")
        return {retrievalProtocols.begin(), retrievalProtocols.end()};
    if (word == "both")
        return {RetrievalProtocol::Official, RetrievalProtocol::VideoReid};
    for (const RetrievalProtocol protocol : retrievalProtocols)
        if (word == name(protocol))
            return {protocol};
    throw UsageError("A retrieval's protocol is official, video-reid, cross-camera, both (the first two) or all, not '" + std::string(word) + "'.");
}

bool isRetrieval(const EvaluationRun &run)
{
    return !run.retrieval.empty() && run.strict.empty() && run.genuine == 0 && run.impostor == 0;
}

} // namespace dscope
