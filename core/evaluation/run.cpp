// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/run.h"

#include "core/base/error.h"
#include "core/evaluation/retrievalrun.h"
#include "core/metrics/pairbootstrap.h"
#include "core/scores/secondlook.h"
#include "core/threshold/scoreroc.h"
#include "core/threshold/splitcurves.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace dscope {

namespace {

constexpr std::size_t s_rocVertices = 2000;
constexpr std::size_t s_bins = 200;
constexpr std::size_t s_block = std::size_t{1} << 18; // pairs between two checks for cancellation

std::string protocolSentence(const VerificationOptions &options)
{
    return std::string("1:1 between templates: cosine of their representations; TAR at FAR without interpolation, equal scores accepted together; strict: the ")
        + "last vertex of the full ROC whose FAR does not exceed the target; insightface: the vertex of the pruned ROC nearest to it; a template without a "
        + "face scores lowest"
        + (options.tenFold ? "; ten-fold: consecutive tenths in file order, squared L2 of unit vectors, thresholds 0, 0.01 ... 3.99, best on nine folds" : "");
}

void histograms(std::span<const float> scores, std::span<const std::uint8_t> genuine, EvaluationRun &run, Progress &progress)
{
    std::vector<std::int64_t> counts[2] = {std::vector<std::int64_t>(s_bins, 0), std::vector<std::int64_t>(s_bins, 0)};
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        if (scores[i] == notEnrolled)
            continue;
        const double place = (static_cast<double>(scores[i]) + 1) / 2 * static_cast<double>(s_bins);
        ++counts[genuine[i] != 0 ? 1 : 0][static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(s_bins - 1)))];
    }
    for (std::size_t b = 0; b < s_bins; ++b) {
        run.genuineHistogram.push_back(static_cast<double>(counts[1][b]) / static_cast<double>(run.genuine));
        run.impostorHistogram.push_back(static_cast<double>(counts[0][b]) / static_cast<double>(run.impostor));
    }
}

void hardestPairs(const DescendingPairs &sorted, const TemplatePairs &pairs, std::int64_t most, EvaluationRun &run, Progress &progress)
{
    const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(0, most));
    const auto take = [&](const Descending &scores, bool lowest, std::vector<NotablePair> &into) {
        for (std::size_t rank = 0; rank < scores.size() && into.size() < wanted; ++rank) {
            if (rank % s_block == 0)
                progress.throwIfCancelled();
            const std::size_t i = lowest ? scores.size() - 1 - rank : rank;
            if (scores.values[i] != notEnrolled)
                into.push_back({pairs.a[scores.order[i]], pairs.b[scores.order[i]], scores.values[i]});
        }
    };
    take(sorted.impostor, false, run.hardestImpostor);
    take(sorted.genuine, true, run.hardestGenuine);
}

void intervals(const TemplateFeatures &set, const TemplatePairs &pairs, const DescendingPairs &sorted, const VerificationOptions &options, EvaluationRun &run,
               Progress &progress)
{
    if (options.resamples <= 0 || options.fars.empty())
        return;
    const PairPeople people = pairPeople(set, pairs, progress);
    if (people.known == 0) {
        run.warnings.push_back("Whom the templates show is not known: there are no intervals.");
        return;
    }
    if (people.contradicted > 0) {
        run.warnings.push_back(std::to_string(people.contradicted) + " pairs are labelled otherwise than their subjects say: there are no intervals.");
        return;
    }
    if (people.unknown > 0)
        run.warnings.push_back(std::to_string(people.unknown) + " templates have no subject; for the intervals each counts as a person of its own.");
    progress.stage("Drawing intervals");
    // "eva1": apart from whatever else is drawn with this seed
    run.intervals = bootstrapTars(sorted, pairs, people, options.fars, options.resamples, 0.95, options.seed, 0x65766131, progress);
    run.subjects = people.count;
}

void checkPairs(const TemplateFeatures &set, const TemplatePairs &pairs, const VerificationOptions &options, Progress &progress)
{
    const auto n = static_cast<std::size_t>(pairs.size());
    if (pairs.b.size() != n || pairs.genuine.size() != n)
        throw Error("The pairs of " + set.benchmark + " are not complete: " + std::to_string(n) + ", " + std::to_string(pairs.b.size()) + " and "
                    + std::to_string(pairs.genuine.size()) + " entries.");
    for (std::size_t i = 0; i < n; ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        if (static_cast<std::int64_t>(std::max(pairs.a[i], pairs.b[i])) >= set.templates())
            throw Error("A pair of " + set.benchmark + " names a template that is not there.");
    }
    if (!options.scores.empty() && options.scores.size() != n)
        throw Error("There are " + std::to_string(options.scores.size()) + " scores for " + std::to_string(n) + " pairs.");
    for (const double far : options.fars)
        if (!(far >= 0 && far <= 1))
            throw Error("A FAR target lies between 0 and 1.");
}

void costs(const TemplateFeatures &set, const Method &method, const VerificationOptions &options, std::span<const std::int32_t> kept, EvaluationRun &run)
{
    if (kept.size() != static_cast<std::size_t>(set.templates()) || set.faces() == 0)
        return; // not known
    run.keptShare = static_cast<double>(embeddedFaces(set, method, kept)) / static_cast<double>(set.faces());
    if (options.baseCost.mac <= 0)
        return;
    // A method that does not look at D-scores needs no DDNet.
    const bool scored = method.kind == Method::Kind::Scores && method.quality.empty()
        && (method.choose || (method.options.method != Aggregator::Average && method.options.method != Aggregator::Max));
    Cost scorer = scored ? options.ddnetCost : Cost{};
    if (const auto own = set.qualityCost.find(method.quality); own != set.qualityCost.end())
        scorer = own->second;
    Cost onKept = options.baseCost;
    if (const auto second = set.qualityCost.find(method.weights); second != set.qualityCost.end()) {
        onKept.mac += second->second.mac;
        onKept.flop += second->second.flop;
    }
    run.macPerFace = static_cast<double>(scorer.mac) + run.keptShare * static_cast<double>(onKept.mac);
    run.flopPerFace = static_cast<double>(scorer.flop) + run.keptShare * static_cast<double>(onKept.flop);
}

/// CMC and TPIR curve of a search, means over the splits; none where a split lacks it.
void meanCurves(const std::vector<EvaluationRun> &splits, Identification &mean)
{
    for (auto curve : {&Identification::cmc, &Identification::curve}) {
        std::size_t longest = 0;
        bool all = true;
        for (const EvaluationRun &run : splits) {
            longest = std::max(longest, ((*run.search).*curve).size());
            all = all && !((*run.search).*curve).empty();
        }
        (mean.*curve).assign(all ? longest : 0, 0);
        for (const EvaluationRun &run : splits)
            for (std::size_t i = 0; i < (mean.*curve).size(); ++i) // beyond a gallery's size nobody else is found
                (mean.*curve)[i] += ((*run.search).*curve)[std::min(i, ((*run.search).*curve).size() - 1)] / static_cast<double>(splits.size());
    }
}

} // namespace

std::string name(TemplateQuality quality)
{
    return quality == TemplateQuality::BestDScore ? "best D-score" : "mean D-score";
}

std::int64_t embeddedFaces(const TemplateFeatures &set, const Method &method, std::span<const std::int32_t> kept)
{
    // Whoever weighs by what the base gives has to run it on all faces first.
    const bool all = method.kind == Method::Kind::Nan || method.quality == "norm" || method.quality == secondLookName;
    if (!all && isTwoStage(method)) {
        std::int64_t sum = 0;
        for (std::int64_t t = 0; t < set.templates(); ++t)
            sum += set.size(t) > 0 ? std::ssize(embeddedElements(set, t, method)) : 0;
        return sum;
    }
    return all ? set.faces() : std::accumulate(kept.begin(), kept.end(), std::int64_t{0});
}

EvaluationRun describeRun(const TemplateFeatures &set, const Method &method, const VerificationOptions &options, std::span<const std::int32_t> kept)
{
    EvaluationRun run;
    run.benchmark = set.benchmark;
    run.synthetic = set.synthetic;
    run.protocol = protocolSentence(options);
    run.method = titleOf(method);
    run.threshold = method.options.keep.threshold;
    run.templates = set.templates();
    run.faces = set.faces();
    for (std::int64_t t = 0; t < set.templates(); ++t)
        run.notEnrolled += set.size(t) == 0 ? 1 : 0;
    costs(set, method, options, kept, run);
    return run;
}

EvaluationRun evaluateVerification(const TemplateFeatures &set, const TemplatePairs &pairs, const Method &method, const VerificationOptions &options,
                                   Progress &progress)
{
    const auto begin = std::chrono::steady_clock::now();
    set.check();
    checkPairs(set, pairs, options, progress);
    std::vector<float> computed;
    std::vector<std::int32_t> counted;
    if (options.scores.empty()) {
        progress.stage("Representing " + std::to_string(set.templates()) + " templates");
        const std::vector<float> unit = represent(set, method, progress, &counted);
        progress.stage("Comparing " + std::to_string(pairs.size()) + " pairs");
        computed = scorePairs(set, unit, pairs, progress);
    }
    const std::span<const float> scores = options.scores.empty() ? std::span<const float>(computed) : options.scores;
    EvaluationRun run = describeRun(set, method, options, options.scores.empty() ? std::span<const std::int32_t>(counted) : options.kept);
    run.genuine = pairs.genuineCount();
    run.impostor = pairs.size() - run.genuine;
    // A table of zeros would follow, and look like a result.
    if (run.genuine == 0 || run.impostor == 0)
        throw Error("Of the " + std::to_string(pairs.size()) + " pairs of " + set.benchmark + " " + std::to_string(run.genuine) + " are genuine and "
                    + std::to_string(run.impostor) + " impostors; there must be some of both. Check the labels of the list of pairs.");
    std::int64_t impossible = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (i % s_block == 0)
            progress.throwIfCancelled();
        impossible += scores[i] == notEnrolled ? 1 : 0;
    }
    if (impossible > 0)
        run.warnings.push_back(std::to_string(impossible) + " pairs have a template without a face and score lowest.");

    progress.stage("Measuring");
    const DescendingPairs sorted = descendingPairs(scores, pairs.genuine, progress);
    {
        // Two descending lists hold the whole ROC: written down, it would be larger than everything else here.
        const ScoreRoc roc(sorted.genuine.values, sorted.impostor.values);
        run.strict = roc.tarAtFar(options.fars, FarRule::Strict);
        run.insightface = roc.tarAtFar(options.fars, FarRule::InsightFace);
        progress.throwIfCancelled();
        run.eer = roc.equalErrorRate();
        roc.corners(s_rocVertices, run.rocFar, run.rocTar);
    }
    histograms(scores, pairs.genuine, run, progress);
    hardestPairs(sorted, pairs, options.notable, run, progress);
    if (options.tenFold) {
        std::vector<double> distances;
        distances.reserve(scores.size());
        for (const float score : scores)
            distances.push_back(2 - 2 * static_cast<double>(score));
        run.tenFold = tenFoldAccuracy(distances, pairs.genuine);
    }
    intervals(set, pairs, sorted, options, run, progress);
    if (!options.e0s.empty())
        evaluateDiscard(set, pairs, sorted, options, run, progress);
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return run;
}

Identification evaluateSearch(const TemplateFeatures &set, std::span<const float> unit, const SearchProtocol &protocol, Progress &progress)
{
    struct Side {
        std::vector<float> features;
        std::vector<std::int64_t> ids;
        std::vector<std::uint8_t> enrolled;
        TemplateSet view() const { return {features, ids, enrolled}; }
    };
    const auto width = static_cast<std::size_t>(set.dim);
    const auto sideOf = [&](const std::vector<std::uint32_t> &places) {
        Side side;
        side.features.reserve(places.size() * width);
        for (const std::uint32_t t : places) {
            if (static_cast<std::int64_t>(t) >= set.templates())
                throw Error("The search of " + set.benchmark + " names a template that is not there.");
            if (set.subjects[t] < 0)
                throw Error("Template " + std::to_string(set.ids[t]) + " is searched but its subject is not known.");
            side.ids.push_back(set.subjects[t]);
            side.enrolled.push_back(set.size(t) > 0 ? 1 : 0);
            const auto row = unit.begin() + static_cast<std::ptrdiff_t>(t * width);
            side.features.insert(side.features.end(), row, row + static_cast<std::ptrdiff_t>(width));
        }
        return side;
    };
    if (unit.size() != static_cast<std::size_t>(set.templates()) * width)
        throw Error("The search of " + set.benchmark + " needs one vector a template.");
    const Side probes = sideOf(protocol.probes);
    std::vector<GallerySearch> searches;
    for (std::size_t g = 0; g < protocol.galleries.size(); ++g) {
        progress.stage("Searching gallery " + std::to_string(g + 1) + " of " + std::to_string(protocol.galleries.size()));
        const Side gallery = sideOf(protocol.galleries[g]);
        searches.push_back(searchGallery(gallery.view(), probes.view(), set.dim, protocol.fpirs, protocol.ranks, progress));
    }
    return combine(std::move(searches));
}

EvaluationRun overSplits(const std::vector<EvaluationRun> &splits, const std::vector<std::string> &names)
{
    if (splits.empty() || splits.size() != names.size())
        throw Error("Splits to put together need at least one run and a name each.");
    EvaluationRun all = splits.front();
    const auto count = static_cast<double>(splits.size());
    all.intervals.clear();
    all.hardestGenuine.clear();
    all.hardestImpostor.clear();
    all.rocFar.clear();
    all.rocTar.clear();
    all.genuineHistogram.clear();
    all.impostorHistogram.clear();
    all.discard.clear();
    all.discardAreas.clear();
    all.recomputed.clear();
    all.warnings.clear();
    all.tenFold.reset();
    all.search.reset();
    all.templates = all.faces = all.notEnrolled = all.genuine = all.impostor = 0;
    all.seconds = all.keptShare = all.macPerFace = all.flopPerFace = 0;
    all.eer = {};
    for (std::size_t s = 0; s < splits.size(); ++s) {
        const EvaluationRun &run = splits[s];
        if (run.strict.size() != all.strict.size() || run.insightface.size() != all.insightface.size()
            || run.search.has_value() != splits[0].search.has_value())
            throw Error("The splits of " + all.benchmark + " were measured with different targets.");
        all.splits.push_back({names[s], run.genuine, run.impostor, run.strict, run.insightface, run.eer, run.search});
        all.templates += run.templates;
        all.faces += run.faces;
        all.notEnrolled += run.notEnrolled;
        all.genuine += run.genuine;
        all.impostor += run.impostor;
        all.seconds += run.seconds;
        for (double EvaluationRun::*figure : {&EvaluationRun::keptShare, &EvaluationRun::macPerFace, &EvaluationRun::flopPerFace})
            all.*figure += run.*figure / count;
        all.eer.value += run.eer.value / count;
        all.eer.far += run.eer.far / count;
        all.eer.frr += run.eer.frr / count;
        all.eer.threshold += run.eer.threshold / count;
        for (const std::string &warning : run.warnings)
            all.warnings.push_back(names[s] + ": " + warning);
    }
    // A mean with something unknown in it is not known.
    for (double EvaluationRun::*figure : {&EvaluationRun::macPerFace, &EvaluationRun::flopPerFace})
        if (std::any_of(splits.begin(), splits.end(), [figure](const EvaluationRun &run) { return !(run.*figure > 0); }))
            all.*figure = 0;
    const auto meanOf = [&](std::vector<FarPoint> EvaluationRun::*points, std::vector<double> &deviation) {
        deviation.clear();
        for (std::size_t i = 0; i < (all.*points).size(); ++i) {
            FarPoint &mean = (all.*points)[i];
            std::vector<double> tars;
            mean.realisedFar = mean.threshold = 0;
            mean.impostorsAccepted = mean.genuineAccepted = mean.impostors = mean.genuines = 0;
            for (const EvaluationRun &run : splits) {
                const FarPoint &point = (run.*points)[i];
                tars.push_back(point.tar);
                mean.realisedFar += point.realisedFar / count;
                mean.threshold += point.threshold / count;
                mean.impostorsAccepted += point.impostorsAccepted;
                mean.genuineAccepted += point.genuineAccepted;
                mean.impostors += point.impostors;
                mean.genuines += point.genuines;
            }
            mean.tar = dscope::mean(tars);
            deviation.push_back(populationDeviation(tars));
        }
    };
    meanOf(&EvaluationRun::strict, all.strictDeviation);
    meanOf(&EvaluationRun::insightface, all.insightfaceDeviation);
    if (splits.front().search) {
        Identification mean;
        mean.tpir.assign(splits.front().search->tpir.size(), 0);
        mean.rank.assign(splits.front().search->rank.size(), 0);
        for (const EvaluationRun &run : splits) {
            if (run.search->tpir.size() != mean.tpir.size() || run.search->rank.size() != mean.rank.size())
                throw Error("The splits of " + all.benchmark + " were searched with different targets.");
            for (std::size_t i = 0; i < mean.tpir.size(); ++i)
                mean.tpir[i] += run.search->tpir[i] / count;
            for (std::size_t i = 0; i < mean.rank.size(); ++i)
                mean.rank[i] += run.search->rank[i] / count;
            mean.galleries.insert(mean.galleries.end(), run.search->galleries.begin(), run.search->galleries.end());
        }
        meanCurves(splits, mean);
        all.search = std::move(mean);
    }
    all.retrieval = retrievalOverSplits(splits);
    curvesOverSplits(splits, all);
    all.protocol += "; means over " + std::to_string(splits.size()) + " splits, counts are sums";
    return all;
}

} // namespace dscope
