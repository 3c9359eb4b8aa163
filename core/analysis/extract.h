// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/represent.h"
#include "core/analysis/analysis.h"
#include "core/datasets/benchmark.h"
#include "core/evaluation/run.h"

#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

struct ExtractOptions {
    AnalysisOptions analysis;     ///< base, ddnet, detector, device, aligned, batch, flip
    std::filesystem::path folder; ///< where stores lie; empty: storeFolder()
    bool guessAligned = true;     ///< pictures of the size of an aligned element without landmarks are taken as such
    bool dScores = true;          ///< whether anything looks at D-scores: without that a DDNet that is not there is done without
};

/// Whether a method's weights come from D-scores; average, max, random-k, an aggregation network and named qualities ask for none.
bool looksAtDScores(const Method &method);
/// Options for work that looks at no D-score: where no DDNet was chosen and none is there for the base, without one, with a notice.
AnalysisOptions withoutNeedlessDdnet(AnalysisOptions options, const ModelStore &store, Progress &progress);

/// $cacheDir()/features
std::filesystem::path storeFolder();
/// How a store is called: what it is of, the network, and the beginning of its identity.
std::string storeName(const std::string &benchmark, const std::string &network, const std::string &identity);

/// Detects, aligns, scores and embeds every picture of a benchmark, once: into a store named by benchmark, base and a digest of everything that
/// decides about its content (networks' hashes, preprocessing, switches, the list of pictures with sizes and times of change). A finished store of
/// that name is used as it is; one that was interrupted, even by kill, is gone on with and ends with the same bytes.
/// @return the store @throws FileError, Error when the networks or the detector are not there, Cancelled: what is done stays
std::filesystem::path extractFeatures(const Benchmark &benchmark, const ExtractOptions &options, const ModelStore &store, Progress &progress);

/// Switches of the public IJB code, in words.
struct TemplateSwitches {
    bool normaliseFirst = false; ///< every feature is made a unit vector first; else it keeps its norm
    bool detectorScore = false;  ///< every feature times its detector's score
    bool mediaFirst = false;     ///< for reports only: the methods' order
    bool flip = false;           ///< for reports only: the store's
};
/// Applies the first two, in this order, to the features themselves. @throws Error for a set without detector's scores
void applySwitches(TemplateFeatures &set, const TemplateSwitches &switches, Progress &progress);
/// "flip (f + f of the mirrored picture): no; detector score (times f): no; ...": every switch, on or off.
std::string describe(const TemplateSwitches &switches);

/// Evaluates methods on all splits of a benchmark: verification, search where it has galleries, retrieval where it has queries; several splits are put together
/// by overSplits(). Templates are represented once a method. @param warnings put into every run @throws Error, Cancelled
std::vector<EvaluationRun> evaluateBenchmark(const Benchmark &benchmark, const TemplateFeatures &set, const std::vector<Method> &methods,
                                             const VerificationOptions &options, const TemplateSwitches &switches, const std::vector<std::string> &warnings,
                                             Progress &progress);

} // namespace dscope
