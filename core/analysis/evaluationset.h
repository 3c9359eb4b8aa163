// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/method.h"
#include "core/analysis/extract.h"
#include "core/datasets/benchmark.h"
#include "core/evaluation/run.h"
#include "core/sets/templates.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// A benchmark with its features in memory: everything that a further row, a move of the threshold or a look at a pair needs.
struct EvaluationSet {
    std::shared_ptr<const Benchmark> benchmark;       ///< its splits; lists that the features have replaced may be empty
    std::shared_ptr<const TemplateFeatures> features; ///< of an object that is not const itself, see takeFeatures()
    TemplateSwitches switches;
    std::string base;              ///< the network that gave the features, or the file that they were read from
    std::string ddnet;             ///< that gave the D-scores, or the file of them; "none"
    std::string device;            ///< that the networks ran on; empty: not known
    std::filesystem::path file;    ///< the feature store or the embeddings
    std::filesystem::path dScores; ///< the file of them, beside embeddings
    bool bare = false;             ///< the features are embeddings from elsewhere: nothing is known of the networks that made them
    Cost baseCost;                 ///< of one face; 0: not known
    Cost ddnetCost;
    std::vector<std::string> warnings;
    std::string division; ///< how videos were divided into clips, in words; empty for other sets
    std::string costNote; ///< what is stated or assumed of a face's price, in a few words; else empty
    /// What the benchmark says of where the faces are, by picture (TemplateFeatures::pictures); empty where it says nothing.
    std::vector<std::optional<Landmarks>> landmarks;
    std::vector<std::optional<Box>> boxes;

    /// The features, to be worked on. They are moved where nobody else holds them, and the set has none afterwards.
    TemplateFeatures takeFeatures();

    static constexpr int allSplits = -1;
    int splitCount() const { return static_cast<int>(benchmark->splits.size()); }
    /// The pairs of one split, or of all one behind the other. They live as long as the pointer.
    std::shared_ptr<const TemplatePairs> pairs(int split = allSplits) const;
    /// Where each split begins in pairs(allSplits).
    std::vector<std::int64_t> splitBegins() const;
    /// Pairs of all splits.
    std::int64_t pairCount() const;
    /// Whether the benchmark says where faces are, so that they can be cut out of their pictures.
    bool knowsFaces() const { return !landmarks.empty() || !boxes.empty(); }
    /// Takes over what the benchmark's pictures say of their faces.
    void takeFaces(const std::vector<ImageItem> &pictures);
    /// Whether a run is of these templates, so that its pairs can be shown from here.
    bool fits(const EvaluationRun &run) const;
    /// @throws Error when there is no split, or a pair or an array does not fit the templates
    void check() const;
};
using EvaluationSetPtr = std::shared_ptr<const EvaluationSet>;

/// How a template's pictures take part in its vector.
struct TemplateShares {
    std::vector<double> dScores; ///< of each picture
    std::vector<double> weights; ///< of each picture, sum 1; 0 for those that were dropped; all empty for max, which has none
    std::int64_t kept = 0;
    bool fallback = false; ///< nothing passed the threshold: the best one stands alone
};
/// @throws Error when the method asks for what the set does not have
TemplateShares sharesOf(const TemplateFeatures &set, std::uint32_t place, const Method &method);

} // namespace dscope
