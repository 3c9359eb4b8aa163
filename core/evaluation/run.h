// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/represent.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/metrics/classification.h"
#include "core/metrics/discard.h"
#include "core/metrics/identification.h"
#include "core/metrics/retrieval.h"
#include "core/metrics/statistics.h"
#include "core/metrics/verification.h"
#include "core/nets/network.h"
#include "core/sets/templates.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// A pair worth looking at: templates by their place in the set.
struct NotablePair {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    float score = 0;
};

/// What one split of a benchmark gave (IJB-A has ten).
struct SplitFigures {
    std::string name;
    std::int64_t genuine = 0;
    std::int64_t impostor = 0;
    std::vector<FarPoint> strict;
    std::vector<FarPoint> insightface;
    Eer eer;
    std::optional<Identification> search;
};

/// What one method does on one benchmark, with everything that must stand beside the figures; small enough to be saved in a project.
struct EvaluationRun {
    std::string benchmark;
    bool synthetic = false;
    std::string protocol; ///< in one sentence: rule, ties, switches
    std::string method;   ///< titleOf()
    std::string base;
    std::string ddnet;
    std::string device;
    std::int64_t templates = 0;
    std::int64_t faces = 0;
    std::int64_t notEnrolled = 0; ///< templates without a face
    std::int64_t genuine = 0;     ///< pairs
    std::int64_t impostor = 0;
    double threshold = 0; ///< of Eq. 7
    double keptShare = 1;
    double macPerFace = 0; ///< DDNet, or whatever network scores, on all + base on the kept, mean over faces
    double flopPerFace = 0;

    std::vector<FarPoint> strict;      ///< one per target
    std::vector<FarPoint> insightface; ///< the same targets by the other rule
    std::vector<Interval> intervals;   ///< of the strict TARs, by-subject bootstrap; empty where subjects are not known
    Eer eer;
    std::optional<TenFold> tenFold;                          ///< LFW and YTF, with every fold's accuracy and the standard error of their mean
    std::optional<Identification> search;                    ///< 1:N
    std::vector<RetrievalFigures> retrieval;                 ///< one per protocol; in place of pairs
    std::optional<ClassificationFigures> classification;     ///< top-1 and what else there is of fused class scores; in place of pairs
    std::vector<std::string> classNames;                     ///< of `classification`, by class
    std::vector<double> fpirs;                               ///< targets of `search`
    std::vector<DiscardCurve> discard;                       ///< thinned
    std::vector<double> rocFar, rocTar;                      ///< thinned to at most 2,000 vertices, log-spaced in FAR
    std::vector<double> genuineHistogram, impostorHistogram; ///< shares in 200 bins over -1 ... 1
    std::vector<NotablePair> hardestGenuine;                 ///< lowest scores first, at most 200
    std::vector<NotablePair> hardestImpostor;                ///< highest scores first, at most 200
    std::vector<std::string> warnings;                       ///< what was missing, counted
    double seconds = 0;

    std::vector<RecomputedCurve> recomputed; ///< error versus discard over all pairs, the threshold set anew (protocols.md, section 8)
    std::string discardQuality;              ///< what a template's quality is in both: "best D-score" or "mean D-score"
    std::vector<double> discardAreas;        ///< pAUC of each of `discard` before it was thinned, up to discardLimit
    double discardLimit = 0.2;
    /// The splits of IJB-A. Then strict, insightface, eer and search are means over them (counts: sums), and the deviations stand here.
    std::vector<SplitFigures> splits;
    std::vector<double> strictDeviation; ///< population, over the splits; one per target
    std::vector<double> insightfaceDeviation;
    std::int64_t subjects = 0; ///< people that the intervals were drawn from
};

/// What stands for a template's quality where pairs are discarded; a pair's is the smaller of its two.
enum class TemplateQuality { BestDScore, MeanDScore };
/// "best D-score" or "mean D-score"
std::string name(TemplateQuality quality);

struct VerificationOptions {
    std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    int resamples = 200; ///< of the bootstrap; 0: no intervals
    std::uint64_t seed = 1;

    bool tenFold = false;                        ///< LFW's and YTF's ten-fold accuracy too
    std::vector<double> e0s{1e-2};               ///< of error versus discard; none: neither curve is made
    std::vector<double> discardFmrs{1e-2, 1e-3}; ///< of the recomputed one
    TemplateQuality quality = TemplateQuality::BestDScore;
    double discardLimit = 0.2;                ///< of pAUC
    std::vector<RetrievalProtocol> protocols; ///< of a retrieval; none: those of the benchmark, else both of MARS
    RetrievalDistance distance = RetrievalDistance::SquaredL2;
    std::int64_t notable = 200; ///< hardest pairs of each kind that are kept
    Cost ddnetCost;             ///< of a face; 0: not known, so that no cost is given
    Cost baseCost;
    /// Already computed, [pairs], in place of representing and comparing; not copied.
    std::span<const float> scores;
    /// With `scores`: what represent() counted, [T]. Empty: kept share and cost are not known
    std::span<const std::int32_t> kept;
};

/// Represents every template by a method, compares the pairs and measures everything but the search. A pair of which a side has no face scores
/// lowest (notEnrolled): it is among the counts and the ROC, but not among the histograms and the hardest pairs.
///
/// Intervals are by-person bootstraps of the strict TARs over the people of the pairs. A template whose subject is not known counts as a person of
/// its own, with a warning; where no subject is known, or labels and subjects disagree, there are no intervals.
/// The fields base, ddnet and device are the caller's.
/// @throws Error when sizes do not fit or one kind of pairs is missing; Cancelled
EvaluationRun evaluateVerification(const TemplateFeatures &set, const TemplatePairs &pairs, const Method &method, const VerificationOptions &options,
                                   Progress &progress);

/// What is known before anything is compared: names, counts of templates and faces, kept share, cost. For a search without pairs.
EvaluationRun describeRun(const TemplateFeatures &set, const Method &method, const VerificationOptions &options, std::span<const std::int32_t> kept);

/// Templates of a 1:N search by their place in the set: galleries apart, all probes searched in each.
struct SearchProtocol {
    std::vector<std::vector<std::uint32_t>> galleries;
    std::vector<std::uint32_t> probes;
    std::vector<double> fpirs{1e-3, 1e-2, 1e-1};
    std::vector<std::int64_t> ranks{1, 5, 10, 20};
    bool empty() const { return galleries.empty(); }
};
/// The search on unit vectors of represent(): who has no face is never found (protocols.md, section 3). @throws Error when a template has no
/// subject or a gallery names one twice; Cancelled
Identification evaluateSearch(const TemplateFeatures &set, std::span<const float> unit, const SearchProtocol &protocol, Progress &progress);

/// Error versus discard in both conventions from the scores of pairs, into discard, recomputed and what belongs to them. @throws Error, Cancelled
void evaluateDiscard(const TemplateFeatures &set, const TemplatePairs &pairs, std::span<const float> scores, const VerificationOptions &options,
                     EvaluationRun &run, Progress &progress);
/// The same from scores that are in order already.
void evaluateDiscard(const TemplateFeatures &set, const TemplatePairs &pairs, const DescendingPairs &sorted, const VerificationOptions &options,
                     EvaluationRun &run, Progress &progress);

/// How many faces a method runs the base on: those that have a part in its vectors, those that D chooses where it works in two stages, or all where their
/// features decide about who takes part (the length of the feature, NAN, the second look in place of D). @param kept of represent(), [T]
std::int64_t embeddedFaces(const TemplateFeatures &set, const Method &method, std::span<const std::int32_t> kept);

/// Puts the runs of a benchmark's splits together by their means: TAR, FAR, EER, TPIR and rank; counts are sums. The first one gives the names.
/// @throws Error without runs or when their targets differ
EvaluationRun overSplits(const std::vector<EvaluationRun> &splits, const std::vector<std::string> &names);

/// Everything as JSON, schema "dscope.evaluation/1". Values that are not finite are the strings "nan", "inf" and "-inf".
Json toJson(const EvaluationRun &run);
/// The inverse. @throws Error naming the field that is missing, of a wrong type or absurdly long
EvaluationRun evaluationFromJson(const Json &json);
/// Several runs in one file: {"schema": "dscope.evaluations/1", "runs": [...], "paper": {benchmark: {"notes", "rows"}}}.
Json toJson(const std::vector<EvaluationRun> &runs);
std::vector<EvaluationRun> evaluationsFromJson(const Json &json);

/// Markdown tables, one a benchmark in the order of the runs: TARs by method with the paper's figures beside them, then every target by both rules
/// with realised FAR and counts, then ten-fold, search, and discard where there are such. Synthetic sets are named so in the titles.
std::string evaluationTable(const std::vector<EvaluationRun> &runs);
/// One row a run and figure, then the paper's: benchmark, synthetic, method, measure, target, value, interval, realised, threshold, counts (protocols.md,
/// section 9). The rows of ten folds: ten_fold (mean and population deviation), ten_fold_standard_error, and ten_fold_accuracy with the fold, from 1, as
/// its target.
std::string evaluationCsv(const std::vector<EvaluationRun> &runs);

} // namespace dscope
