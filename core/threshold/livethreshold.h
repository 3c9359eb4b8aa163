// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/cost.h"
#include "core/base/device.h"
#include "core/base/progress.h"
#include "core/evaluation/run.h"
#include "core/metrics/verification.h"
#include "core/sets/templates.h"
#include "core/threshold/linearrule.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

struct PreparedSet;

struct LiveOptions {
    LinearRule rule = linearRule({}); ///< DDL, Eq. 7-11; see setRule()
    double threshold = 0.15;          ///< where the first exact pass stands
    std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    std::int64_t hardest = 1 << 16; ///< impostor pairs that every estimate scores, the highest of the exact passes
    std::int64_t sample = 1 << 18;  ///< further impostor pairs, a stratified sample of the rest
    double level = 0.95;            ///< of the estimate's intervals
    std::uint64_t seed = 1;         ///< of the sample
    Device device;                  ///< where the exact pass multiplies and sorts; estimates always run on the CPU
    /// Where each split of the pairs begins (IJB-A has ten); fewer than two: there is one. With several every figure is a mean over the splits, every
    /// estimate scores all pairs, so that it is the exact value, and the deviation over the splits stands in place of intervals.
    std::vector<std::int64_t> splitBegins;
};

/// What a network costs per face, for the live figures. Both costs of 0: no prices, and costs are then 0 as well.
struct LivePrices {
    std::string title; ///< "mobilefacenet-casia", "as IResNet-100"
    Cost ddnet;
    Cost base;
    std::string note = {}; ///< where a price is assumed: by what, in a few words; else empty
};
/// IResNet-100 at 112 x 112 as core/nets counts it.
inline constexpr std::int64_t iresnet100Mac = 12'089'606'144;
inline constexpr std::int64_t iresnet100Flop = 24'215'265'280;
/// The shipped DDNets at 112 x 112, likewise: what stands in where features come without the network that gave their D-scores.
inline constexpr std::int64_t shippedDdnetMac = 39'651'632;
inline constexpr std::int64_t shippedDdnetFlop = 80'670'562;
/// "DDNet at the shipped one's 39.7 M MAC per face"
std::string shippedDdnetNote();
/// The same with IResNet-100 at 112 x 112 in place of the base (protocols.md, section 0): 12.09 G MAC.
LivePrices asIResNet100(const Cost &ddnet);

/// What a kept share costs, mean over faces: DDNet on all + base on the kept.
struct LiveCost {
    double macPerFace = 0;
    double flopPerFace = 0;
    double speedUp = 0;        ///< against the base on all faces, by MAC (cost.h); 0 without prices
    double breakEvenShare = 0; ///< the kept share above which DDNet costs more than it saves; 0 without prices
};
LiveCost costOf(const LivePrices &prices, double keptShare);

/// TAR at one FAR target while the threshold is dragged.
struct LivePoint {
    double target = 0;
    double tar = 0; ///< by the strict rule, from the sample
    double low = 0; ///< the exact TAR lies between low and high in `level` of all cases
    double high = 0;
    double realisedFar = 0;  ///< the estimated FAR at `score`, at most the target
    double score = 0;        ///< accept above it
    std::int64_t beyond = 0; ///< impostor pairs of the sample that lie above `score`
    /// False when fewer than ten impostor pairs of the sample lie beyond the target or nearly all of the uncertainty comes from pairs that
    /// were not drawn: the figure then says nothing, and is to be shown as "not resolved".
    bool resolved = false;
    double deviation = 0; ///< of `tar` over the splits, population; 0 with one
};

struct LiveEstimate : KeptFigures {
    double threshold = 0;
    std::vector<LivePoint> points; ///< one per target, in the order of LiveOptions::fars
    std::int64_t redone = 0;       ///< templates whose kept count changed since the last estimate
    std::int64_t scored = 0;       ///< pairs that were scored anew
    double milliseconds = 0;
    bool complete = false; ///< no pair was left out: these are the exact values
};

/// Everything that the exact pass finds at one threshold. TAR, ROC and EER equal those of fullRoc() on the same scores, to the last count.
struct LiveExact : KeptFigures {
    double threshold = 0;
    std::int64_t notEnrolled = 0; ///< templates without a face
    std::int64_t genuine = 0;     ///< pairs
    std::int64_t impostor = 0;
    std::vector<FarPoint> strict;      ///< one per target
    std::vector<FarPoint> insightface; ///< the same targets by the other rule
    Eer eer;
    std::vector<double> rocFar, rocTar;                      ///< thinned to at most 2,000 vertices, log-spaced in FAR
    std::vector<double> genuineHistogram, impostorHistogram; ///< shares in 200 bins over -1 ... 1
    std::vector<NotablePair> hardestGenuine;                 ///< lowest scores first, at most 200
    std::vector<NotablePair> hardestImpostor;                ///< highest scores first, at most 200
    std::vector<Interval> intervals;                         ///< of the strict TARs, bootstrap over subjects; only where asked for and subjects are known
    double seconds = 0;
    std::int64_t subjects = 0;           ///< people that the intervals were drawn from
    std::string noIntervals;             ///< why there are none though they were asked for; else empty
    std::int64_t splits = 1;             ///< that the figures are means over (counts: sums)
    std::vector<double> strictDeviation; ///< of the strict TARs over the splits, population; empty with one
};

/// The live threshold: accuracy and cost of a whole benchmark while the threshold of Eq. 7 is dragged, at the size of IJB-C.
///
/// Inside a template sorted by D-score all that a linear rule needs at any threshold follows from prefix sums of f and D f
/// (sum(R f) = (sum(D f) - min sum(f)) / (max - min), Eq. 8-11), so a move touches no picture, and only templates whose kept count changes
/// are redone. Three things are made once and shared by all that works on the same set: the prefix sums, the pairs in the order in which
/// their templates stay in cache, and the highest score of each impostor pair in a few exact passes (from all kept to one per template, and the last
/// one asked for).
///
/// estimate() scores all genuine pairs, the impostor pairs that were hardest in those passes, and a sample of the rest, stratified by the
/// highest score that a pair reached there and weighted by what it stands for: the estimated FAR at a given score is without bias, whatever
/// the threshold. exact() scores every pair.
///
/// estimate() and exact() may be called from different threads: an exact pass does not hold up an estimate. Everything is deterministic:
/// an estimate depends on the set, the options and the exact passes before it, not on the way by which the threshold came here.
class LiveThreshold {
public:
    /// Arranges the set and makes the first exact passes, two or three seconds at IJB-C size. Both are kept, not copied.
    /// @throws Error when a pair names no template of the set, one of the two kinds of pairs is missing, or the options make no sense;
    /// Cancelled
    LiveThreshold(std::shared_ptr<const TemplateFeatures> set, std::shared_ptr<const TemplatePairs> pairs, const LiveOptions &options, Progress &progress);
    /// Another rule (or other targets) on a set that is arranged already: shares everything but the exact passes with `other`.
    LiveThreshold(const LiveThreshold &other, const LiveOptions &options, Progress &progress);
    ~LiveThreshold();
    LiveThreshold(const LiveThreshold &) = delete;
    LiveThreshold &operator=(const LiveThreshold &) = delete;

    const TemplateFeatures &set() const;
    const TemplatePairs &pairs() const;
    const LiveOptions &options() const;

    /// While dragging: at most 50 ms at IJB-C size on two cores. Any t is allowed, infinite ones too (all kept, only the best kept).
    LiveEstimate estimate(double t);
    /// On release: every pair. The estimator works with these scores from then on. @throws Cancelled within 200 ms
    LiveExact exact(double t, Progress &progress);
    /// The same with intervals by bootstrap over subjects (`resamples` of them, seed of the options); none where a subject is not known.
    LiveExact exact(double t, int resamples, Progress &progress);
    /// What exact(t, resamples) gives; where the last exact pass stood at t its scores are used again, and nothing but the bootstrap is computed.
    LiveExact intervals(double t, int resamples, Progress &progress);
    /// What the last exact pass found; the constructor made the first one.
    std::shared_ptr<const LiveExact> lastExact() const;

    /// Faces that take part at t (templates of which nothing passes count one), and their share of all. No more than a few binary searches.
    std::int64_t keptCount(double t) const;
    double keptShare(double t) const;
    /// The largest threshold that keeps at least this share of all faces ("keep best N %").
    double thresholdForShare(double share) const;
    /// Kept faces of one template at t, by their place inside it, best first, and their weights (sum 1), for showing a template.
    void weightsAt(std::int64_t templ, double t, std::vector<std::int64_t> &faces, std::vector<double> &weights) const;

    /// Every template as a unit vector at t, as represent() gives them: float32, row-major [T, dim]. @throws Cancelled
    std::vector<float> units(double t, Progress &progress) const;

    /// What is shared with other passes over the same set: prefix sums and plans (core/threshold/exactpass.h).
    std::shared_ptr<const PreparedSet> prepared() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace dscope
