// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/livethreshold.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/metrics/subjectresamples.h"
#include "core/threshold/exactpass.h"
#include "core/threshold/livesample.h"
#include "core/threshold/sortedscores.h"
#include "core/threshold/splitscores.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>

namespace dscope {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t s_rocVertices = 2000;
constexpr std::size_t s_splitRocPoints = 400; ///< of the mean curve over splits
constexpr std::size_t s_bins = 200;
constexpr std::size_t s_notable = 200;
constexpr int s_passes = 5; ///< before the first exact one

double since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

const LiveOptions &checked(const LiveOptions &options)
{
    if (options.fars.empty())
        throw Error("The live threshold needs at least one FAR target.");
    for (const double far : options.fars)
        if (!(far >= 0 && far <= 1))
            throw Error("A FAR target lies between 0 and 1.");
    if (options.hardest < 0 || options.sample < 1)
        throw Error("The live threshold needs a sample of at least one pair.");
    if (!(options.level > 0 && options.level < 1))
        throw Error("The level of an interval lies between 0 and 1.");
    return options;
}

} // namespace

LivePrices asIResNet100(const Cost &ddnet)
{
    return {"as IResNet-100", ddnet, {iresnet100Mac, iresnet100Flop}, {}};
}

std::string shippedDdnetNote()
{
    return printed("DDNet at the shipped one's %.1f M MAC per face", static_cast<double>(shippedDdnetMac) / 1e6);
}

LiveCost costOf(const LivePrices &prices, double keptShare)
{
    LiveCost cost;
    const auto mac = static_cast<double>(prices.base.mac);
    cost.macPerFace = static_cast<double>(prices.ddnet.mac) + keptShare * mac;
    cost.flopPerFace = static_cast<double>(prices.ddnet.flop) + keptShare * static_cast<double>(prices.base.flop);
    if (mac > 0) {
        cost.speedUp = speedUp(static_cast<double>(prices.ddnet.mac), mac, std::clamp(keptShare, 0.0, 1.0));
        cost.breakEvenShare = breakEvenShare(static_cast<double>(prices.ddnet.mac), mac);
    }
    return cost;
}

struct LiveThreshold::State {
    LiveOptions options;
    std::shared_ptr<const PreparedSet> prepared;

    const TemplatePrefixes::Sums *sums = nullptr; ///< of the rule

    // The exact pass, one at a time.
    std::mutex exactMutex;
    ExactPass pass;
    std::unique_ptr<const SubjectResamples> drawn; ///< of the last exact pass with intervals
    int drawnResamples = 0;
    std::optional<double> scoredAt;   ///< the threshold whose scores `pass` holds
    std::optional<SplitScores> dealt; ///< with several splits
    std::vector<float> earlier;       ///< the highest score of each impostor pair in the first passes

    // What it leaves to the estimates.
    mutable std::mutex resultMutex;
    std::shared_ptr<const LiveExact> last;
    std::shared_ptr<const LiveSample> sample;

    // The estimates, one at a time.
    std::mutex estimateMutex;
    std::shared_ptr<const LiveSample> usedSample;
    std::vector<std::uint32_t> counts;
    std::vector<std::uint32_t> wanted;
    std::vector<std::uint8_t> changed;
    std::vector<float> units;
    std::vector<float> genuine;
    std::vector<float> impostor;
    std::optional<SplitScores> dealtEstimate;
    std::vector<Keyed> order;
    std::vector<Keyed> spare;

    State(const LiveOptions &given, std::shared_ptr<const PreparedSet> made)
        : options(checked(given)), prepared(std::move(made)), pass(prepared, options.device)
    {
        if (options.rule.normaliseFeatures != prepared->prefixes.normalised())
            throw Error("This set is arranged for features that are " + std::string(prepared->prefixes.normalised() ? "" : "not ") + "normalised; the rule '"
                        + options.rule.title + "' asks for the other.");
        if (prepared->splits > 1) {
            dealt.emplace(*prepared);
            dealtEstimate.emplace(*prepared);
        }
    }

    /// Passes from all kept to one per template, so that a pair which is hard anywhere is known to be hard; then the first exact pass.
    void begin(Progress &progress)
    {
        sums = &prepared->prefixes.prepare(options.rule, progress);
        if (options.rule.moves() && prepared->splits == 1) {
            progress.stage("Looking for the hardest pairs");
            const double least = static_cast<double>(prepared->prefixes.keptCount(options.rule.keep.at(std::numeric_limits<double>::infinity())))
                / static_cast<double>(std::max<std::int64_t>(1, prepared->set->faces()));
            for (int step = 0; step < s_passes; ++step) {
                // Evenly in the logarithm of the share: the fewer faces are kept, the more does one of them change.
                const double t = prepared->prefixes.shares().thresholdForShare(std::pow(least, static_cast<double>(step) / (s_passes - 1)));
                pass.scoreOnly(options.rule, t, progress);
                const std::span<const float> scores = pass.impostor();
                if (earlier.empty()) {
                    earlier.assign(scores.begin(), scores.end());
                    continue;
                }
                parallelFor(std::ssize(earlier), 1 << 20, progress, [&](std::int64_t from, std::int64_t to) {
                    for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
                        earlier[i] = std::max(earlier[i], scores[i]);
                });
            }
        }
        progress.stage("Comparing all pairs");
        exact(options.threshold, 0, progress);
    }

    LiveExact exact(double t, int resamples, Progress &progress)
    {
        const std::lock_guard lock(exactMutex);
        return exactLocked(t, resamples, progress);
    }

    LiveExact intervals(double t, int resamples, Progress &progress)
    {
        const std::lock_guard lock(exactMutex);
        if (scoredAt != t || !last || last->threshold != t)
            return exactLocked(t, resamples, progress);
        LiveExact result = *lastResult();
        addIntervals(result, resamples, progress);
        const std::lock_guard guard(resultMutex);
        last = std::make_shared<const LiveExact>(result);
        return result;
    }

    std::shared_ptr<const LiveExact> lastResult() const
    {
        const std::lock_guard guard(resultMutex);
        return last;
    }

    void addIntervals(LiveExact &result, int resamples, Progress &progress)
    {
        if (resamples <= 0)
            return;
        if (prepared->splits > 1) {
            result.noIntervals = "every figure is a mean over " + std::to_string(prepared->splits) + " splits, with its deviation";
            return;
        }
        if (!drawn || drawnResamples != resamples) {
            progress.stage("Drawing subjects");
            drawn = std::make_unique<const SubjectResamples>(*prepared->set, *prepared->pairs, prepared->genuine, prepared->impostor, resamples, options.seed,
                                                             progress);
            drawnResamples = resamples;
        }
        result.noIntervals = drawn->reason();
        result.subjects = drawn->known() ? drawn->subjects() : 0;
        if (drawn->known())
            result.intervals = drawn->intervals(pass.genuine(), pass.impostor(), pass.sortedImpostor(), options.fars, options.level, progress);
    }

    /// Figures and drawn curve of all splits together.
    void measureSplits(LiveExact &result, Progress &progress)
    {
        dealt->take(pass.genuine(), pass.impostor(), progress);
        std::vector<double> other;
        result.splits = prepared->splits;
        result.strict = dealt->tarAtFar(options.fars, FarRule::Strict, result.strictDeviation);
        result.insightface = dealt->tarAtFar(options.fars, FarRule::InsightFace, other);
        result.eer = dealt->equalErrorRate();
        dealt->meanRoc(s_splitRocPoints, result.rocFar, result.rocTar);
        result.genuineHistogram = dealt->histogram(true, s_bins);
        result.impostorHistogram = dealt->histogram(false, s_bins);
    }

    LiveExact exactLocked(double t, int resamples, Progress &progress)
    {
        const auto start = Clock::now();
        scoredAt.reset();
        pass.run(options.rule, t, progress);
        scoredAt = t;
        LiveExact result;
        result.threshold = t;
        static_cast<KeptFigures &>(result) = pass.kept();
        result.notEnrolled = prepared->notEnrolled;
        result.genuine = prepared->genuine.size();
        result.impostor = prepared->impostor.size();
        if (dealt) {
            measureSplits(result, progress);
        } else {
            const ScoreRoc roc = pass.roc();
            result.strict = roc.tarAtFar(options.fars, FarRule::Strict);
            result.insightface = roc.tarAtFar(options.fars, FarRule::InsightFace);
            result.eer = roc.equalErrorRate();
            roc.thinned(s_rocVertices, result.rocFar, result.rocTar);
            result.genuineHistogram = histogramOf(pass.sortedGenuine(), s_bins);
            result.impostorHistogram = histogramOf(pass.sortedImpostor(), s_bins);
        }
        progress.throwIfCancelled();
        result.hardestGenuine = pass.hardestGenuine(s_notable);
        result.hardestImpostor = pass.hardestImpostor(s_notable);
        if (dealt) // splits may share pairs
            for (std::vector<NotablePair> *pairs : {&result.hardestGenuine, &result.hardestImpostor})
                pairs->erase(std::unique(pairs->begin(), pairs->end(), [](const NotablePair &x, const NotablePair &y) { return x.a == y.a && x.b == y.b; }),
                             pairs->end());
        addIntervals(result, resamples, progress);
        // With several splits an estimate leaves no pair out.
        auto next = dealt ? nullptr : std::make_shared<const LiveSample>(prepared->impostor, earlier, pass.impostor(), options, progress);
        result.seconds = since(start);
        const std::lock_guard guard(resultMutex);
        last = std::make_shared<const LiveExact>(result);
        sample = std::move(next);
        return result;
    }

    LiveEstimate estimate(double t)
    {
        const std::lock_guard lock(estimateMutex);
        const auto start = Clock::now();
        Progress quiet;
        std::shared_ptr<const LiveSample> current;
        {
            const std::lock_guard guard(resultMutex);
            current = sample;
        }
        const TemplatePrefixes &prefixes = prepared->prefixes;
        const TemplatePrefixes::Sums &own = *sums;
        const auto templates = static_cast<std::size_t>(prepared->set->templates());
        const auto dim = static_cast<std::size_t>(prepared->set->dim);
        LiveEstimate result;
        result.threshold = t;

        // Templates whose kept count changed are redone.
        wanted.resize(templates);
        static_cast<KeptFigures &>(result) = prefixes.keptCounts(options.rule.keep.at(t), wanted);
        const bool first = counts.empty();
        counts.resize(templates, 0);
        units.resize(templates * dim, 0);
        changed.assign(templates, 0);
        std::vector<std::uint32_t> redo;
        for (std::size_t i = 0; i < templates; ++i)
            if (wanted[i] != counts[i]) {
                changed[i] = 1;
                redo.push_back(static_cast<std::uint32_t>(i));
            }
        parallelFor(std::ssize(redo), 64, quiet, [&](std::int64_t from, std::int64_t to) {
            std::vector<double> scratch(dim);
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
                prefixes.unit(redo[i], wanted[redo[i]], options.rule, own, scratch, units.data() + redo[i] * dim);
        });
        counts.swap(wanted);
        result.redone = std::ssize(redo);

        // Their pairs are scored anew; after an exact pass, those of the new sample.
        if (first) {
            genuine.resize(static_cast<std::size_t>(prepared->genuine.size()));
            prepared->genuine.score(units, prepared->enrolled, genuine, quiet);
            result.scored += prepared->genuine.size();
        } else {
            result.scored += prepared->genuine.scoreChanged(units, prepared->enrolled, changed, genuine, quiet);
        }
        if (dealtEstimate)
            return finishSplits(result, first, start, quiet);
        if (usedSample != current) {
            impostor.resize(static_cast<std::size_t>(current->size()));
            current->plan().score(units, prepared->enrolled, impostor, quiet);
            result.scored += current->size();
            usedSample = current;
        } else {
            result.scored += current->plan().scoreChanged(units, prepared->enrolled, changed, impostor, quiet);
        }

        order.clear();
        for (std::size_t i = 0; i < genuine.size(); ++i)
            order.push_back({descendingKey(genuine[i]), static_cast<std::uint32_t>(i)});
        sortKeyed(order, spare);
        std::vector<float> descending(genuine.size());
        for (std::size_t i = 0; i < genuine.size(); ++i)
            descending[i] = genuine[order[i].place];
        result.points = current->points(impostor, descending, options.fars, options.level);
        result.complete = current->complete();
        result.milliseconds = 1000 * since(start);
        return result;
    }

    /// All impostor pairs as well: the exact means over the splits.
    LiveEstimate finishSplits(LiveEstimate &result, bool first, Clock::time_point start, Progress &quiet)
    {
        if (first) {
            impostor.resize(static_cast<std::size_t>(prepared->impostor.size()));
            prepared->impostor.score(units, prepared->enrolled, impostor, quiet);
            result.scored += prepared->impostor.size();
        } else {
            result.scored += prepared->impostor.scoreChanged(units, prepared->enrolled, changed, impostor, quiet);
        }
        dealtEstimate->take(genuine, impostor, quiet);
        std::vector<double> deviation;
        const std::vector<FarPoint> points = dealtEstimate->tarAtFar(options.fars, FarRule::Strict, deviation);
        for (std::size_t k = 0; k < points.size(); ++k) {
            const FarPoint &at = points[k];
            result.points.push_back({at.target, at.tar, at.tar, at.tar, at.realisedFar, at.threshold, at.impostorsAccepted, true, deviation[k]});
        }
        result.complete = true;
        result.milliseconds = 1000 * since(start);
        return std::move(result);
    }
};

LiveThreshold::LiveThreshold(std::shared_ptr<const TemplateFeatures> set, std::shared_ptr<const TemplatePairs> pairs, const LiveOptions &options,
                             Progress &progress)
    : m_state(std::make_unique<State>(
        checked(options), std::make_shared<const PreparedSet>(std::move(set), std::move(pairs), options.rule.normaliseFeatures, progress, options.splitBegins)))
{
    m_state->begin(progress);
}

LiveThreshold::LiveThreshold(const LiveThreshold &other, const LiveOptions &options, Progress &progress)
    : m_state(std::make_unique<State>(options, other.m_state->prepared))
{
    m_state->begin(progress);
}

LiveThreshold::~LiveThreshold() = default;

const TemplateFeatures &LiveThreshold::set() const
{
    return *m_state->prepared->set;
}

const TemplatePairs &LiveThreshold::pairs() const
{
    return *m_state->prepared->pairs;
}

const LiveOptions &LiveThreshold::options() const
{
    return m_state->options;
}

LiveEstimate LiveThreshold::estimate(double t)
{
    return m_state->estimate(t);
}

LiveExact LiveThreshold::exact(double t, Progress &progress)
{
    return m_state->exact(t, 0, progress);
}

LiveExact LiveThreshold::exact(double t, int resamples, Progress &progress)
{
    return m_state->exact(t, resamples, progress);
}

LiveExact LiveThreshold::intervals(double t, int resamples, Progress &progress)
{
    return m_state->intervals(t, resamples, progress);
}

std::shared_ptr<const LiveExact> LiveThreshold::lastExact() const
{
    return m_state->lastResult();
}

std::int64_t LiveThreshold::keptCount(double t) const
{
    return m_state->prepared->prefixes.keptCount(m_state->options.rule.keep.at(t));
}

double LiveThreshold::keptShare(double t) const
{
    return static_cast<double>(keptCount(t)) / static_cast<double>(std::max<std::int64_t>(1, set().faces()));
}

double LiveThreshold::thresholdForShare(double share) const
{
    return m_state->prepared->prefixes.shares().thresholdForShare(share);
}

void LiveThreshold::weightsAt(std::int64_t templ, double t, std::vector<std::int64_t> &faces, std::vector<double> &weights) const
{
    faces.clear();
    weights.clear();
    const TemplatePrefixes &prefixes = m_state->prepared->prefixes;
    const std::int64_t kept = prefixes.keptOf(templ, m_state->options.rule.keep.at(t));
    if (kept == 0)
        return;
    weights = prefixes.weights(templ, kept, m_state->options.rule, *m_state->sums);
    const std::span<const std::uint32_t> order = prefixes.order(templ);
    faces.assign(order.begin(), order.begin() + kept);
}

std::vector<float> LiveThreshold::units(double t, Progress &progress) const
{
    const TemplatePrefixes &prefixes = m_state->prepared->prefixes;
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(set().templates()));
    std::vector<float> out(counts.size() * static_cast<std::size_t>(set().dim));
    prefixes.keptCounts(m_state->options.rule.keep.at(t), counts);
    prefixes.units(counts, m_state->options.rule, out, progress);
    return out;
}

std::shared_ptr<const PreparedSet> LiveThreshold::prepared() const
{
    return m_state->prepared;
}

} // namespace dscope
