// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/livebench.h"
#include "tests/bench/timing.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/metrics/verification.h"
#include "core/threshold/exactpass.h"
#include "core/threshold/livethreshold.h"
#include "core/threshold/sortedscores.h"
#include "core/threshold/tradeoff.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace dscope {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double peakMiB()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// What the kernel says this process holds now.
double residentMiB()
{
    std::ifstream status("/proc/self/statm");
    double pages = 0;
    status >> pages >> pages;
    return pages * 4096 / 1024 / 1024;
}

/// Seconds of processor time that all threads of this process have had.
double cpuSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What something took: on the clock, and processor time divided by the threads, which is what it would take if nobody else used the machine and
/// the work were shared evenly.
struct Took {
    double wall = 1e30;
    double cpu = 1e30;
};

/// The least of several runs: the machine is shared.
template<typename Work>
Took best(int runs, const Work &work)
{
    Took least;
    for (int i = 0; i < runs; ++i) {
        const auto begin = Clock::now();
        const double cpu = cpuSeconds();
        work();
        least.wall = std::min(least.wall, since(begin));
        least.cpu = std::min(least.cpu, (cpuSeconds() - cpu) / threads());
    }
    return least;
}

struct Made {
    std::shared_ptr<TemplateFeatures> set = std::make_shared<TemplateFeatures>();
    std::shared_ptr<TemplatePairs> pairs = std::make_shared<TemplatePairs>();
};

/// A set of the size and shape of IJB-C: 3,531 people with a gallery template each and 19,593 probes, of which 19,557 meet their own person,
/// and impostor pairs of a gallery's and a probe's template, drawn without repetition, up to 15,658,489 pairs. Two thirds of a template's faces
/// share a quality q, as frames of one video do (uniform in .4 ... 1, each face with an error of .1); the others have one of their own
/// (uniform in 0 ... 1). A face's feature is
///
///     14 q person + 100 max(0, .5 - q) haze + noise of unit variance a value
///
/// where `person` is a random direction and `haze` one of 16 that bad faces of everybody share, so that averaging them makes people alike. Its
/// D-score is q with a further error of .1.
Made made(double scale)
{
    const auto scaled = [scale](double count) { return std::max<std::int64_t>(8, static_cast<std::int64_t>(std::llround(count * scale))); };
    constexpr std::size_t dim = 512;
    constexpr std::size_t hazes = 16;
    const std::int64_t people = scaled(3531);
    const std::int64_t probes = scaled(19593);
    const std::int64_t genuine = std::min(probes, scaled(19557));
    const std::int64_t faces = scaled(469375);
    const std::int64_t pairs = std::min(scaled(15658489), people * (probes - 1) / 2);
    const std::int64_t templates = people + probes;

    Made made;
    TemplateFeatures &set = *made.set;
    set.benchmark = "IJB-C's shape";
    set.synthetic = true;
    set.dim = dim;
    Random random(20200705);
    // Sizes fall like those of videos do: many small, few large.
    std::vector<double> shares(static_cast<std::size_t>(templates));
    for (double &share : shares)
        share = std::exp(1.2 * random.normal());
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    const double spread = static_cast<double>(faces - templates);
    double upTo = 0;
    for (std::int64_t t = 0; t < templates; ++t) {
        upTo += shares[static_cast<std::size_t>(t)] / sum;
        set.begin.push_back(t + 1 + static_cast<std::int64_t>(std::llround(upTo * spread)));
        set.ids.push_back(t);
        set.subjects.push_back(static_cast<std::int32_t>(t < people ? t : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(people)))));
    }
    for (std::int64_t p = 0; p < people; ++p)
        set.subjectNames.push_back(std::to_string(p));

    const auto direction = [](std::uint64_t stream, std::vector<float> &out) {
        Random of(11, stream);
        double squares = 0;
        for (float &value : out) {
            value = static_cast<float>(of.normal());
            squares += static_cast<double>(value) * static_cast<double>(value);
        }
        for (float &value : out)
            value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
    };
    std::vector<std::vector<float>> haze(hazes, std::vector<float>(dim));
    for (std::size_t h = 0; h < hazes; ++h)
        direction(1'000'000 + h, haze[h]);
    set.features.resize(static_cast<std::size_t>(set.faces()) * dim);
    set.dScores.resize(static_cast<std::size_t>(set.faces()));
    Progress progress;
    parallelFor(templates, 64, progress, [&](std::int64_t from, std::int64_t to) {
        std::vector<float> person(dim);
        for (std::int64_t t = from; t < to; ++t) {
            Random of(12, static_cast<std::uint64_t>(t));
            direction(static_cast<std::uint64_t>(set.subjects[static_cast<std::size_t>(t)]), person);
            const double common = of.uniform(0.4, 1);
            for (auto i = static_cast<std::size_t>(set.begin[static_cast<std::size_t>(t)]);
                 i < static_cast<std::size_t>(set.begin[static_cast<std::size_t>(t) + 1]); ++i) {
                const double q = std::clamp((of.chance(2.0 / 3) ? common : of.uniform()) + 0.1 * of.normal(), 0.0, 1.0);
                set.dScores[i] = static_cast<float>(std::clamp(q + 0.1 * of.normal(), 0.001, 0.999));
                const std::vector<float> &bad = haze[of.below(hazes)];
                const auto good = static_cast<float>(14 * q);
                const auto hazy = static_cast<float>(100 * std::max(0.0, 0.5 - q));
                // Noise of unit variance a value would cost minutes of logarithms; the sum of four uniform numbers is as good here.
                for (std::size_t d = 0; d < dim; d += 2) {
                    const std::uint64_t bits = of.next();
                    const auto noise = [&](unsigned at) {
                        return static_cast<float>(static_cast<int>(bits >> at & 0xFF) + static_cast<int>(bits >> (at + 8) & 0xFF)
                                                  + static_cast<int>(bits >> (at + 16) & 0xFF) + static_cast<int>(bits >> (at + 24) & 0xFF) - 510)
                            / 148;
                    };
                    set.features[i * dim + d] = good * person[d] + hazy * bad[d] + noise(0);
                    set.features[i * dim + d + 1] = good * person[d + 1] + hazy * bad[d + 1] + noise(32);
                }
            }
        }
    });

    TemplatePairs &list = *made.pairs;
    const auto add = [&](std::int64_t gallery, std::int64_t probe) {
        list.a.push_back(static_cast<std::uint32_t>(gallery));
        list.b.push_back(static_cast<std::uint32_t>(people + probe));
        list.genuine.push_back(set.subjects[static_cast<std::size_t>(gallery)] == set.subjects[static_cast<std::size_t>(people + probe)] ? 1 : 0);
    };
    for (std::int64_t probe = 0; probe < genuine; ++probe)
        add(set.subjects[static_cast<std::size_t>(people + probe)], probe);
    // In the order of the gallery, each with its share of probes at random places, as the benchmark's file has them.
    const std::int64_t impostors = pairs - genuine;
    std::vector<std::int64_t> order(static_cast<std::size_t>(probes));
    std::int64_t done = 0;
    for (std::int64_t gallery = 0; gallery < people; ++gallery) {
        const std::int64_t wanted = impostors * (gallery + 1) / people - done;
        std::iota(order.begin(), order.end(), std::int64_t{0});
        std::int64_t taken = 0;
        for (std::int64_t i = 0; i < probes && taken < wanted; ++i) {
            const auto j = i + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(probes - i)));
            std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
            const std::int64_t probe = order[static_cast<std::size_t>(i)];
            if (set.subjects[static_cast<std::size_t>(people + probe)] == gallery)
                continue;
            add(gallery, probe);
            ++taken;
        }
        done += taken;
    }
    return made;
}

/// Bytes a second that both threads together read from memory.
double readBandwidth()
{
    std::vector<std::uint64_t> memory(std::size_t{1} << 25, 1); // 256 MiB
    std::uint64_t sink = 0;
    Progress progress;
    const double seconds = best(5, [&] {
                               std::atomic<std::uint64_t> total{0};
                               parallelFor(std::ssize(memory), 1 << 18, progress, [&](std::int64_t from, std::int64_t to) {
                                   std::uint64_t sum[8] = {};
                                   for (std::int64_t i = from; i < to; i += 8)
                                       for (std::size_t k = 0; k < 8; ++k)
                                           sum[k] += memory[static_cast<std::size_t>(i) + k];
                                   total += sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
                               });
                               sink += total;
                           }).wall;
    if (sink == 0)
        std::printf(" ");
    return static_cast<double>(memory.size() * sizeof(std::uint64_t)) / seconds;
}

/// A dot product as anybody would write it, a pair after the other.
std::vector<float> plainScores(const TemplateFeatures &set, std::span<const float> unit, const TemplatePairs &pairs)
{
    std::vector<float> scores(static_cast<std::size_t>(pairs.size()));
    Progress progress;
    const auto dim = static_cast<std::size_t>(set.dim);
    parallelFor(pairs.size(), 1 << 14, progress, [&](std::int64_t from, std::int64_t to) {
        for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
            const float *a = unit.data() + pairs.a[i] * dim;
            const float *b = unit.data() + pairs.b[i] * dim;
            float sum = 0;
            for (std::size_t d = 0; d < dim; ++d)
                sum += a[d] * b[d];
            scores[i] = sum;
        }
    });
    return scores;
}

} // namespace

void liveBench(const Device &device, double scale)
{
    const auto begun = Clock::now();
    std::fprintf(stderr, "making the set\n");
    const Made set = made(scale);
    const double bandwidth = readBandwidth();
    std::printf("\nLive threshold: %lld faces x %lld in %lld templates, %lld pairs, %lld of them genuine; %d threads on %s. Synthetic: drawn in %.0f s.\n",
                static_cast<long long>(set.set->faces()), static_cast<long long>(set.set->dim), static_cast<long long>(set.set->templates()),
                static_cast<long long>(set.pairs->size()), static_cast<long long>(set.pairs->genuineCount()), threads(), device.name().c_str(), since(begun));
    std::printf("Memory is read at %.1f GB/s by all threads together. %.0f MiB are held before anything is arranged.\n\n", bandwidth / 1e9, residentMiB());

    Progress progress;
    const auto row = [](const std::string &what, const Took &ours, double plain, const std::string &how, const std::string &memory) {
        std::printf("| %s | %.1f ms | %.1f ms | ", what.c_str(), 1e3 * ours.wall, 1e3 * ours.cpu);
        if (plain > 0)
            std::printf("%.0f ms%s | %.1f", 1e3 * plain, how.c_str(), plain / ours.wall);
        else
            std::printf("|");
        std::printf(" | %s |\n", memory.c_str());
        std::fflush(stdout);
    };
    const auto milliseconds = [](double seconds) { return std::to_string(static_cast<int>(std::lround(1e3 * seconds))) + " ms"; };
    std::printf("| what | Dscope | its processor time a thread | the straightforward way | ratio | beside memory |\n|---|---|---|---|---|---|\n");

    LiveOptions options;
    options.device = device;
    std::unique_ptr<LiveThreshold> made_;
    row("arrange set and pairs, six passes over all pairs, first sample",
        best(1, [&] { made_ = std::make_unique<LiveThreshold>(set.set, set.pairs, options, progress); }), 0, "", "");
    LiveThreshold &live = *made_;
    const double held = residentMiB();

    // Templates at a threshold.
    Method method;
    method.options.keep.threshold = 0.4;
    const Took slowUnits = best(2, [&] { represent(*set.set, method, progress); });
    ExactPass pass(live.prepared(), device);
    pass.scoreOnly(options.rule, 0.4, progress);
    std::vector<float> units(pass.units().begin(), pass.units().end());
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(set.set->templates()));
    live.prepared()->prefixes.keptCounts(options.rule.keep.at(0.4), counts);
    row("all templates at a threshold", best(5, [&] { live.prepared()->prefixes.units(counts, options.rule, units, progress); }), slowUnits.wall,
        " (aggregate() each)", "to read all features: " + milliseconds(static_cast<double>(set.set->features.size() * sizeof(float)) / bandwidth));

    // All pairs.
    std::vector<float> slowScores;
    const Took slowPairs = best(1, [&] { slowScores = plainScores(*set.set, units, *set.pairs); });
    std::vector<float> scores(static_cast<std::size_t>(live.prepared()->impostor.size()));
    const double touched = static_cast<double>(set.pairs->size()) * static_cast<double>(set.set->dim * 4 * 2);
    row("all pairs, tiled", best(5, [&] { live.prepared()->impostor.score(units, live.prepared()->enrolled, scores, progress); }), slowPairs.wall,
        " (a dot product a pair, in order)", "to read both vectors of each pair: " + milliseconds(touched / bandwidth));
    row("all pairs, arranged, scored and put back (scorePairs())", best(2, [&] { scorePairs(*set.set, units, *set.pairs, progress); }), slowPairs.wall, "", "");

    // The ROC.
    Roc slowRoc;
    const Took slowOrder = best(1, [&] {
        slowRoc = fullRoc(slowScores, set.pairs->genuine);
        tarAtFar(slowRoc, options.fars, FarRule::Strict);
        tarAtFar(slowRoc, options.fars, FarRule::InsightFace);
        equalErrorRate(slowRoc);
    });
    slowRoc = {};
    const double slowAll = slowUnits.wall + slowPairs.wall + slowOrder.wall;
    std::vector<float> sorted;
    row("all scores in order",
        best(5,
             [&] {
                 sorted.assign(scores.begin(), scores.end());
                 sortScores(sorted, progress);
             }),
        slowOrder.wall, " (std::sort, full ROC, one thread)", "");
    if (device.isCuda())
        row("templates and all pairs, scores brought back, not in order", best(5, [&] { pass.scoreOnly(options.rule, 0.4, progress); }),
            slowUnits.wall + slowPairs.wall, " (both)", "");
    row("all pairs and exact ROC",
        best(5,
             [&] {
                 pass.run(options.rule, 0.4, progress);
                 pass.roc().tarAtFar(options.fars, FarRule::Strict);
                 pass.roc().tarAtFar(options.fars, FarRule::InsightFace);
                 pass.roc().equalErrorRate();
             }),
        slowAll, " (all three)", "");
    const std::vector<double> releases{0.15, 0.35, 0.55, 0.75};
    std::size_t release = 0;
    row("exact on release: the same with histograms, hardest pairs, drawn ROC and a new sample", best(4, [&] { live.exact(releases[release++], progress); }),
        slowAll, "", "");

    // Intervals, after the exact value is shown.
    live.exact(0.45, progress);
    row("intervals of six FARs behind an exact value, 200 resamples, the first time (subjects are drawn)",
        best(1, [&] { live.intervals(0.45, 200, progress); }), 0, "", "");
    const std::vector<double> further{0.25, 0.65};
    Took behind;
    for (const double t : further) {
        live.exact(t, progress);
        const Took one = best(1, [&] { live.intervals(t, 200, progress); });
        behind = {std::min(behind.wall, one.wall), std::min(behind.cpu, one.cpu)};
    }
    row("... and after further exact values", behind, 0, "", "");
    {
        // Swept away by a move: how late the work ends, and what an estimate takes meanwhile.
        live.exact(0.35, progress);
        Progress swept;
        std::atomic<double> ended{0};
        std::thread work([&] {
            try {
                for (int resamples = 1000;; ++resamples) // never the same, so that subjects are drawn again
                    live.intervals(0.35, resamples, swept);
            } catch (const Cancelled &) {
            }
            ended = since(begun);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        const double asked = since(begun);
        swept.cancel();
        const double estimate = live.estimate(0.36).milliseconds;
        work.join();
        std::printf("| cancel during the intervals | %.0f ms; the estimate asked for at that moment took %.1f ms | | | | |\n", 1e3 * (ended - asked), estimate);
    }

    // Dragging.
    live.exact(0.5, progress);
    live.estimate(0.5);
    const auto drag = [&](const std::string &what, const std::function<double(int)> &at) {
        constexpr int moves = 60;
        std::vector<double> times;
        std::vector<double> redone;
        const double cpu = cpuSeconds();
        for (int move = 0; move < moves; ++move) {
            const LiveEstimate estimate = live.estimate(at(move));
            times.push_back(estimate.milliseconds / 1e3);
            redone.push_back(static_cast<double>(estimate.redone));
        }
        const double each = (cpuSeconds() - cpu) / moves / threads();
        const std::string templates = " (median " + std::to_string(std::lround(median(redone))) + " templates redone)";
        row(what + templates + ": median update", {median(times), each}, slowAll, "", "");
        row("... worst update", {*std::max_element(times.begin(), times.end()), each}, 0, "", "");
    };
    drag("drag, 60 moves of .005", [](int move) { return 0.5 + 0.005 * (move < 30 ? move : 60 - move); });
    drag("drag, 60 jumps over the whole range", [](int move) { return static_cast<double>(move * 37 % 60) / 60; });

    // Cancelling.
    Progress other;
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        other.cancel();
    });
    const auto asked = Clock::now();
    try {
        for (;;)
            live.exact(0.3, other);
    } catch (const Cancelled &) {
    }
    std::printf("| cancel during an exact pass | %.0f ms | | | | |\n\n", 1e3 * since(asked) - 150);
    canceller.join();
    std::printf("Memory held by everything, the set among it: %.0f MiB. Most at any time, the straightforward way's own ROC among it: %.0f MiB.\n\n", held,
                peakMiB());
    std::fflush(stdout);

    // What the estimates are worth: exact passes at other thresholds than the sample's.
    std::printf("Estimates at thresholds away from the last exact pass (t = 0.5), beside the exact TAR; percentages.\n\n");
    std::printf("| t | kept |");
    for (const double far : options.fars)
        std::printf(" FAR %g |", far);
    std::printf("\n|---|---|");
    for (std::size_t i = 0; i < options.fars.size(); ++i)
        std::printf("---|");
    std::printf("\n");
    std::int64_t covered = 0;
    std::int64_t resolved = 0;
    std::int64_t all = 0;
    live.exact(0.5, progress);
    for (int i = 0; i <= 10; ++i) {
        const double t = 0.05 + 0.09 * i;
        const LiveEstimate at = live.estimate(t);
        pass.run(options.rule, t, progress);
        const std::vector<FarPoint> exact = pass.roc().tarAtFar(options.fars, FarRule::Strict);
        std::printf("| %.2f | %.1f %% |", t, 100 * at.keptShare);
        for (std::size_t k = 0; k < exact.size(); ++k) {
            const LivePoint &point = at.points[k];
            ++all;
            resolved += point.resolved ? 1 : 0;
            covered += point.resolved && point.low <= exact[k].tar && exact[k].tar <= point.high ? 1 : 0;
            std::printf(" %.2f (%.2f-%.2f)%s, exact %.2f |", 100 * point.tar, 100 * point.low, 100 * point.high, point.resolved ? "" : " not resolved",
                        100 * exact[k].tar);
        }
        std::printf("\n");
    }
    std::printf("\n%lld of %lld figures are resolved; the interval holds the exact TAR in %lld of them.\n", static_cast<long long>(resolved),
                static_cast<long long>(all), static_cast<long long>(covered));
    std::fflush(stdout);

    // Ten splits of IJB-A's number of pairs, on the templates of the large set.
    {
        constexpr std::int64_t splitGenuine = 1'756;
        constexpr std::int64_t splitPairs = 11'748;
        auto dealt = std::make_shared<TemplatePairs>();
        LiveOptions of;
        of.device = device;
        of.fars = {1e-3, 1e-2, 1e-1};
        const std::int64_t genuineAll = set.pairs->genuineCount(); // they come first
        const std::int64_t impostorAll = set.pairs->size() - genuineAll;
        for (std::int64_t split = 0; split < 10; ++split) {
            of.splitBegins.push_back(dealt->size());
            for (std::int64_t i = 0; i < splitPairs; ++i) {
                const bool genuine = i < splitGenuine;
                const std::int64_t at = genuine ? (split * splitGenuine + i) % genuineAll : genuineAll + (split * splitPairs + i) * 131 % impostorAll;
                dealt->a.push_back(set.pairs->a[static_cast<std::size_t>(at)]);
                dealt->b.push_back(set.pairs->b[static_cast<std::size_t>(at)]);
                dealt->genuine.push_back(genuine ? 1 : 0);
            }
        }
        std::unique_ptr<LiveThreshold> ten;
        const Took arranged = best(1, [&] { ten = std::make_unique<LiveThreshold>(set.set, dealt, of, progress); });
        double t = 0.2;
        const Took exact = best(5, [&] { ten->exact(t += 0.05, progress); });
        ten->estimate(0.5);
        const Took step = best(10, [&] { ten->estimate(t = t > 0.6 ? 0.3 : t + 0.005); });
        const Took jump = best(10, [&] { ten->estimate(t = t > 0.6 ? 0.3 : t + 0.2); });
        std::printf(
            "\nTen splits of %lld pairs each on the same templates, every figure the mean over them: arranged in %.0f ms; exact %.1f ms (%.1f ms of processor "
            "time a thread); while dragging, all pairs each time: %.1f ms for a move of .005, %.1f ms for a jump.\n",
            static_cast<long long>(splitPairs), 1e3 * arranged.wall, 1e3 * exact.wall, 1e3 * exact.cpu, 1e3 * step.wall, 1e3 * jump.wall);
        std::fflush(stdout);
    }

    // The trade-off curve.
    TradeoffOptions curve;
    curve.device = device;
    curve.points = 5;
    std::vector<double> times;
    auto last = Clock::now();
    tradeoff(
        live, curve,
        [&](const Tradeoff &, std::size_t) {
            times.push_back(since(last));
            last = Clock::now();
        },
        progress);
    std::printf("\nTrade-off: %zu points with intervals for six FARs (bootstrap over subjects, 200 resamples), first after %.1f s, then one every %.2f s.\n",
                times.size(), times.front(), median(times));
    std::printf("Most memory in the end: %.0f MiB.\n", peakMiB());
}

} // namespace dscope
