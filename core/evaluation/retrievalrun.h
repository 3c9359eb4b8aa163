// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/run.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dscope {

/// Every template's vector as the method gives it, not scaled, as float32, row-major [T, dim]; all 0 without elements.
/// @param kept gets how many elements have a part in each, [T] @throws Error as checkMethod(), Cancelled
std::vector<float> aggregates(const TemplateFeatures &set, const Method &method, std::vector<std::int32_t> &kept, Progress &progress);

/// Represents every template by a method, its aggregate as it is, and looks for the queries in the gallery: one entry of EvaluationRun::retrieval for each of
/// the options' protocols, with intervals by a bootstrap over the queries' people. Persons are the set's subjects, -1 being nobody. A template without elements
/// is farther than all others, in gallery order; as a query it finds nothing.
/// The fields base, ddnet and device are the caller's.
/// @param queries, gallery places of templates @throws Error when the set has no cameras, a place is not there or no query has a match; Cancelled
EvaluationRun evaluateRetrieval(const TemplateFeatures &set, std::span<const std::uint32_t> queries, std::span<const std::uint32_t> gallery,
                                const Method &method, const VerificationOptions &options, Progress &progress);

/// Puts the figures of splits together: means of mAP and CMC, counts are sums, no intervals. Nothing where a split has none.
/// @throws Error when they were not measured alike
std::vector<RetrievalFigures> retrievalOverSplits(const std::vector<EvaluationRun> &splits);

/// "l2" (or nothing) or "cosine", as a request has it. @throws UsageError
RetrievalDistance retrievalDistanceNamed(std::string_view word);
/// "official", "video-reid", "cross-camera", "both" (the first two) or "all"; none for nothing. @throws UsageError
std::vector<RetrievalProtocol> retrievalProtocolsNamed(std::string_view word);

/// Whether a run has retrieval in place of pairs, so that there is no TAR, EER or ROC to show.
bool isRetrieval(const EvaluationRun &run);

} // namespace dscope
