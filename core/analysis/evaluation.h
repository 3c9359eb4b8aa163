// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "core/report/evaluationrequest.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// How a set is loaded: what a request, which a project keeps, does not say.
struct EvaluationLoading {
    /// How features are extracted where they are not there yet. The request's base, ddnet, device and flip go before those in here.
    ExtractOptions extract;
    /// What the set is for: decides whether D-scores and the second look are needed.
    std::vector<Method> methods;
    /// As AnalysisOptions::second: empty (the one that lies beside the base), "auto", "none" or a file.
    std::string second;
    /// A method that the set cannot give stops everything, as on the command line; else it fails by itself when it is evaluated, and costs no other.
    bool allOrNothing = true;
    /// Pictures by name and place, for whoever shows them; at IJB-C size they weigh hundreds of megabytes.
    bool keepNames = true;
    /// An option that only a retrieval understands; a benchmark without one refuses it by this name. Empty: none was given.
    std::string retrievalOption;
    /// Told true before work whose results are kept even when it is cancelled, false when that is over.
    std::function<void(bool)> keeping;
};

/// Reads a benchmark and its features: those that the request names (a feature store, or embeddings from elsewhere), those that a synthetic set brings along,
/// else its pictures are embedded and scored (extractFeatures()), or taken from an earlier extraction. Adds the second look's scores and the qualities asked
/// for. The one way to a set, for `dscope evaluate`, `dscope compare` and the Evaluate page.
/// @throws UsageError for an option that cannot apply, by its name; Error, FileError, Cancelled
std::shared_ptr<EvaluationSet> loadEvaluationSet(const EvaluationRequest &request, const EvaluationLoading &loading, const ModelStore &store,
                                                 Progress &progress);

/// A row a method, by the set's own protocol. Where no FAR is given the benchmark's are taken; costs and what is not known of the set are filled in. Without
/// D-scores there is no error versus discard, and a warning says so.
/// @throws Error when the set lacks what a method asks for; Cancelled
std::vector<EvaluationRun> evaluateMethods(const EvaluationSet &set, const std::vector<Method> &methods, VerificationOptions options, Progress &progress);

/// The benchmark that a folder looks like, as a word of benchmarkWords(); empty where it could be anything.
std::string guessBenchmark(const std::filesystem::path &root);

} // namespace dscope
